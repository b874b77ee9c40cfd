/* Sizes and durations with units, such as 64K and 30s. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Parses digits, optionally followed by K, M or G (powers of 1024, upper or lower case).
 * RC_MALFORMED, or RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_size(struct slice text, uint64_t *bytes);
/* Parses digits followed by s, m, h, d or w. RC_MALFORMED, also if the unit is missing,
 * or RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_duration(struct slice text, uint64_t *seconds);

#define UNITS_TEXT_MAX 24

/* Writes the largest unit that is exact: 1048576 is "1M", 5400 is "90m". */
void units_size_format(uint64_t bytes, char out[UNITS_TEXT_MAX]);
void units_duration_format(uint64_t seconds, char out[UNITS_TEXT_MAX]);

#endif
