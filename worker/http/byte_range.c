/* Byte ranges of a representation. Called by worker/static. */
#include "worker/http/byte_range.h"

#include "base/slice.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

/* Digits alone (14.1.1). A number too large for 64 bits is beyond any end. */
static bool read_position(struct slice text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';

		if (digit > 9)
			return false;
		*out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
	}
	return text.len > 0;
}

/* The last bytes, or all of them if there are fewer (14.1.2). */
static enum byte_range take_suffix(uint64_t count, uint64_t size, uint64_t *from, uint64_t *len)
{
	if (count == 0 || size == 0)
		return BYTE_RANGE_UNSATISFIABLE;
	*len = count < size ? count : size;
	*from = size - *len;
	return BYTE_RANGE_PART;
}

static enum byte_range take_range(struct slice range, uint64_t size, uint64_t *from, uint64_t *len)
{
	const char *dash = memchr(range.data, '-', range.len);
	uint64_t first, last = UINT64_MAX;
	struct slice begin, end;

	if (dash == NULL)
		return BYTE_RANGE_NONE;
	begin = slice_make(range.data, (size_t)(dash - range.data));
	end = slice_make(dash + 1, range.len - begin.len - 1);
	if (end.len && !read_position(end, &last))
		return BYTE_RANGE_NONE;
	if (begin.len == 0)
		return end.len ? take_suffix(last, size, from, len) : BYTE_RANGE_NONE;
	if (!read_position(begin, &first) || last < first)
		return BYTE_RANGE_NONE;
	if (first >= size)
		return BYTE_RANGE_UNSATISFIABLE;
	*from = first;
	*len = (last < size ? last + 1 : size) - first;
	return BYTE_RANGE_PART;
}

enum byte_range byte_range_parse(const char *field, uint64_t size, uint64_t *from, uint64_t *len)
{
	static const char unit[] = "bytes=";

	if (field == NULL || strncasecmp(field, unit, sizeof(unit) - 1) != 0 || strchr(field, ','))
		return BYTE_RANGE_NONE;
	return take_range(text_trim(slice_of(field + sizeof(unit) - 1)), size, from, len);
}
