/* Builds parameters in PostgreSQL's binary format (array_send of its source). Called by
 * commit.c, read.c and follow.c. */
#include "store/postgres/params.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <string.h>

/* Of an array that is not empty: what is before its first element, and the last part of
 * that, from its number of elements on. */
#define ARRAY_HEADER 20
#define ARRAY_COUNT 8

static void put_32(struct params *params, uint32_t value)
{
	const uint32_t bytes = htobe32(value);

	buf_put(&params->bytes, &bytes, sizeof(bytes));
}

static void put_64(struct params *params, uint64_t value)
{
	const uint64_t bytes = htobe64(value);

	buf_put(&params->bytes, &bytes, sizeof(bytes));
}

static void begin(struct params *params)
{
	assert(params->count < PARAMS_MAX);
	params->starts[params->count++] = params->bytes.len;
}

void params_int8(struct params *params, int64_t value)
{
	begin(params);
	put_64(params, (uint64_t)value);
}

void params_size(struct params *params, size_t value)
{
	params_int8(params, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void params_int4(struct params *params, int32_t value)
{
	begin(params);
	put_32(params, (uint32_t)value);
}

void params_bool(struct params *params, bool value)
{
	begin(params);
	buf_put_byte(&params->bytes, value);
}

void params_text(struct params *params, struct slice text)
{
	begin(params);
	buf_put_slice(&params->bytes, text);
}

/* One dimension from index 1; none if the array is empty. */
void params_array(struct params *params, enum params_type type, size_t count)
{
	assert(count <= INT_MAX);
	begin(params);
	put_32(params, count ? 1 : 0);
	put_32(params, 1); /* it may contain NULL */
	put_32(params, (uint32_t)type);
	if (count == 0)
		return;
	put_32(params, (uint32_t)count);
	put_32(params, 1);
}

void element_int8(struct params *params, int64_t value)
{
	put_32(params, sizeof(value));
	put_64(params, (uint64_t)value);
}

void element_int4(struct params *params, int32_t value)
{
	put_32(params, sizeof(value));
	put_32(params, (uint32_t)value);
}

void element_bool(struct params *params, bool value)
{
	put_32(params, 1);
	buf_put_byte(&params->bytes, value);
}

void element_text(struct params *params, struct slice text)
{
	put_32(params, (uint32_t)text.len);
	buf_put_slice(&params->bytes, text);
}

void element_null(struct params *params)
{
	put_32(params, UINT32_MAX);
}

static size_t element_size(const struct params *params, size_t at)
{
	uint32_t length;

	memcpy(&length, params->bytes.data + at, sizeof(length));
	length = be32toh(length);
	return sizeof(length) + (length == UINT32_MAX ? 0 : length);
}

void params_shorten(struct params *params)
{
	const size_t first = params->starts[params->count - 1] + ARRAY_HEADER;
	const uint32_t one = htobe32(1);
	size_t size;

	if (params->bytes.len <= first)
		return; /* the array is empty */
	size = element_size(params, first);
	for (size_t at = first + size; at < params->bytes.len; at += size)
		if (params->bytes.len - at < size ||
		    memcmp(params->bytes.data + first, params->bytes.data + at, size) != 0)
			return;
	memcpy(params->bytes.data + first - ARRAY_COUNT, &one, sizeof(one));
	params->bytes.len = first + size;
}

/* libpq takes a null pointer for NULL, which no parameter is. */
void params_get(const struct params *params, const char *values[PARAMS_MAX],
		int lengths[PARAMS_MAX], int formats[PARAMS_MAX])
{
	for (unsigned i = 0; i < params->count; i++) {
		size_t start = params->starts[i];
		size_t end = i + 1 < params->count ? params->starts[i + 1] : params->bytes.len;

		assert(end - start <= INT_MAX);
		values[i] = end > start ? params->bytes.data + start : "";
		lengths[i] = (int)(end - start);
		formats[i] = 1;
	}
}

void params_free(struct params *params)
{
	buf_free(&params->bytes);
	*params = (struct params){ .count = 0 };
}
