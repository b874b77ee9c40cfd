/* Tests of transit/date.c against the C library. */
#include "transit/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define DAY INT64_C(86400000)

static void assert_formats(int64_t ms, const char *expected)
{
	char out[DATE_TEXT_MAX];

	assert_int_equal(date_format(ms, out), strlen(expected));
	assert_memory_equal(out, expected, strlen(expected));
}

/* Formats the same time by the C library; the year must be 0 to 9999. */
static void assert_as_gmtime(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
	char expected[DATE_TEXT_MAX * 3];
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	(void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		       tm.tm_sec, (int)(ms - (int64_t)seconds * 1000));
	assert_formats(ms, expected);
}

static void test_every_calendar_day_that_matters(void **state)
{
	(void)state;
	for (int64_t day = -719528; day <= 2932896; day += day > -1000 && day < 40000 ? 1 : 29)
		assert_as_gmtime(day * DAY + (day & 0xffff) * 1237);
}

static void test_the_ends_of_years(void **state)
{
	(void)state;
	for (int64_t day = -719528; day < 2932896 - 366; day += 365) {
		/* Four days around each, to cover leap years. */
		assert_as_gmtime(day * DAY);
		assert_as_gmtime(day * DAY + DAY - 1);
	}
}

static void test_years_that_need_a_sign(void **state)
{
	(void)state;
	assert_formats(-719528 * DAY, "0000-01-01T00:00:00.000Z");
	assert_formats(-719528 * DAY - 1, "-000001-12-31T23:59:59.999Z");
	assert_formats(2932897 * DAY - 1, "9999-12-31T23:59:59.999Z");
	assert_formats(2932897 * DAY, "+010000-01-01T00:00:00.000Z");
	assert_formats(INT64_MAX, "+292278994-08-17T07:12:55.807Z");
	assert_formats(INT64_MIN, "-292275055-05-16T16:47:04.192Z");
}

static void test_formatted_dates_are_parsed(void **state)
{
	(void)state;
	for (int64_t ms = -719528 * DAY; ms < 2932896 * DAY; ms += 97 * DAY + 12345678) {
		char out[DATE_TEXT_MAX];
		int64_t again;

		assert_int_equal(date_parse(slice_make(out, date_format(ms, out)), &again), RC_OK);
		assert_int_equal(again, ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_calendar_day_that_matters),
		cmocka_unit_test(test_the_ends_of_years),
		cmocka_unit_test(test_years_that_need_a_sign),
		cmocka_unit_test(test_formatted_dates_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
