/* Reads JSON and Transit messages and writes values in both encodings (protocol.md,
 * Encodings; Transit format 0.8).
 *
 * A message is read once, front to back: the caller walks its envelope with the step
 * functions and has document values copied out in canonical form, which is Transit JSON
 * that depends on nothing around it:
 *   - no cache codes, no quote tags; the shortest JSON string escapes; no white space
 *     between
 * tokens; number text as it came;
 *   - a map is a JSON object ({"~:a":1}; keys that are numbers, booleans or null as
 *     "~i1", "~d1.5",
 * "~?t", "~_"); a map that came as a cmap stays one, {"~#cmap":[k,v,...]};
 *   - every other tagged value is {"~#tag":rep}, but scalars of Transit's own are
 *     always strings
 * ({"~#m":12} is kept as "~m12"). Every Transit reader accepts it, in either write
 * mode. A value that came as plain JSON has its strings escaped as Transit asks (`~x`
 * is kept as `~~x`), and projects back to exactly the JSON it was. Entries stay in
 * their order, equal keys are all kept.
 *
 * Refused is, besides what is not RFC 8259 or not UTF-8: a cache code that stands for
 * nothing, a map key without a value, a composite key outside of a cmap, a set, list or
 * cmap that is no array, a tag anywhere but before its one value, and a scalar of a
 * known type whose text that type cannot be: ~i ~m a 64-bit integer; ~n an integer; ~d
 * ~f a number in JSON's grammar; ~z NaN, INF or -INF; ~? t or f; ~_ nothing; ~b padded
 * base64 (RFC 4648, 4); ~u a UUID (RFC 9562, 4); ~t an RFC 3339 date-time; ~c one
 * character. (An ~i that is a number, but no 64-bit integer, is kept as ~d: transit-js
 * writes 1.5 as a map key so.) Scalars and tags of unknown types are kept as they are.
 *
 * The projection to plain JSON, where protocol.md leaves a choice:
 *   - ~i up to 2^53 is a number, beyond a string; ~d is a number with its text; ~n and
 *     ~f are
 * strings; a bare number keeps its text;
 *   - ~m and ~t are 1985-04-12T23:20:50.520Z, always in UTC with milliseconds; a year
 *     that RFC 3339
 * cannot say is +010000 or -000001;
 *   - a link is its map of href, rel and the rest; the typed arrays of Transit's table
 *     (ints,
 * doubles ...) are arrays;
 *   - an unknown scalar ~Xabc is {"tag":"X","rep":"abc"};
 *   - a key is the projection of its value where that is a string, else its text: "1",
 *     "1.5",
 * "true", "null", "NaN"; an unknown scalar as key stays "~Xabc". Keys that differ in
 * Transit may thus be equal in JSON. */
#ifndef TRANSIT_TRANSIT_H
#define TRANSIT_TRANSIT_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/error.h"

#include <stdint.h>

enum encoding { ENCODING_JSON, ENCODING_TRANSIT };

/* Arrays and maps may lie this deep in each other, the envelope's own included. */
#define TRANSIT_DEPTH_MAX 100

struct transit_in;

/* Starts reading a message; the text is the caller's and must stay. `limit` bounds the
 * bytes that all values together take in canonical form, with the strings that
 * transit_in_string gives (cache codes can make a small message large): passing it is
 * RC_TOO_LARGE, noticed before the memory is taken. Free with transit_in_free. */
struct transit_in *transit_in_new(enum encoding encoding, struct slice text, size_t limit);
void transit_in_free(struct transit_in *in);

/* All steps below answer RC_OK, RC_MALFORMED or RC_TOO_LARGE; after the first that is
 * not RC_OK the reader stays failed and transit_in_error tells what was wrong and at
 * which byte, counted from 0 ("expected a string at byte 17"). */
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
/* What comes next, without taking it; a step of that kind can still be refused for its
 * content. Text that cannot begin a value is TRANSIT_OTHER; so are tagged values and
 * scalars that plain JSON does not have. (`~i` is a number, `~?` a boolean, `~_`
 * null.) */
enum transit_kind transit_in_peek(struct transit_in *in);

/* Envelope maps: begin, then next until *more is false. The key is a plain string in
 * JSON and a keyword in Transit (without `~:`); any other key is malformed. It points
 * into the reader and is good until the next step. After each key take exactly one
 * value. */
MUST_USE enum rc transit_in_map(struct transit_in *in);
MUST_USE enum rc transit_in_map_next(struct transit_in *in, bool *more, struct slice *key);
MUST_USE enum rc transit_in_array(struct transit_in *in);
MUST_USE enum rc transit_in_array_next(struct transit_in *in, bool *more);

/* Scalars. The string is UTF-8 without any escapes, appended to `out` (not terminated).
 * The number is a non-negative integer up to 2^63 - 1, written as digits or, in
 * Transit, as `~i`. */
MUST_USE enum rc transit_in_string(struct transit_in *in, struct buf *out);
MUST_USE enum rc transit_in_uint(struct transit_in *in, uint64_t *out);
MUST_USE enum rc transit_in_bool(struct transit_in *in, bool *out);
/* Any value: appends its canonical form to `out`, nothing if it is refused. *plain: its
 * canonical form is byte for byte its JSON projection. */
MUST_USE enum rc transit_in_value(struct transit_in *in, struct buf *out, bool *plain);
/* Any value, checked like the others and dropped. */
MUST_USE enum rc transit_in_skip(struct transit_in *in);
/* Nothing but white space may be left. */
MUST_USE enum rc transit_in_finish(struct transit_in *in);

/* Appends the JSON projection of a canonical value; RC_MALFORMED where the text is not
 * canonical Transit (then `out` is as it was). */
MUST_USE enum rc transit_project(struct slice canonical, struct buf *out);

/* Writing answers. A string value: quoted, JSON-escaped, in Transit also `~`-escaped.
 * The text must be UTF-8. */
void transit_out_string(struct buf *out, enum encoding encoding, struct slice text);
/* A map key of the envelope with its colon: "docs": or "~:docs":. `name` is a literal
 * that needs no escaping. */
void transit_out_key(struct buf *out, enum encoding encoding, const char *name);
/* A canonical value in the asked encoding; `plain` as transit_in_value gave it.
 * RC_MALFORMED as in transit_project. */
MUST_USE enum rc transit_out_value(struct buf *out, enum encoding encoding, struct slice canonical,
				   bool plain);

#endif
