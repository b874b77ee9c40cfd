/* Tests of base/text.c. */
#include "base/array.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* ---- UTF-8 ---- */

/* Copies the text without a terminator, so that a sanitizer detects reads beyond the
 * end. */
static bool is_utf8(struct slice text)
{
	char *copy = malloc(text.len ? text.len : 1);
	bool is;

	memcpy(copy, text.data, text.len);
	is = text_is_utf8(slice_make(copy, text.len));
	free(copy);
	return is;
}

/* Encodes a code point as RFC 3629 defines it. */
static size_t encode(uint32_t point, size_t len, char out[4])
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(marks[len] | point);
	return len;
}

static size_t length_of(uint32_t point)
{
	return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

static void every_code_point_is_accepted_in_its_shortest_form_only(void **state)
{
	char text[4];

	(void)state;
	for (uint32_t point = 0; point < 0x200000; point++) {
		size_t shortest = length_of(point);
		bool good = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);

		for (size_t len = shortest; len <= 4; len++)
			if (text_is_utf8(slice_make(text, encode(point, len, text))) !=
			    (good && len == shortest))
				fail_msg("U+%04X in %zu bytes", point, len);
	}
}

/* Of all sequences of up to three bytes, only encoded code points are accepted. */
static void no_other_bytes_are_accepted(void **state)
{
	(void)state;
	for (uint32_t bytes = 0; bytes < 1 << 24; bytes++) {
		const unsigned char text[3] = { (unsigned char)(bytes >> 16),
						(unsigned char)(bytes >> 8), (unsigned char)bytes };
		bool one = text[0] < 0x80;
		bool two = text[0] >= 0xc2 && text[0] <= 0xdf && (text[1] & 0xc0) == 0x80;
		uint32_t point = (uint32_t)(text[0] & 0x0f) << 12 |
				 (uint32_t)(text[1] & 0x3f) << 6 | (text[2] & 0x3f);
		bool three = (text[0] & 0xf0) == 0xe0 && (text[1] & 0xc0) == 0x80 &&
			     (text[2] & 0xc0) == 0x80 && point >= 0x800 &&
			     (point < 0xd800 || point > 0xdfff);
		bool two_after_one = text[1] >= 0xc2 && text[1] <= 0xdf && (text[2] & 0xc0) == 0x80;
		bool good = three || (two && text[2] < 0x80) ||
			    (one && (two_after_one || (text[1] < 0x80 && text[2] < 0x80)));

		if (text_is_utf8(slice_make((const char *)text, 3)) != good)
			fail_msg("%02x %02x %02x", text[0], text[1], text[2]);
	}
}

static void truncated_sequences_are_rejected(void **state)
{
	static const struct slice whole = BYTES("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	static const size_t ends[] = { 0, 1, 3, 6, 10 };
	bool good;

	(void)state;
	for (size_t len = 0; len <= whole.len; len++) {
		good = false;
		for (size_t i = 0; i < COUNT(ends); i++)
			good |= ends[i] == len;
		assert_int_equal(is_utf8(slice_make(whole.data, len)), good);
	}
	assert_true(text_is_utf8(slice_make(NULL, 0)));
	for (size_t at = 0; at < whole.len; at++) {
		char text[16];

		memcpy(text, whole.data, whole.len);
		text[at] = (char)0xff;
		assert_false(is_utf8(slice_make(text, whole.len)));
	}
}

static void control_characters_are_found_at_every_position(void **state)
{
	char text[8];

	(void)state;
	for (uint32_t point = 0; point < 0x3000; point++) {
		bool control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
		size_t len = encode(point, length_of(point), text + 1);

		text[0] = 'a';
		text[len + 1] = 'b';
		assert_int_equal(text_has_control(slice_make(text, len + 2)), control);
		assert_int_equal(text_has_control(slice_make(text + 1, len)), control);
	}
	assert_false(text_has_control(slice_make(NULL, 0)));
	/* Bytes 0x80 to 0x9f within other characters. */
	assert_false(text_has_control(slice_of("\xc3\x80\xe2\x82\x9f\xf0\x9f\x98\x80")));
}

/* ---- For terminals and logs ---- */

static void assert_escaped(struct slice text, const char *wanted)
{
	struct text_filter filter = { .rest_len = 0 };
	struct buf out = BUF_EMPTY;

	text_filter_put(&filter, text, &out);
	text_filter_finish(&filter, &out);
	buf_put_byte(&out, 0);
	assert_string_equal(out.data, wanted);
	buf_free(&out);
}

static void what_a_terminal_would_act_on_is_escaped(void **state)
{
	static const struct {
		struct slice text;
		const char *wanted;
	} cases[] = {
		{ BYTES("plain, Zo\xc3\xab \xe7\x94\xb0 \xf0\x9f\x98\x80\n\t"),
		  "plain, Zo\xc3\xab \xe7\x94\xb0 \xf0\x9f\x98\x80\n\t" },
		{ BYTES("\x1b]0;owned\x07\r\x7f"), "\\u001b]0;owned\\u0007\\u000d\\u007f" },
		{ BYTES("\xc2\x9b"
			"31m\xc2\xa0"),
		  "\\u009b31m\xc2\xa0" },
		{ BYTES("a\xe2\x80\xaegpj\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c"),
		  "a\\u202egpj\\u2066\\u200f\\u061c" },
		{ BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
		{ BYTES("\xff\xfe\xc2"), "\\xff\\xfe\\xc2" },
		{ BYTES("\xe2\x80x"), "\\xe2\\x80x" },
		{ BYTES(""), "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_escaped(cases[i].text, cases[i].wanted);
		assert_int_equal(text_has_unsafe(cases[i].text), i + 1 < COUNT(cases));
	}
}

/* A second list of what is not safe, as ranges of code points. */
static void every_code_point_is_safe_or_escaped(void **state)
{
	static const uint32_t unsafe[][2] = { { 0, 0x1f },        { 0x7f, 0x9f },
					      { 0x61c, 0x61c },   { 0x200e, 0x200f },
					      { 0x2028, 0x202e }, { 0x2066, 0x2069 } };

	(void)state;
	for (uint32_t code = 0; code <= 0xffff; code++) {
		char text[3], piece[TEXT_PIECE_MAX], wanted[TEXT_PIECE_MAX];
		size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : 3, taken;
		bool bad = false;

		if (code >= 0xd800 && code < 0xe000)
			continue;
		text[0] = (char)(len == 1 ? code : len == 2 ? 0xc0 | code >> 6 : 0xe0 | code >> 12);
		text[1] = (char)(len == 2 ? 0x80 | (code & 0x3f) : 0x80 | (code >> 6 & 0x3f));
		text[2] = (char)(0x80 | (code & 0x3f));
		for (size_t i = 0; i < COUNT(unsafe); i++)
			bad = bad || (code >= unsafe[i][0] && code <= unsafe[i][1]);
		if (bad)
			(void)snprintf(wanted, sizeof(wanted), "\\u%04x", (unsigned)code);
		assert_int_equal(text_piece(slice_make(text, len), piece, &taken), bad ? 6 : len);
		assert_int_equal(taken, len);
		assert_memory_equal(piece, bad ? wanted : text, bad ? 6 : len);
	}
}

static void output_is_escaped_however_it_is_divided(void **state)
{
	static const char text[] = "Zo\xc3\xab\xf0\x9f\x98\x80\xe2\x80\xae\xc2\x9b\xe2\x80";

	(void)state;
	for (size_t first = 0; first < sizeof(text); first++)
		for (size_t second = first; second < sizeof(text); second++) {
			struct text_filter filter = { .rest_len = 0 };
			struct buf out = BUF_EMPTY;

			text_filter_put(&filter, slice_make(text, first), &out);
			text_filter_put(&filter, slice_make(text + first, second - first), &out);
			text_filter_put(&filter,
					slice_make(text + second, sizeof(text) - 1 - second), &out);
			text_filter_finish(&filter, &out);
			buf_put_byte(&out, 0);
			assert_string_equal(out.data,
					    "Zo\xc3\xab\xf0\x9f\x98\x80\\u202e\\u009b\\xe2\\x80");
			buf_free(&out);
		}
}

/* ---- Numbers ---- */

static const struct {
	struct slice text;
	uint64_t max;
	enum rc rc;
	uint64_t value;
} numbers[] = {
	{ BYTES("0"), 0, RC_OK, 0 },
	{ BYTES("0"), UINT64_MAX, RC_OK, 0 },
	{ BYTES("7"), 7, RC_OK, 7 },
	{ BYTES("8"), 7, RC_MALFORMED, 0 },
	{ BYTES("1"), 0, RC_MALFORMED, 0 },
	{ BYTES("10"), 5, RC_MALFORMED, 0 },
	{ BYTES("19"), 5, RC_MALFORMED, 0 },
	{ BYTES("10"), 10, RC_OK, 10 },
	{ BYTES("11"), 10, RC_MALFORMED, 0 },
	{ BYTES("99"), 100, RC_OK, 99 },
	{ BYTES("100"), 100, RC_OK, 100 },
	{ BYTES("101"), 100, RC_MALFORMED, 0 },
	{ BYTES("1000"), 100, RC_MALFORMED, 0 },
	{ BYTES("9223372036854775807"), INT64_MAX, RC_OK, INT64_MAX },
	{ BYTES("9223372036854775808"), INT64_MAX, RC_MALFORMED, 0 },
	{ BYTES("18446744073709551615"), UINT64_MAX, RC_OK, UINT64_MAX },
	{ BYTES("18446744073709551616"), UINT64_MAX, RC_MALFORMED, 0 },
	{ BYTES("18446744073709551620"), UINT64_MAX, RC_MALFORMED, 0 },
	{ BYTES("28446744073709551615"), UINT64_MAX, RC_MALFORMED, 0 },
	{ BYTES("184467440737095516150"), UINT64_MAX, RC_MALFORMED, 0 },
	{ BYTES(""), 10, RC_MALFORMED, 0 },
	{ BYTES("00"), 10, RC_MALFORMED, 0 },
	{ BYTES("01"), 10, RC_MALFORMED, 0 },
	{ BYTES("+1"), 10, RC_MALFORMED, 0 },
	{ BYTES("-1"), 10, RC_MALFORMED, 0 },
	{ BYTES("-0"), 10, RC_MALFORMED, 0 },
	{ BYTES(" 1"), 10, RC_MALFORMED, 0 },
	{ BYTES("1 "), 10, RC_MALFORMED, 0 },
	{ BYTES("1\0"), 10, RC_MALFORMED, 0 },
	{ BYTES("1\n"), 10, RC_MALFORMED, 0 },
	{ BYTES("1.0"), 10, RC_MALFORMED, 0 },
	{ BYTES("1e0"), 10, RC_MALFORMED, 0 },
	{ BYTES("0x1"), 10, RC_MALFORMED, 0 },
	{ BYTES("1_0"), 10, RC_MALFORMED, 0 },
	{ BYTES("a"), 100, RC_MALFORMED, 0 },
	{ BYTES("/"), 100, RC_MALFORMED, 0 },
	{ BYTES(":"), 100, RC_MALFORMED, 0 },
	{ BYTES("\xb1"), 1000, RC_MALFORMED, 0 },
	{ BYTES("\xd9\xa1"), 1000, RC_MALFORMED, 0 },
};

static void numbers_are_digits_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t value = 4711;

		if (text_number(numbers[i].text, numbers[i].max, &value) != numbers[i].rc)
			fail_msg("%s with at most %llu", numbers[i].text.data,
				 (unsigned long long)numbers[i].max);
		assert_true(value == (numbers[i].rc == RC_OK ? numbers[i].value : 4711));
	}
}

static void every_number_up_to_the_limit_is_accepted(void **state)
{
	char text[16];
	uint64_t value;

	(void)state;
	for (unsigned max = 0; max < 130; max++) {
		for (unsigned number = 0; number < 1300; number++) {
			(void)snprintf(text, sizeof(text), "%u", number);
			assert_int_equal(text_number(slice_of(text), max, &value),
					 number <= max ? RC_OK : RC_MALFORMED);
			assert_true(number > max || value == number);
		}
	}
}

/* ---- Percent escapes ---- */

static enum rc decode(struct slice in, bool plus_is_space, char *out, size_t *out_len)
{
	char *copy = malloc(in.len ? in.len : 1), *room = malloc(in.len ? in.len : 1);
	enum rc rc;

	memcpy(copy, in.data, in.len);
	rc = text_percent_decode(slice_make(copy, in.len), plus_is_space, room, out_len);
	if (rc == RC_OK)
		memcpy(out, room, *out_len);
	free(copy);
	free(room);
	return rc;
}

static const struct {
	struct slice in, out, out_with_spaces;
} escapes[] = {
	{ BYTES(""), BYTES(""), BYTES("") },
	{ BYTES("abc"), BYTES("abc"), BYTES("abc") },
	{ BYTES("a+b"), BYTES("a+b"), BYTES("a b") },
	{ BYTES("a%2Bb%2b"), BYTES("a+b+"), BYTES("a+b+") },
	{ BYTES("%20"), BYTES(" "), BYTES(" ") },
	{ BYTES("%41%4a%4A"), BYTES("AJJ"), BYTES("AJJ") },
	{ BYTES("%2541"), BYTES("%41"), BYTES("%41") },
	{ BYTES("%00"), BYTES("\0"), BYTES("\0") },
	{ BYTES("%ff\xff%80"), BYTES("\xff\xff\x80"), BYTES("\xff\xff\x80") },
	{ BYTES("\0+"), BYTES("\0+"), BYTES("\0 ") },
};

static void escapes_are_decoded(void **state)
{
	char out[100];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		assert_int_equal(decode(escapes[i].in, false, out, &len), RC_OK);
		assert_true(slice_equal(slice_make(out, len), escapes[i].out));
		assert_int_equal(decode(escapes[i].in, true, out, &len), RC_OK);
		assert_true(slice_equal(slice_make(out, len), escapes[i].out_with_spaces));
	}
}

static void every_pair_of_characters_is_decoded_or_rejected(void **state)
{
	static const char digits[] = "0123456789abcdef";
	char in[3] = "%";
	char out[3];
	size_t len;

	(void)state;
	for (int i = 0; i < 0x10000; i++) {
		const char *high, *low;

		in[1] = (char)(i >> 8);
		in[2] = (char)i;
		high = in[1] ? strchr(digits, in[1] >= 'A' && in[1] <= 'F' ? in[1] + 32 : in[1])
			     : NULL;
		low = in[2] ? strchr(digits, in[2] >= 'A' && in[2] <= 'F' ? in[2] + 32 : in[2])
			    : NULL;
		assert_int_equal(text_percent_decode(slice_make(in, 3), true, out, &len),
				 high && low ? RC_OK : RC_MALFORMED);
		if (high && low) {
			assert_int_equal(len, 1);
			assert_int_equal((unsigned char)out[0],
					 (high - digits) * 16 + (low - digits));
		}
	}
}

static void an_invalid_escape_is_rejected_at_every_position(void **state)
{
	static const char *const broken[] = { "%",    "%4",    "a%",   "a%4",    "%%",
					      "%%41", "%4%41", "%41%", "%u0041", "% 41" };
	char out[100];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		assert_int_equal(decode(slice_of(broken[i]), false, out, &len), RC_MALFORMED);
		assert_int_equal(decode(slice_of(broken[i]), true, out, &len), RC_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_is_accepted_in_its_shortest_form_only),
		cmocka_unit_test(no_other_bytes_are_accepted),
		cmocka_unit_test(truncated_sequences_are_rejected),
		cmocka_unit_test(control_characters_are_found_at_every_position),
		cmocka_unit_test(what_a_terminal_would_act_on_is_escaped),
		cmocka_unit_test(every_code_point_is_safe_or_escaped),
		cmocka_unit_test(output_is_escaped_however_it_is_divided),
		cmocka_unit_test(numbers_are_digits_and_nothing_else),
		cmocka_unit_test(every_number_up_to_the_limit_is_accepted),
		cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(every_pair_of_characters_is_decoded_or_rejected),
		cmocka_unit_test(an_invalid_escape_is_rejected_at_every_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
