/* Sizes, durations and counts: as options are written, and for display. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/rc.h"
#include "base/slice.h"

#include <stdint.h>

/* Parses digits, optionally followed by K, M or G (powers of 1024, upper or lower
 * case). RC_MALFORMED, or RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_size(struct slice text, uint64_t *bytes);
/* Parses digits followed by s, m, h, d or w. RC_MALFORMED, also if the unit is missing,
 * or RC_TOO_LARGE beyond 64 bits. */
MUST_USE enum rc units_duration(struct slice text, uint64_t *seconds);

#define UNITS_TEXT_MAX 24

/* Writes the largest unit that is exact: 1048576 is "1M", 5400 is "90m". */
void units_size_format(uint64_t bytes, char out[UNITS_TEXT_MAX]);
void units_duration_format(uint64_t seconds, char out[UNITS_TEXT_MAX]);

/* ---- For display ---- */

#define UNITS_DISPLAY_MAX 48

/* "512 B", "1.5 KiB", "2.0 GiB" */
void units_display_bytes(uint64_t bytes, char out[UNITS_DISPLAY_MAX]);
/* "42 s", "3 min 5 s", "7 h 12 min", "12 d 3 h" */
void units_display_span(uint64_t seconds, char out[UNITS_DISPLAY_MAX]);
/* "0", "3.2", "12,345" */
void units_display_rate(double rate, char out[UNITS_DISPLAY_MAX]);
/* "1,234,567" */
void units_display_count(uint64_t number, char out[UNITS_DISPLAY_MAX]);
/* "1 document", "1,234 documents"; the noun, of at most 19 bytes, takes an s. */
void units_display_counted(uint64_t number, const char *noun, char out[UNITS_DISPLAY_MAX]);

#endif
