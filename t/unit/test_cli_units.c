/* Sizes, times and rates as people read them; what lies between two looks at a
 * server. */
#include "cli/server_stats.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1048524, "1023.9 KiB" },
		{ 1048575, "1.0 MiB" },
		{ UINT64_C(5) << 30, "5.0 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[UNITS_DISPLAY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_display_bytes(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void spans(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0 s" },          { 59, "59 s" },
		{ 60, "1 min 0 s" },   { 3599, "59 min 59 s" },
		{ 3600, "1 h 0 min" }, { 86399, "23 h 59 min" },
		{ 90000, "1 d 1 h" },
	};
	char text[UNITS_DISPLAY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_display_span(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void rates(void **state)
{
	static const struct {
		double rate;
		const char *text;
	} cases[] = { { 0, "0" },     { 0.04, "0" },       { 0.5, "0.5" }, { 9.94, "9.9" },
		      { 9.96, "10" }, { 1234.4, "1,234" }, { -1, "0" } };
	char text[UNITS_DISPLAY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_display_rate(cases[i].rate, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void movement_is_what_lies_between(void **state)
{
	struct scoreboard_cell before_cells[3] = { 0 }, now_cells[3] = { 0 };
	struct scoreboard_view before = { .started = 5, .workers = 2, .cells = before_cells };
	struct scoreboard_view now = { .started = 5, .workers = 2, .cells = now_cells };
	struct scoreboard_view none = { 0 };
	struct movement movement;

	(void)state;
	before_cells[0].values[METRIC_EVENTS_SENT] = 100;
	now_cells[0].values[METRIC_EVENTS_SENT] = 120;
	now_cells[1].values[METRIC_EVENTS_SENT] = 5;
	movement = movement_between(&before, &now, 2);
	assert_true(movement_rate_of(&movement, 0, METRIC_EVENTS_SENT) == 10);
	assert_true(movement_rate(&movement, METRIC_EVENTS_SENT) == 12.5);
	assert_true(movement_latency(&movement, SCOREBOARD_PULL, 0.5) == 0);
	/* Another server, or the first look. */
	before.started = 4;
	movement = movement_between(&before, &now, 2);
	assert_true(movement_rate(&movement, METRIC_EVENTS_SENT) == 0);
	movement = movement_between(&none, &now, 2);
	assert_true(movement_rate(&movement, METRIC_EVENTS_SENT) == 0);
	assert_true(movement_latency(&movement, SCOREBOARD_PULL, 0.5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(spans),
		cmocka_unit_test(rates),
		cmocka_unit_test(movement_is_what_lies_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
