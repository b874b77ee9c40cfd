/* Sizes and durations as people write them. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Bytes: digits, then nothing or one of K, M, G (powers of 1024, either case).
 * RC_MALFORMED; RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_size(struct slice text, uint64_t *bytes);
/* Seconds: digits, then one of s, m, h, d, w. RC_MALFORMED, also without a unit;
 * RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_duration(struct slice text, uint64_t *seconds);

#define UNITS_TEXT_MAX 24

/* The shortest text that reads back as the same: 1048576 is "1M", 5400 is "90m". */
void units_size_format(uint64_t bytes, char out[UNITS_TEXT_MAX]);
void units_duration_format(uint64_t seconds, char out[UNITS_TEXT_MAX]);

#endif
