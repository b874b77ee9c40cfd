/* What time it is. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that only goes forward; for durations and deadlines. */
uint64_t clock_ms(void);
/* Microseconds of the same clock. */
uint64_t clock_us(void);
/* Seconds since 1970-01-01 UTC; for dates that a person set (a token's expiry) or may
 * ask for. */
int64_t clock_wall(void);

#endif
