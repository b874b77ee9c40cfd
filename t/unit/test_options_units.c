/* Tests of base/units.c and base/suggest.c. */
#include "base/array.h"
#include "base/suggest.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

struct reading {
	const char *text;
	enum rc rc;
	uint64_t value;
};

typedef enum rc units_reader(struct slice text, uint64_t *out);

static void expect_readings(units_reader *read, const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;

		assert_int_equal(read(slice_of(readings[i].text), &value), readings[i].rc);
		if (readings[i].rc == RC_OK)
			assert_true(value == readings[i].value);
	}
}

#define EXPECT_READINGS(read, readings) expect_readings(read, readings, COUNT(readings))

static void sizes_are_read(void **state)
{
	static const struct reading readings[] = {
		{ "0", RC_OK, 0 },
		{ "1", RC_OK, 1 },
		{ "65536", RC_OK, 65536 },
		{ "64K", RC_OK, 65536 },
		{ "64k", RC_OK, 65536 },
		{ "1M", RC_OK, 1 << 20 },
		{ "3g", RC_OK, UINT64_C(3) << 30 },
		{ "9223372036854775807", RC_OK, INT64_MAX },
		{ "17179869183G", RC_OK, UINT64_C(17179869183) << 30 },
		{ "17179869184G", RC_TOO_LARGE, 0 },
		{ "99999999999999999999", RC_TOO_LARGE, 0 },
		{ "", RC_MALFORMED, 0 },
		{ "K", RC_MALFORMED, 0 },
		{ "1KB", RC_MALFORMED, 0 },
		{ "1 K", RC_MALFORMED, 0 },
		{ " 1K", RC_MALFORMED, 0 },
		{ "1.5M", RC_MALFORMED, 0 },
		{ "-1", RC_MALFORMED, 0 },
		{ "+1", RC_MALFORMED, 0 },
		{ "0x10", RC_MALFORMED, 0 },
		{ "1T", RC_MALFORMED, 0 },
		{ "1s", RC_MALFORMED, 0 },
	};

	(void)state;
	EXPECT_READINGS(units_size, readings);
	assert_int_equal(units_size(slice_make("1\0K", 3), &(uint64_t){ 0 }), RC_MALFORMED);
	assert_int_equal(units_size(slice_make("1\0", 2), &(uint64_t){ 0 }), RC_MALFORMED);
}

static void durations_need_a_unit(void **state)
{
	static const struct reading readings[] = {
		{ "45s", RC_OK, 45 },       { "30m", RC_OK, 1800 },
		{ "12h", RC_OK, 43200 },    { "90d", RC_OK, 7776000 },
		{ "2w", RC_OK, 1209600 },   { "0s", RC_OK, 0 },
		{ "90", RC_MALFORMED, 0 },  { "", RC_MALFORMED, 0 },
		{ "d", RC_MALFORMED, 0 },   { "1y", RC_MALFORMED, 0 },
		{ "1M", RC_MALFORMED, 0 },  { "1h30m", RC_MALFORMED, 0 },
		{ "-1d", RC_MALFORMED, 0 }, { "9223372036854775807w", RC_TOO_LARGE, 0 },
	};

	(void)state;
	EXPECT_READINGS(units_duration, readings);
	assert_int_equal(units_duration(slice_make("1\0", 2), &(uint64_t){ 0 }), RC_MALFORMED);
}

static void values_are_written_in_the_largest_exact_unit(void **state)
{
	char text[UNITS_TEXT_MAX];

	(void)state;
	units_size_format(0, text);
	assert_string_equal(text, "0");
	units_size_format(1025, text);
	assert_string_equal(text, "1025");
	units_size_format(1 << 20, text);
	assert_string_equal(text, "1M");
	units_size_format(UINT64_MAX, text);
	assert_string_equal(text, "18446744073709551615");
	units_duration_format(0, text);
	assert_string_equal(text, "0s");
	units_duration_format(90, text);
	assert_string_equal(text, "90s");
	units_duration_format(5400, text);
	assert_string_equal(text, "90m");
	units_duration_format(86400, text);
	assert_string_equal(text, "1d");
}

static const char *suggest_to(const char *typed)
{
	static const char *const words[] = { "serve", "token", "help", "version", "listen", "db" };
	struct suggestion suggestion = SUGGEST_START;

	for (size_t i = 0; i < COUNT(words); i++)
		suggest_offer(&suggestion, slice_of(typed), words[i]);
	return suggestion.word;
}

static void a_typing_error_gets_a_suggestion(void **state)
{
	char endless[200];

	(void)state;
	assert_string_equal(suggest_to("serv"), "serve");
	assert_string_equal(suggest_to("sevre"), "serve");
	assert_string_equal(suggest_to("tokens"), "token");
	assert_string_equal(suggest_to("hlep"), "help");
	assert_string_equal(suggest_to("vresoin"), "version");
	assert_string_equal(suggest_to("bd"), "db");
	assert_null(suggest_to("purge"));
	assert_null(suggest_to("xy"));
	assert_null(suggest_to(""));
	memset(endless, 'l', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_null(suggest_to(endless));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(durations_need_a_unit),
		cmocka_unit_test(values_are_written_in_the_largest_exact_unit),
		cmocka_unit_test(a_typing_error_gets_a_suggestion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
