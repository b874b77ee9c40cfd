/* Checks and conversions of text that several layers need. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF). */
bool text_is_utf8(struct slice text);
/* Has a control character (Unicode category Cc: U+0000-001F, U+007F-009F)? The text
 * must be UTF-8.
 */
bool text_has_control(struct slice text);
/* Decimal digits only, no sign, no leading zeros but "0" itself, at most `max`:
 * anything else is RC_MALFORMED. */
MUST_USE enum rc text_number(struct slice text, uint64_t max, uint64_t *out);
/* Escapes %XX (and, where plus_is_space, `+`) are undone into `out`, which needs in.len
 * bytes of room (RFC 3986 2.1); a broken escape is RC_MALFORMED. */
MUST_USE enum rc text_percent_decode(struct slice in, bool plus_is_space, char *out,
				     size_t *out_len);

/* Without the spaces and tabs around it: the optional white space of HTTP (RFC 9110,
 * 5.6.3). */
struct slice text_trim(struct slice text);

#endif
