/* UTF-8, numbers, percent-encoding: checks of text from clients and administrators. */
#include "base/text.h"

/* Returns the length of the UTF-8 sequence at `at`, 0 if it is invalid (RFC 3629,
 * section 4). */
static size_t utf8_step(const unsigned char *at, size_t left)
{
	unsigned char first = at[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool text_is_utf8(struct slice text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;
	size_t step;

	for (size_t i = 0; i < text.len; i += step) {
		step = utf8_step(bytes + i, text.len - i);
		if (step == 0)
			return false;
	}
	return true;
}

bool text_has_control(struct slice text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;

	for (size_t i = 0; i < text.len; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
		if (bytes[i] == 0xc2 && i + 1 < text.len && bytes[i + 1] < 0xa0)
			return true;
	}
	return false;
}

enum rc text_number(struct slice text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return RC_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';

		if (digit > 9 || value > (max - digit) / 10 || digit > max)
			return RC_MALFORMED;
		value = value * 10 + digit;
	}
	*out = value;
	return RC_OK;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum rc text_percent_decode(struct slice in, bool plus_is_space, char *out, size_t *out_len)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.data[i];

		if (c == '%') {
			int high = i + 2 < in.len ? hex_digit(in.data[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(in.data[i + 2]) : -1;

			if (low < 0)
				return RC_MALFORMED;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[len++] = c;
	}
	*out_len = len;
	return RC_OK;
}

struct slice text_trim(struct slice text)
{
	while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = slice_make(text.data + 1, text.len - 1);
	while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}
