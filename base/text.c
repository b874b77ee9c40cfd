/* UTF-8, numbers, percent-encoding: checks of text from clients and administrators. */
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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

/* ---- For terminals and logs ---- */

static uint32_t code_point(const unsigned char *at, size_t len)
{
	uint32_t code = len == 1 ? at[0] : at[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (at[i] & 0x3fu);
	return code;
}

static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||     /* C0, DEL, C1 */
	       (code >= 0x2028 && code <= 0x202e) ||               /* separators, embeddings */
	       (code >= 0x2066 && code <= 0x2069) ||               /* isolates */
	       code == 0x200e || code == 0x200f || code == 0x061c; /* marks */
}

size_t text_piece(struct slice text, char piece[TEXT_PIECE_MAX], size_t *taken)
{
	const unsigned char *at = (const unsigned char *)text.data;
	size_t len;

	assert(text.len > 0);
	len = utf8_step(at, text.len);
	*taken = len ? len : 1;
	if (len == 0)
		return (size_t)snprintf(piece, TEXT_PIECE_MAX, "\\x%02x", at[0]);
	if (is_unsafe(code_point(at, len)))
		return (size_t)snprintf(piece, TEXT_PIECE_MAX, "\\u%04x",
					(unsigned)code_point(at, len) & 0xffff);
	memcpy(piece, at, len);
	return len;
}

bool text_has_unsafe(struct slice text)
{
	char piece[TEXT_PIECE_MAX];

	while (text.len) {
		size_t taken;

		if (text_piece(text, piece, &taken) != taken)
			return true;
		text = slice_make(text.data + taken, text.len - taken);
	}
	return false;
}

/* Could more bytes make a character of these? */
static bool is_begun(struct slice text)
{
	unsigned char first = (unsigned char)text.data[0];
	size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if (first < 0xc2 || first > 0xf4 || text.len >= wanted)
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (((unsigned char)text.data[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static void filter_all(struct slice text, bool is_last, struct text_filter *filter, struct buf *out)
{
	char piece[TEXT_PIECE_MAX];
	size_t taken;

	filter->rest_len = 0;
	for (; text.len; text = slice_make(text.data + taken, text.len - taken)) {
		if (!is_last && is_begun(text)) {
			memcpy(filter->rest, text.data, text.len);
			filter->rest_len = text.len;
			return;
		}
		taken = 1;
		if (text.data[0] == '\n' || text.data[0] == '\t')
			buf_put_byte(out, text.data[0]);
		else
			buf_put(out, piece, text_piece(text, piece, &taken));
	}
}

void text_filter_put(struct text_filter *filter, struct slice text, struct buf *out)
{
	struct buf joined = BUF_EMPTY;

	if (filter->rest_len == 0) {
		filter_all(text, false, filter, out);
		return;
	}
	buf_put(&joined, filter->rest, filter->rest_len);
	buf_put_slice(&joined, text);
	filter_all(buf_slice(&joined), false, filter, out);
	buf_free(&joined);
}

void text_filter_finish(struct text_filter *filter, struct buf *out)
{
	char rest[sizeof(filter->rest)];
	size_t len = filter->rest_len;

	memcpy(rest, filter->rest, len);
	filter_all(slice_make(rest, len), true, filter, out);
}

/* ---- Numbers, percent-encoding ---- */

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
