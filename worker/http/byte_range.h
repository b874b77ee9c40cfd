/* The field Range of a request (RFC 9110, section 14). */
#ifndef WORKER_HTTP_BYTE_RANGE_H
#define WORKER_HTTP_BYTE_RANGE_H

#include <stdint.h>

enum byte_range {
	BYTE_RANGE_NONE,         /* to be ignored: the whole representation is sent */
	BYTE_RANGE_PART,         /* one range */
	BYTE_RANGE_UNSATISFIABLE /* it begins beyond the end */
};

/* Reads the field (may be NULL) for a representation of `size` bytes. Only
 * BYTE_RANGE_PART sets `from` and `len`, a part within the representation. Several
 * ranges, other units and malformed fields are ignored, as 14.2 allows. */
enum byte_range byte_range_parse(const char *field, uint64_t size, uint64_t *from, uint64_t *len);

#endif
