/* The JSON scanner. Strings are scanned in blocks of 16 bytes where SSE2 is available.
 * transit/reader.c reads tokens by it. */
#include "transit/scan.h"

#include "base/text.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum byte_class { BYTE_PLAIN, BYTE_QUOTE, BYTE_ESCAPE, BYTE_CONTROL, BYTE_HIGH };

static const unsigned char byte_class[256] = {
	[0x00 ... 0x1f] = BYTE_CONTROL,
	['"'] = BYTE_QUOTE,
	['\\'] = BYTE_ESCAPE,
	[0x80 ... 0xff] = BYTE_HIGH,
};

static enum byte_class class_of(char byte)
{
	return (enum byte_class)byte_class[(unsigned char)byte];
}

/* Returns the next byte that is not BYTE_PLAIN, or the end. */
static const char *pass_plain_bytes(const char *at, const char *end)
{
	while (at < end && class_of(*at) == BYTE_PLAIN)
		at++;
	return at;
}

#if defined(__SSE2__) && !defined(SCAN_BYTEWISE)
#define BLOCK 16

/* Returns a mask with a bit for each byte of the block that is not BYTE_PLAIN. */
static unsigned special_bytes(const char *at)
{
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
	__m128i escape = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
	/* As signed numbers, control characters and bytes above 0x7f are less than
	 * 0x20. */
	__m128i other = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, escape), other));
}

static const char *pass_plain(const char *at, const char *end)
{
	while (end - at >= BLOCK) {
		unsigned special = special_bytes(at);

		if (special)
			return at + __builtin_ctz(special);
		at += BLOCK;
	}
	return pass_plain_bytes(at, end);
}
#else
static const char *pass_plain(const char *at, const char *end)
{
	return pass_plain_bytes(at, end);
}
#endif

/* The letter of a two-byte escape for each code point that has one. */
static const char short_escape[128] = {
	['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
	['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
};

#define ESCAPE_MAX 6

/* Writes the canonical form of a code point into `out`, at most ESCAPE_MAX bytes, and
 * returns the length. */
static size_t put_char(uint32_t code, char *out)
{
	static const char hex[] = "0123456789abcdef";

	if (code < 0x80 && short_escape[code]) {
		out[0] = '\\';
		out[1] = short_escape[code];
		return 2;
	}
	if (code < 0x20) {
		memcpy(out, "\\u00", 4);
		out[4] = hex[code >> 4];
		out[5] = hex[code & 15];
		return 6;
	}
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Parses four hex digits; more than 0xffff if they are invalid. */
static uint32_t hex4(const char *at, const char *end)
{
	uint32_t code = 0;

	if (end - at < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)at[i];

		if (c >= '0' && c <= '9')
			code = code << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return UINT32_MAX;
	}
	return code;
}

/* Reads `\uXXXX` or a surrogate pair, starting at the backslash. */
static const char *read_unicode(struct scan *scan, uint32_t *code)
{
	uint32_t high = hex4(scan->at + 2, scan->end);
	uint32_t low;

	if (high > 0xffff)
		return "broken \\u escape";
	if (high < 0xd800 || high > 0xdfff) {
		scan->at += 6;
		*code = high;
		return NULL;
	}
	if (high > 0xdbff || scan->end - scan->at < 12 || scan->at[6] != '\\' || scan->at[7] != 'u')
		return "lone surrogate";
	low = hex4(scan->at + 8, scan->end);
	if (low < 0xdc00 || low > 0xdfff)
		return "lone surrogate";
	scan->at += 12;
	*code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return NULL;
}

/* Reads an escape, starting at the backslash. */
static const char *read_escape(struct scan *scan, uint32_t *code)
{
	static const char meanings[256] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};
	char meaning;

	if (scan->end - scan->at < 2)
		return "unfinished string";
	if (scan->at[1] == 'u')
		return read_unicode(scan, code);
	meaning = meanings[(unsigned char)scan->at[1]];
	if (!meaning)
		return "unknown escape";
	*code = (unsigned char)meaning;
	scan->at += 2;
	return NULL;
}

/* Reads an escape. `pending` is the start of the part of the string that is read but
 * not copied to scratch; a canonical escape needs no copy. */
static const char *pass_escape(struct scan *scan, struct buf *scratch, const char **pending,
			       bool *copied)
{
	const char *from = scan->at;
	const char *error;
	uint32_t code;
	char form[ESCAPE_MAX];
	size_t len;

	error = read_escape(scan, &code);
	if (error)
		return error;
	len = put_char(code, form);
	if (len == (size_t)(scan->at - from) && memcmp(form, from, len) == 0)
		return NULL;
	if (!*copied)
		buf_clear(scratch);
	*copied = true;
	buf_put(scratch, *pending, (size_t)(from - *pending));
	buf_put(scratch, form, len);
	*pending = scan->at;
	return NULL;
}

/* Reads a run of bytes above 0x7f, which must consist of complete UTF-8 sequences. */
static const char *pass_high(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && class_of(*scan->at) == BYTE_HIGH)
		scan->at++;
	if (text_is_utf8(slice_make(from, (size_t)(scan->at - from))))
		return NULL;
	scan->at = from;
	return "not UTF-8";
}

const char *scan_string(struct scan *scan, struct buf *scratch, struct slice *content)
{
	const char *start = ++scan->at;
	const char *pending = start;
	const char *error = NULL;
	bool copied = false;

	while (!error) {
		scan->at = pass_plain(scan->at, scan->end);
		if (scan->at == scan->end)
			return "unfinished string";
		switch (class_of(*scan->at)) {
		case BYTE_ESCAPE:
			error = pass_escape(scan, scratch, &pending, &copied);
			break;
		case BYTE_HIGH:
			error = pass_high(scan);
			break;
		case BYTE_CONTROL:
			return "control character in a string";
		default:
			if (copied)
				buf_put(scratch, pending, (size_t)(scan->at - pending));
			*content = copied ? buf_slice(scratch)
					  : slice_make(start, (size_t)(scan->at - start));
			scan->at++;
			return NULL;
		}
	}
	return error;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool pass_digits(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && is_digit(*scan->at))
		scan->at++;
	return scan->at > from;
}

static const char *pass_number(struct scan *scan, enum number_kind *kind)
{
	*kind = NUMBER_INTEGER;
	if (scan_look(scan) == '-')
		scan->at++;
	if (scan_look(scan) == '0' && scan->end - scan->at > 1 && is_digit(scan->at[1]))
		return "number with a leading zero";
	if (!pass_digits(scan))
		return "broken number";
	if (scan_look(scan) == '.') {
		scan->at++;
		*kind = NUMBER_REAL;
		if (!pass_digits(scan))
			return "broken number";
	}
	if (scan_look(scan) == 'e' || scan_look(scan) == 'E') {
		scan->at++;
		*kind = NUMBER_REAL;
		if (scan_look(scan) == '+' || scan_look(scan) == '-')
			scan->at++;
		if (!pass_digits(scan))
			return "broken number";
	}
	return NULL;
}

const char *scan_number(struct scan *scan, struct slice *number)
{
	const char *from = scan->at;
	enum number_kind kind;
	const char *error = pass_number(scan, &kind);

	*number = slice_make(from, (size_t)(scan->at - from));
	return error;
}

enum number_kind scan_number_kind(struct slice text)
{
	struct scan scan = { text.data, text.data + text.len };
	enum number_kind kind;

	return text.len && !pass_number(&scan, &kind) && scan.at == scan.end ? kind : NUMBER_NONE;
}

enum rc scan_int64(struct slice text, int64_t *out)
{
	bool negative = text.len && text.data[0] == '-';
	uint64_t size;
	enum rc rc;

	if (negative)
		text = slice_make(text.data + 1, text.len - 1);
	rc = text_number(text, (uint64_t)INT64_MAX + negative, &size);
	if (!rc)
		*out = (int64_t)(negative ? 0 - size : size);
	return rc;
}

const char *scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return "expected a value";
	scan->at += len;
	return NULL;
}

size_t scan_char_len(struct slice content)
{
	unsigned char first = (unsigned char)content.data[0];

	assert(content.len > 0);
	if (first == '\\')
		return content.data[1] == 'u' ? 6 : 2;
	return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool scan_longer_than(struct slice content, unsigned units)
{
	size_t i = 0;
	unsigned count = 0;

	while (i < content.len && count <= units) {
		/* Only characters of four bytes of UTF-8 take two units. */
		count += (unsigned char)content.data[i] >= 0xf0 ? 2 : 1;
		i += scan_char_len(slice_make(content.data + i, content.len - i));
	}
	return count > units;
}

void scan_unescape(struct slice content, struct buf *out)
{
	struct scan scan = { content.data, content.data + content.len };

	while (scan.at < scan.end) {
		const char *from = scan.at;
		const char *escape = memchr(from, '\\', (size_t)(scan.end - from));
		uint32_t code;

		scan.at = escape ? escape : scan.end;
		buf_put(out, from, (size_t)(scan.at - from));
		if (escape && !read_escape(&scan, &code))
			buf_put_byte(out, (char)code);
	}
}

void scan_escape(struct slice text, struct buf *out)
{
	const char *end = text.data + text.len;
	const char *from = text.data;
	const char *at = from;

	while ((at = pass_plain(at, end)) < end) {
		if (class_of(*at) != BYTE_HIGH) {
			buf_put(out, from, (size_t)(at - from));
			out->len += put_char((unsigned char)*at, buf_reserve(out, ESCAPE_MAX));
			from = at + 1;
		}
		at++;
	}
	buf_put(out, from, (size_t)(end - from));
}
