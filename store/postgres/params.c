/* Builds parameters in PostgreSQL's binary format (array_send of its source). Called by
 * commit.c, read.c and follow.c. */
#include "store/postgres/params.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>

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
