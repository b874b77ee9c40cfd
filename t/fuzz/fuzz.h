/* What the fuzz targets share. A target is one function that is given any bytes, and
 * aborts where a promise of ours does not hold. It is built twice: with libFuzzer, to
 * search for hours; and with t/fuzz/replay.c, to run its corpus and some changes to it
 * in `make check`. */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include "base/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				      #condition); \
			abort(); \
		} \
	} while (0)

/* Takes bytes off the front of an input; zeros when it is used up. */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline uint64_t input_number(struct input *input, size_t bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < bytes; i++) {
		number = number << 8 | (input->left ? *input->data : 0);
		if (input->left) {
			input->data++;
			input->left--;
		}
	}
	return number;
}

/* What is left, in memory of its own, so that a sanitizer sees who reads beyond it.
 * Free it. */
static inline char *input_rest(const struct input *input, struct slice *out)
{
	char *copy = malloc(input->left ? input->left : 1);

	REQUIRE(copy != NULL);
	if (input->left)
		memcpy(copy, input->data, input->left);
	*out = slice_make(copy, input->left);
	return copy;
}

#endif
