/* The line of progress on a terminal: when it is drawn, what it says, how it goes; and
 * how wide columns are. */
#include "base/clock.h"
#include "base/units.h"
#include "cli/text_table.h"
#include "cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t now;
static int screen; /* where what is drawn comes out */
static int terminal;

uint64_t clock_ms(void)
{
	return now;
}

int64_t clock_wall(void)
{
	return 0;
}

static int setup(void **state)
{
	(void)state;
	now = 5000;
	screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (screen < 0 || grantpt(screen) < 0 || unlockpt(screen) < 0)
		return -1;
	terminal = open(ptsname(screen), O_RDWR | O_NOCTTY | O_CLOEXEC);
	return terminal < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(terminal);
	close(screen);
	return 0;
}

/* What has been drawn since the last call. */
static const char *drawn(void)
{
	static char text[512];
	ssize_t len = read(screen, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

#define LINE "\r\033[K"

static void nothing_is_drawn_in_the_first_second(void **state)
{
	struct progress progress = progress_begin(terminal, "export");

	(void)state;
	now += 999;
	progress_at(&progress, "exported", 10, 100);
	progress_wipe(&progress);
	assert_string_equal(drawn(), "");
}

static void then_it_says_how_far_it_is(void **state)
{
	struct progress progress = progress_begin(terminal, "export");

	(void)state;
	now += 1000;
	progress_at(&progress, "exported", 12345, 1000000);
	assert_string_equal(drawn(), LINE "export: exported 12,345 of 1,000,000 (1 %), 1 s");
	progress_wipe(&progress);
	assert_string_equal(drawn(), LINE);
	progress_wipe(&progress);
	assert_string_equal(drawn(), "");
}

static void a_few_times_a_second(void **state)
{
	struct progress progress = progress_begin(terminal, "export");

	(void)state;
	now += 2000;
	progress_at(&progress, "exported", 1, 0);
	assert_string_equal(drawn(), LINE "export: exported 1, 2 s");
	now += 199;
	progress_at(&progress, "exported", 2, 0);
	assert_string_equal(drawn(), "");
	now += 1;
	progress_at(&progress, "exported", 3, 0);
	assert_string_equal(drawn(), LINE "export: exported 3, 2 s");
	progress_wipe(&progress);
	assert_string_equal(drawn(), LINE);
	/* What is said in between does not end it. */
	progress_at(&progress, "exported", 4, 0);
	assert_string_equal(drawn(), LINE "export: exported 4, 2 s");
}

static void without_an_end_in_sight_it_says_the_time(void **state)
{
	struct progress progress = progress_begin(terminal, "check");

	(void)state;
	now += 61000;
	progress_on_store(&progress, "checking", 0, 0);
	assert_string_equal(drawn(), LINE "check: checking, 61 s");
}

static void what_is_no_terminal_gets_nothing(void **state)
{
	char text[8];
	int ends[2];
	struct progress progress;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	progress = progress_begin(ends[1], "export");
	now += 5000;
	progress_at(&progress, "exported", 1, 2);
	progress_wipe(&progress);
	assert_int_equal(read(ends[0], text, sizeof(text)), -1);
	close(ends[0]);
	close(ends[1]);
}

static void numbers_have_their_thousands_apart(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} cases[] = { { 0, "0" },
		      { 999, "999" },
		      { 1000, "1,000" },
		      { 1234567, "1,234,567" },
		      { UINT64_MAX, "18,446,744,073,709,551,615" } };
	char text[UNITS_DISPLAY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_display_count(cases[i].number, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* ---- Columns ---- */

static void wide_characters_take_two_columns(void **state)
{
	(void)state;
	assert_int_equal(text_table_width(slice_of("")), 0);
	assert_int_equal(text_table_width(slice_of("abc")), 3);
	assert_int_equal(text_table_width(slice_of("é~")), 2);
	assert_int_equal(text_table_width(slice_of("日本")), 4);
	/* What is escaped takes the columns of \xff and \u0001. */
	assert_int_equal(text_table_width(slice_of("a\xff\x01")), 1 + 4 + 6);
}

static void assert_cut(const char *text, size_t width, const char *wanted)
{
	char *shown = NULL;
	size_t len;
	FILE *out = open_memstream(&shown, &len);

	text_table_put_cut(out, slice_of(text), width);
	fclose(out);
	assert_string_equal(shown, wanted);
	free(shown);
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
	(void)state;
	assert_cut("abcdef", 6, "abcdef");
	assert_cut("abcdef", 5, "abcd…");
	assert_cut("abcdef", 1, "…");
	assert_cut("abcdef", 0, "");
	assert_cut("", 0, "");
	assert_cut("日本語", 6, "日本語");
	assert_cut("日本語", 5, "日本…");
	assert_cut("日本語", 4, "日…");
	assert_cut("abcdef", SIZE_MAX, "abcdef");
}

#define SCREEN_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_TEST(nothing_is_drawn_in_the_first_second),
		SCREEN_TEST(then_it_says_how_far_it_is),
		SCREEN_TEST(a_few_times_a_second),
		SCREEN_TEST(without_an_end_in_sight_it_says_the_time),
		SCREEN_TEST(what_is_no_terminal_gets_nothing),
		cmocka_unit_test(numbers_have_their_thousands_apart),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(what_is_too_long_is_cut_between_characters),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
