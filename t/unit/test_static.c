/* Tests of worker/static.c: If-None-Match. */
#include "base/array.h"
#include "worker/static.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *field, *etag;
	bool matches;
} fields[] = {
	{ "\"a\"", "\"a\"", true },
	{ "W/\"a\"", "\"a\"", true },
	{ "*", "\"a\"", true },
	{ " \t* ", "\"a\"", true },
	{ "\"b\", \"a\"", "\"a\"", true },
	{ "\"b\",\"a\",\"c\"", "\"a\"", true },
	{ "\"b\" ,\tW/\"a\" , \"c\"", "\"a\"", true },
	{ ",, ,\"a\"", "\"a\"", true },
	{ "\"a\",", "\"a\"", true },
	{ "\"a-gzip\"", "\"a-gzip\"", true },
	{ "\"x,y\", \"a\"", "\"a\"", true },
	{ "\"a\"", "W/\"a\"", true },
	{ "W/\"a\"", "W/\"a\"", true },
	{ "W/\"b\"", "W/\"a\"", false },
	{ NULL, "\"a\"", false },
	{ "", "\"a\"", false },
	{ " ", "\"a\"", false },
	{ ",", "\"a\"", false },
	{ ", ,\t,", "\"a\"", false },
	{ "a", "\"a\"", false },
	{ "\"a", "\"a\"", false },
	{ "a\"", "\"a\"", false },
	{ "\"A\"", "\"a\"", false },
	{ "\"ab\"", "\"a\"", false },
	{ "\"ba\"", "\"a\"", false },
	{ "\"\"", "\"a\"", false },
	{ "\"a-gzip\"", "\"a\"", false },
	{ "\"a\"", "\"a-gzip\"", false },
	{ "w/\"a\"", "\"a\"", false },
	{ "W/", "\"a\"", false },
	{ "W/a", "\"a\"", false },
	{ "W/W/\"a\"", "\"a\"", false },
	{ "W / \"a\"", "\"a\"", false },
	{ "\"b\" \"a\"", "\"a\"", false },
	{ "\"*\"", "\"a\"", false },
	{ "\"b\";\"a\"", "\"a\"", false },
};

static void a_tag_is_found_among_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++)
		if (static_etag_matches(fields[i].field, fields[i].etag) != fields[i].matches)
			fail_msg("%s holds %s: %s", fields[i].field ? fields[i].field : "no field",
				 fields[i].etag, fields[i].matches ? "no" : "yes");
}

/* From copies on the heap, so that the address sanitizer finds reads beyond the end. */
static void no_beginning_of_a_field_is_read_beyond(void **state)
{
	static const char field[] = " \"b\" ,\tW/\"abcdef\", W/*";

	(void)state;
	for (size_t len = 0; len < sizeof(field); len++) {
		char *copy = calloc(1, len + 1);

		memcpy(copy, field, len);
		assert_int_equal(static_etag_matches(copy, "\"abcdef\""),
				 len >= strlen(" \"b\" ,\tW/\"abcdef\""));
		assert_false(static_etag_matches(copy, "\"abcde\""));
		free(copy);
	}
}

static void a_range_needs_the_strong_tag(void **state)
{
	(void)state;
	assert_true(static_range_applies(NULL, "\"a\""));
	assert_true(static_range_applies(NULL, "W/\"a\""));
	assert_true(static_range_applies("\"a\"", "\"a\""));
	assert_false(static_range_applies("\"b\"", "\"a\""));
	assert_false(static_range_applies("W/\"a\"", "\"a\""));
	assert_false(static_range_applies("W/\"a\"", "W/\"a\""));
	assert_false(static_range_applies("\"a\"", "W/\"a\""));
	assert_false(static_range_applies("Sat, 28 Nov 2026 12:00:00 GMT", "\"a\""));
	assert_false(static_range_applies("", "\"a\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_found_among_others),
		cmocka_unit_test(a_range_needs_the_strong_tag),
		cmocka_unit_test(no_beginning_of_a_field_is_read_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
