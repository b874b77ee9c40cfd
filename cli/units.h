/* Sizes and times as people read them. */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdint.h>

#define UNITS_MAX 48

/* "512 B", "1.5 KiB", "2.0 GiB" */
void units_bytes(uint64_t bytes, char out[UNITS_MAX]);
/* "42 s", "3 min 5 s", "7 h 12 min", "12 d 3 h" */
void units_span(uint64_t seconds, char out[UNITS_MAX]);
/* "0", "3.2", "12,345" */
void units_rate(double rate, char out[UNITS_MAX]);

#endif
