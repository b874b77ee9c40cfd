/* Dates as text and as milliseconds since 1970-01-01T00:00:00Z without leap seconds. */
#ifndef TRANSIT_DATE_H
#define TRANSIT_DATE_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

#define DATE_TEXT_MAX 40

/* Parses an RFC 3339 date-time and applies its offset. Digits after the millisecond are
 * dropped; second 60 is RC_MALFORMED. */
MUST_USE enum rc date_parse(struct slice text, int64_t *ms);
/* Writes a date such as 1985-04-12T23:20:50.520Z into DATE_TEXT_MAX bytes and returns
 * the length. Years outside of RFC 3339 have a sign and at least six digits (ISO 8601
 * and ECMA-262, expanded years). */
size_t date_format(int64_t ms, char *out);

#endif
