/* Numbers as text. Called by base/buf for versions, and by the writers of cursors,
 * lengths and request ids. */
#include "base/number.h"

#include <string.h>

size_t number_put(char out[NUMBER_DIGITS_MAX], uint64_t number)
{
	char digits[NUMBER_DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

void number_put_hex(char out[NUMBER_HEX_DIGITS], uint64_t number)
{
	for (size_t i = NUMBER_HEX_DIGITS; i > 0; number >>= 4)
		out[--i] = "0123456789abcdef"[number & 15];
}
