/* Checks and conversions of text that several layers need. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Is the text well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF)? */
bool text_is_utf8(struct slice text);
/* Does the text, which must be UTF-8, contain a control character (Unicode category Cc:
 * U+0000-001F, U+007F-009F)? */
bool text_has_control(struct slice text);
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
