/* Checks and conversions of text that several layers need. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Is the text well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF)? */
bool text_is_utf8(struct slice text);
/* Does the text, which must be UTF-8, contain a control character (Unicode category Cc:
 * U+0000-001F, U+007F-009F)? */
bool text_has_control(struct slice text);
/* Does the text, which must be UTF-8, contain a character that text_piece escapes? */
bool text_has_unsafe(struct slice text);

/* Text for a terminal or a log. Bytes that a terminal would act on, or that would show
 * the text in another order than it has, are escaped: control characters, line and
 * paragraph separators and the marks and embeddings of bidirectional text as \u009b,
 * bytes that are not UTF-8 as \xff. */
#define TEXT_PIECE_MAX 8
/* Writes the first character of the text, which is not empty, as it is or escaped, and
 * returns the length; *taken is its length in the text. The two differ if the character
 * was escaped. */
size_t text_piece(struct slice text, char piece[TEXT_PIECE_MAX], size_t *taken);

/* The same for a whole output, in which newlines and tabs are left as they are. */
struct text_filter {
	char rest[4]; /* the beginning of a character that came in two parts */
	size_t rest_len;
};
void text_filter_put(struct text_filter *filter, struct slice text, struct buf *out);
/* Writes what is left at the end. */
void text_filter_finish(struct text_filter *filter, struct buf *out);

/* Parses decimal digits without sign and leading zeros, at most `max`. Anything else is
 * RC_MALFORMED. */
MUST_USE enum rc text_number(struct slice text, uint64_t max, uint64_t *out);
/* Decodes %XX, and `+` if plus_is_space, into `out`, which must have room for in.len
 * bytes (RFC 3986, section 2.1). An invalid escape is RC_MALFORMED. */
MUST_USE enum rc text_percent_decode(struct slice in, bool plus_is_space, char *out,
				     size_t *out_len);

/* Removes leading and trailing spaces and tabs: the optional white space of HTTP (RFC
 * 9110, section 5.6.3). */
struct slice text_trim(struct slice text);

#endif
