/* Tests of base/mem.c and base/buf.c. */
#include "base/buf.h"
#include "base/array.h"
#include "base/mem.h"
#include "base/number.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void memory_is_zeroed_and_never_null(void **state)
{
	char *bytes = mem_alloc(100), *copy;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(bytes[i], 0);
	bytes = mem_resize(bytes, 0, 8);
	free(bytes);
	free(mem_alloc(0));
	free(mem_array(0, 8));
	copy = mem_copy("a\0b", 3);
	assert_memory_equal(copy, "a\0b", 4);
	free(copy);
	copy = mem_copy(NULL, 0);
	assert_string_equal(copy, "");
	free(copy);
}

static void a_buffer_grows_and_keeps_its_content(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	assert_int_equal(buf_slice(&buf).len, 0);
	buf_put(&buf, NULL, 0);
	buf_put_text(&buf, "");
	assert_null(buf.data);
	for (int i = 0; i < 100000; i++)
		buf_put_byte(&buf, (char)(i % 251));
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)buf.data[i], i % 251);
	assert_true(buf.cap < 4 * buf.len);
	buf_free(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len + buf.cap, 0);
	buf_free(&buf);
}

static void numbers_are_written_as_printf_does(void **state)
{
	static const uint64_t edges[] = { 0, 1, 9, 10, 99, 100, UINT32_MAX, INT64_MAX, UINT64_MAX };
	struct buf buf = BUF_EMPTY;
	char hex[NUMBER_HEX_DIGITS], text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(edges); i++) {
		buf_clear(&buf);
		buf_put_number(&buf, edges[i]);
		(void)snprintf(text, sizeof(text), "%" PRIu64, edges[i]);
		assert_int_equal(buf.len, strlen(text));
		assert_memory_equal(buf.data, text, buf.len);
		number_put_hex(hex, edges[i]);
		(void)snprintf(text, sizeof(text), "%016" PRIx64, edges[i]);
		assert_memory_equal(hex, text, sizeof(hex));
	}
	buf_free(&buf);
}

static void a_buffer_takes_all_kinds_of_text(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	buf_putf(&buf, "%s-%d", "a", 7);
	buf_putf(&buf, "%s", "");
	buf_put_slice(&buf, slice_make("x\0y", 3));
	buf_put_byte(&buf, '!');
	assert_true(slice_equal(buf_slice(&buf), slice_make("a-7x\0y!", 7)));
	buf_clear(&buf);
	buf_putf(&buf, "%0500d", 1);
	assert_int_equal(buf.len, 500);
	assert_int_equal(buf.data[499], '1');
	buf_free(&buf);
}

static void all_reserved_bytes_are_writable(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	for (size_t more = 0; more < 5000; more = more * 2 + 1) {
		memset(buf_reserve(&buf, more), 'x', more);
		assert_non_null(buf.data);
		assert_true(buf.cap - buf.len >= more);
		buf.len += more / 2;
	}
	memset(buf_reserve(&buf, buf.cap - buf.len), 'y', buf.cap - buf.len);
	buf_free(&buf);
}

static void dropping_removes_the_first_bytes(void **state)
{
	struct buf buf = BUF_EMPTY;

	(void)state;
	buf_drop(&buf, 0);
	buf_put_text(&buf, "abcdef");
	buf_drop(&buf, 0);
	buf_drop(&buf, 2);
	assert_true(slice_is(buf_slice(&buf), "cdef"));
	buf_put_text(&buf, "gh");
	buf_drop(&buf, 5);
	assert_true(slice_is(buf_slice(&buf), "h"));
	buf_drop(&buf, 1);
	assert_int_equal(buf.len, 0);
	buf_put_text(&buf, "z");
	assert_true(slice_is(buf_slice(&buf), "z"));
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_never_null),
		cmocka_unit_test(a_buffer_grows_and_keeps_its_content),
		cmocka_unit_test(numbers_are_written_as_printf_does),
		cmocka_unit_test(a_buffer_takes_all_kinds_of_text),
		cmocka_unit_test(all_reserved_bytes_are_writable),
		cmocka_unit_test(dropping_removes_the_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
