/* Shared by the fuzz targets. A target is one function that receives arbitrary bytes
 * and aborts if a guarantee is violated. It is built twice: with libFuzzer, to search
 * for hours, and with t/fuzz/replay.c, to run its corpus and some mutations in
 * `make check`. */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include "base/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer, which determines the name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			(void)fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, \
				      #condition); \
			abort(); \
		} \
	} while (0)

/* An input from which bytes are removed at the front; zeros at its end. */
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

/* Copies the rest of the input into memory of its size, so that a sanitizer detects
 * reads beyond it. The caller frees the copy. */
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
