/* Reads JSON and Transit messages and writes values in both encodings (protocol.md,
 * Encodings; Transit format 0.8).
 *
 * A message is read once, front to back. The caller walks its envelope by the step
 * functions and copies the values of documents in canonical form: Transit JSON that
 * does not depend on its context.
 *
 * Canonical form:
 * - There are no cache codes and no quote tags. Strings have their shortest JSON
 *   escapes. There is no white space between tokens. Numbers keep their text.
 * - A map is a JSON object, {"~:a":1}. Keys that are numbers, booleans or null are the
 *   strings "~i1", "~d1.5", "~?t", "~_". A cmap remains one, {"~#cmap":[k,v,...]}.
 * - All other tagged values are {"~#tag":rep}, except that scalars of Transit's own
 *   types are strings: {"~#m":12} becomes "~m12".
 *
 * All Transit readers accept it, for both write modes. The strings of a value that was
 * written as plain JSON are escaped for Transit (`~x` becomes `~~x`), and the value
 * projects back to exactly the same JSON. Entries keep their order, and duplicate keys
 * are kept.
 *
 * Errors, in addition to violations of RFC 8259 and invalid UTF-8: an unknown cache
 * code; a map key without a value; a composite key outside of a cmap; a set, list or
 * cmap that is not an array; a tag that is not followed by exactly one value; a scalar
 * of a known type with an invalid text: ~i ~m a 64-bit integer; ~n an integer; ~d ~f a
 * JSON number; ~z NaN, INF or -INF; ~? t or f; ~_ nothing; ~b padded base64 (RFC 4648,
 * section 4), whose line ends are left out; ~u a UUID (RFC 9562, section 4); ~t an RFC
 * 3339 date-time; ~c one character. An ~i that is a number, but not a 64-bit integer,
 * becomes ~d, as transit-js writes 1.5 as a map key so. Scalars and tags of unknown
 * types are kept unchanged.
 *
 * The projection to plain JSON, if protocol.md leaves a choice:
 * - ~i up to 2^53 is a number, a larger one a string. ~d is a number with its text; ~n
 *   and ~f are strings. A bare number keeps its text.
 * - ~m and ~t are 1985-04-12T23:20:50.520Z, always in UTC with milliseconds. A year
 *   outside of RFC 3339 is +010000 or -000001.
 * - A link is its map of href, rel and the rest. The typed arrays of Transit's table
 *   (ints, doubles ...) are arrays.
 * - An unknown scalar ~Xabc is {"tag":"X","rep":"abc"}.
 * - A key is the projection of its value if that is a string, otherwise the text of the
 *   projection: "1", "1.5", "true", "null", "NaN". An unknown scalar as a key stays
 *   "~Xabc". Keys that differ in Transit may thus be equal in JSON. */
#ifndef TRANSIT_TRANSIT_H
#define TRANSIT_TRANSIT_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"

#include <stdint.h>

enum encoding { ENCODING_JSON, ENCODING_TRANSIT };

/* The maximum nesting of arrays and maps, including those of the envelope. */
#define TRANSIT_DEPTH_MAX 100

struct transit_in;
struct transit_check;

/* Starts reading a message. The caller owns the text, which must remain valid. `limit`
 * bounds the total size of the values in canonical form and of the strings that
 * transit_in_string returns, as cache codes can expand a small message to a large one.
 * Exceeding it is RC_TOO_LARGE, before the memory is allocated. Free the reader with
 * transit_in_free. */
struct transit_in *transit_in_new(enum encoding encoding, struct slice text, size_t limit);
void transit_in_free(struct transit_in *in);

/* All steps below return RC_OK, RC_MALFORMED or RC_TOO_LARGE. After the first error all
 * further steps return it, and transit_in_error describes it with its position, counted
 * from 0 ("expected a string at byte 17"). */
const char *transit_in_error(const struct transit_in *in);

enum transit_kind {
	TRANSIT_NULL,
	TRANSIT_BOOL,
	TRANSIT_NUMBER,
	TRANSIT_STRING,
	TRANSIT_ARRAY,
	TRANSIT_MAP,
	TRANSIT_OTHER
};
/* Returns the kind of the next value without reading it; a step of that kind can still
 * fail for its content. Tagged values, scalars that plain JSON does not have, and text
 * that cannot begin a value are TRANSIT_OTHER. (`~i` is a number, `~?` a boolean, `~_`
 * null.) */
enum transit_kind transit_in_peek(struct transit_in *in);

/* Maps and arrays of the envelope: begin, then call next until *more is false. A key is
 * a plain string in JSON and a keyword in Transit (returned without `~:`); any other
 * key is an error. It points into the reader and is valid until the next step. Read
 * exactly one value after each key. */
MUST_USE enum rc transit_in_map(struct transit_in *in);
MUST_USE enum rc transit_in_map_next(struct transit_in *in, bool *more, struct slice *key);
MUST_USE enum rc transit_in_array(struct transit_in *in);
MUST_USE enum rc transit_in_array_next(struct transit_in *in, bool *more);

/* Scalars. The string is appended to `out` as unescaped UTF-8, not terminated. The
 * number is a non-negative integer up to 2^63 - 1, written as digits or, in Transit, as
 * `~i`. */
MUST_USE enum rc transit_in_string(struct transit_in *in, struct buf *out);
MUST_USE enum rc transit_in_uint(struct transit_in *in, uint64_t *out);
MUST_USE enum rc transit_in_bool(struct transit_in *in, bool *out);
/* Any value: appends its canonical form to `out`, nothing on an error. *plain: the
 * canonical form equals the JSON projection byte for byte. */
MUST_USE enum rc transit_in_value(struct transit_in *in, struct buf *out, bool *plain);
/* Any value: validates it as transit_in_value does, and discards it. */
MUST_USE enum rc transit_in_skip(struct transit_in *in);
/* Checks that only white space is left. */
MUST_USE enum rc transit_in_finish(struct transit_in *in);

/* Appends the JSON projection of a canonical value. RC_MALFORMED, with `out` unchanged,
 * if the text is not canonical Transit. */
MUST_USE enum rc transit_project(struct slice canonical, struct buf *out);

/* Is the text what transit_in_value appends, and `plain` what it returns with it? Reads
 * the value again: for texts that come from a process that is not trusted. */
struct transit_check *transit_check_new(void);
void transit_check_free(struct transit_check *check);
bool transit_check_value(struct transit_check *check, struct slice value, bool plain);
/* Is the text a value? Takes about half the time. */
bool transit_is_value(struct slice text);

/* Writing responses. A string value: quoted, JSON-escaped, in Transit also `~`-escaped.
 * The text must be UTF-8. */
void transit_out_string(struct buf *out, enum encoding encoding, struct slice text);
/* A map key of the envelope with its colon: "docs": or "~:docs":. `name` must not need
 * escaping. */
void transit_out_key(struct buf *out, enum encoding encoding, const char *name);
/* A canonical value in the given encoding; `plain` as returned by transit_in_value. It
 * is copied if it is wanted as it is: its source vouches for it, by a checksum or by
 * transit_is_value. RC_MALFORMED if it is empty, and as for transit_project. */
MUST_USE enum rc transit_out_value(struct buf *out, enum encoding encoding, struct slice canonical,
				   bool plain);

#endif
