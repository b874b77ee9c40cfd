/* Tests of transit/scan.c: strings of all lengths around the block size, with special
 * bytes at every position. Built twice, with blocks and bytewise. */
#include "transit/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define LENGTH_MAX 50

/* A string of `len` letters in memory of exactly its size, so that a sanitizer detects
 * a read beyond it. */
static char *quoted(size_t len, size_t *size)
{
	char *text = malloc(len + 2);

	assert_non_null(text);
	memset(text, 'a', len + 2);
	text[0] = '"';
	text[len + 1] = '"';
	*size = len + 2;
	return text;
}

static const char *scan(const char *text, size_t size, size_t *at, struct buf *scratch,
			struct slice *content)
{
	struct scan scan = { text, text + size };
	const char *wrong = scan_string(&scan, scratch, content);

	*at = (size_t)(scan.at - text);
	return wrong;
}

static void test_plain_strings_end_at_their_quote(void **state)
{
	struct buf scratch = BUF_EMPTY;

	(void)state;
	for (size_t len = 0; len <= LENGTH_MAX; len++) {
		size_t size, at;
		struct slice content;
		char *text = quoted(len, &size);

		assert_null(scan(text, size, &at, &scratch, &content));
		assert_int_equal(at, size);
		assert_int_equal(content.len, len);
		assert_ptr_equal(content.data, text + 1);
		assert_string_equal(scan(text, size - 1, &at, &scratch, &content),
				    "unfinished string");
		assert_int_equal(at, size - 1);
		free(text);
	}
	buf_free(&scratch);
}

/* Puts `byte` at each position of a string of each length and expects the scan to stop
 * there. */
static void check_everywhere(char byte, const char *expected, size_t behind)
{
	struct buf scratch = BUF_EMPTY;

	for (size_t len = 1; len <= LENGTH_MAX; len++)
		for (size_t place = 1; place <= len; place++) {
			size_t size, at;
			struct slice content;
			char *text = quoted(len, &size);
			const char *wrong;

			text[place] = byte;
			wrong = scan(text, size, &at, &scratch, &content);
			if (expected)
				assert_string_equal(wrong, expected);
			else
				assert_null(wrong);
			assert_int_equal(at, place + behind);
			free(text);
		}
	buf_free(&scratch);
}

static void test_special_bytes_are_found_at_every_position(void **state)
{
	(void)state;
	check_everywhere('"', NULL, 1);
	check_everywhere('\0', "control character in a string", 0);
	check_everywhere('\x1f', "control character in a string", 0);
	check_everywhere('\x80', "not UTF-8", 0);
	check_everywhere('\xff', "not UTF-8", 0);
}

static void test_every_other_byte_is_plain(void **state)
{
	struct buf scratch = BUF_EMPTY;

	(void)state;
	for (int byte = 0x20; byte < 0x80; byte++) {
		size_t size, at;
		struct slice content;
		char *text = quoted(LENGTH_MAX, &size);

		if (byte == '"' || byte == '\\') {
			free(text);
			continue;
		}
		memset(text + 1, byte, LENGTH_MAX);
		assert_null(scan(text, size, &at, &scratch, &content));
		assert_int_equal(content.len, LENGTH_MAX);
		free(text);
	}
	buf_free(&scratch);
}

static void test_escapes_and_multibyte_characters_at_every_position(void **state)
{
	struct buf scratch = BUF_EMPTY;

	(void)state;
	for (size_t len = 2; len <= LENGTH_MAX; len++)
		for (size_t place = 1; place < len; place++) {
			size_t size, at;
			struct slice content;
			char *text = quoted(len, &size);

			memcpy(text + place, "\xc3\xa9", 2);
			assert_null(scan(text, size, &at, &scratch, &content));
			assert_int_equal(content.len, len);
			memcpy(text + place, "\\/", 2);
			assert_null(scan(text, size, &at, &scratch, &content));
			assert_int_equal(content.len, len - 1);
			assert_int_equal(content.data[place - 1], '/');
			free(text);
		}
	buf_free(&scratch);
}

static void test_writing_escapes_at_every_position(void **state)
{
	(void)state;
	for (size_t len = 1; len <= LENGTH_MAX; len++)
		for (size_t place = 0; place < len; place++) {
			struct buf out = BUF_EMPTY;
			char *text = malloc(len);

			assert_non_null(text);
			memset(text, 'a', len);
			text[place] = '\n';
			scan_escape(slice_make(text, len), &out);
			assert_int_equal(out.len, len + 1);
			assert_memory_equal(out.data + place, "\\n", 2);
			buf_free(&out);
			free(text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_strings_end_at_their_quote),
		cmocka_unit_test(test_special_bytes_are_found_at_every_position),
		cmocka_unit_test(test_every_other_byte_is_plain),
		cmocka_unit_test(test_escapes_and_multibyte_characters_at_every_position),
		cmocka_unit_test(test_writing_escapes_at_every_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
