/* Clocks. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

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

#endif
