/* Parameters of a statement in PostgreSQL's binary format, arrays among them. The
 * parameters are added in order; the elements of an array follow params_array. */
#ifndef STORE_POSTGRES_PARAMS_H
#define STORE_POSTGRES_PARAMS_H

#include "base/buf.h"

#include <stdint.h>

#define PARAMS_MAX 20

/* Zeroed: empty. */
struct params {
	struct buf bytes;
	size_t starts[PARAMS_MAX];
	unsigned count;
};

/* Types of elements, as in pg_type. */
enum params_type {
	PARAMS_BOOL = 16,
	PARAMS_BYTEA = 17,
	PARAMS_INT8 = 20,
	PARAMS_INT4 = 23,
	PARAMS_TEXT = 25
};

void params_int8(struct params *params, int64_t value);
/* Of a size, an int8. */
void params_size(struct params *params, size_t value);
void params_int4(struct params *params, int32_t value);
void params_bool(struct params *params, bool value);
/* For text and bytea. */
void params_text(struct params *params, struct slice text);

void params_array(struct params *params, enum params_type type, size_t count);
void element_int8(struct params *params, int64_t value);
void element_int4(struct params *params, int32_t value);
void element_bool(struct params *params, bool value);
void element_text(struct params *params, struct slice text);
void element_null(struct params *params);
/* Leaves one element of the last parameter, an array, if all are the same. */
void params_shorten(struct params *params);

/* For PQsendQueryPrepared; valid until the next change. */
void params_get(const struct params *params, const char *values[PARAMS_MAX],
		int lengths[PARAMS_MAX], int formats[PARAMS_MAX]);
void params_free(struct params *params);

#endif
