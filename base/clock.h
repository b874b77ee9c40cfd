/* Clocks. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Monotonic milliseconds, for durations and deadlines. */
uint64_t clock_ms(void);
/* Sleeps until that time; returns at once if it has passed. */
void clock_sleep_until(uint64_t deadline);
/* Microseconds of the same clock. */
uint64_t clock_us(void);
/* Seconds since 1970-01-01 UTC, for dates that an administrator sets (the expiry of a
 * token) or reads. */
int64_t clock_wall(void);

#define CLOCK_TEXT_ROOM 40
/* Writes such a second as RFC 3339 does, in UTC, and returns the text; "?" if the year
 * has no such form. */
const char *clock_text(int64_t seconds, char out[CLOCK_TEXT_ROOM]);
/* Reads what clock_text writes. RC_MALFORMED: something else, or before 1970. */
MUST_USE enum rc clock_parse(struct slice text, int64_t *seconds);

#endif
