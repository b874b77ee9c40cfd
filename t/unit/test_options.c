/* Tests of base/options.c: precedence of the layers, origins of values, error texts. */
#include "base/array.h"
#include "base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static const struct option_spec specs[] = {
	{ .name = "db", .argument = "FILE", .fallback = "default.db" },
	{ .name = "listen", .argument = "ADDR", .fallback = "1.1.1.1:1", .repeatable = true },
	{ .name = "workers", .argument = "N", .kind = OPTION_NUMBER, .min = 1, .max = 64 },
	{ .name = "max-body",
	  .argument = "SIZE",
	  .kind = OPTION_SIZE,
	  .min = 1024,
	  .max = 64 << 20,
	  .fallback = "1M" },
	{ .name = "idle",
	  .argument = "TIME",
	  .kind = OPTION_DURATION,
	  .min = 1,
	  .max = 86400,
	  .fallback = "2m" },
	{ .name = "retention",
	  .alias = "keep",
	  .argument = "TIME",
	  .kind = OPTION_DURATION,
	  .min = 60,
	  .max = 86400,
	  .or_off = true,
	  .fallback = "off" },
	{ .name = "auth", .argument = "on|off", .kind = OPTION_SWITCH, .fallback = "on" },
	{ .name = "config", .argument = "FILE", .not_in_file = true },
	{ .name = "own", .argument = "X", .only_as_word = true },
	{ .name = "json", .kind = OPTION_FLAG },
};

#define ARGUMENTS_MAX 8

static int setup(void **state)
{
	*state = options_new(specs, COUNT(specs));
	return 0;
}

static int teardown(void **state)
{
	options_free(*state);
	return 0;
}

/* A NULL terminates the arguments. */
static enum rc take(struct options *options, char *const *arguments, struct error *err)
{
	int count = 0;

	err->text[0] = '\0';
	while (arguments[count])
		count++;
	return options_take_arguments(options, count, arguments, err);
}

#define TAKE(options, err, ...) take(options, (char *[]){ __VA_ARGS__, NULL }, err)
#define TAKE_ENVIRONMENT(options, err, ...) \
	options_take_environment(options, (char *[]){ __VA_ARGS__, NULL }, err)

static enum rc take_entry(struct options *options, const char *place, const char *name,
			  const char *value, struct error *err)
{
	return options_take_entry(options, place, slice_of(name), slice_of(value), err);
}

static void expect_list(const struct options *options, const char *name, const char *const *wanted)
{
	size_t count;
	const char *const *list = options_list(options, name, &count);
	size_t i = 0;

	for (; wanted[i]; i++) {
		assert_true(i < count);
		assert_string_equal(list[i], wanted[i]);
	}
	assert_int_equal(count, i);
}

#define EXPECT_LIST(options, name, ...) \
	expect_list(options, name, (const char *[]){ __VA_ARGS__, NULL })

/* ---- Layers ---- */

static void defaults_fill_unset_options(void **state)
{
	struct options *options = *state;

	assert_null(options_text(options, "db"));
	options_take_defaults(options);
	assert_string_equal(options_text(options, "db"), "default.db");
	assert_int_equal(options_number(options, "max-body"), 1048576);
	assert_int_equal(options_number(options, "idle"), 120);
	assert_int_equal(options_number(options, "keep"), 0);
	assert_true(options_is_on(options, "auth"));
	assert_false(options_is_on(options, "json"));
	assert_null(options_text(options, "workers"));
	assert_null(options_text(options, "config"));
	EXPECT_LIST(options, "listen", "1.1.1.1:1");
}

static void the_command_line_beats_the_environment_beats_the_file(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE(options, &err, "--db", "line"), RC_OK);
	assert_int_equal(
		TAKE_ENVIRONMENT(options, &err, "POCKETBOOK_DB=env", "POCKETBOOK_WORKERS=3"),
		RC_OK);
	assert_int_equal(take_entry(options, "f:1", "db", "file", &err), RC_OK);
	assert_int_equal(take_entry(options, "f:2", "workers", "4", &err), RC_OK);
	assert_int_equal(take_entry(options, "f:3", "max-body", "2k", &err), RC_OK);
	options_take_defaults(options);
	assert_string_equal(options_text(options, "db"), "line");
	assert_int_equal(options_number(options, "workers"), 3);
	assert_int_equal(options_number(options, "max-body"), 2048);
}

static void off_means_zero_if_allowed(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE_ENVIRONMENT(options, &err, "POCKETBOOK_RETENTION=0"), RC_OK);
	assert_int_equal(take_entry(options, "f:1", "retention", "1h", &err), RC_OK);
	assert_int_equal(options_number(options, "retention"), 0);
}

static void every_value_has_an_origin(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE(options, &err, "--db", "line"), RC_OK);
	assert_int_equal(TAKE_ENVIRONMENT(options, &err, "POCKETBOOK_MAX_BODY=1M"), RC_OK);
	assert_int_equal(take_entry(options, "/etc/x.conf:3", "listen", "a", &err), RC_OK);
	assert_int_equal(take_entry(options, "/etc/x.conf:5", "listen", "b", &err), RC_OK);
	assert_string_equal(options_place(options, "db", 0), "--db");
	assert_string_equal(options_place(options, "max-body", 0), "POCKETBOOK_MAX_BODY");
	assert_string_equal(options_place(options, "listen", 0), "/etc/x.conf:3: listen");
	assert_string_equal(options_place(options, "listen", 1), "/etc/x.conf:5: listen");
}

static void a_higher_layer_replaces_all_values_of_a_lower(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE_ENVIRONMENT(options, &err, "POCKETBOOK_LISTEN=a b"), RC_OK);
	assert_int_equal(take_entry(options, "f:1", "listen", "c", &err), RC_OK);
	options_take_defaults(options);
	EXPECT_LIST(options, "listen", "a", "b");
}

/* ---- The command line ---- */

static void both_ways_of_writing_a_value_are_read(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE(options, &err, "--db=a=b", "--listen", "x", "--listen=y", "--json",
			      "--workers", "7"),
			 RC_OK);
	assert_string_equal(options_text(options, "db"), "a=b");
	EXPECT_LIST(options, "listen", "x", "y");
	assert_true(options_is_on(options, "json"));
	assert_int_equal(options_number(options, "workers"), 7);
}

static void words_may_come_anywhere_and_two_dashes_end_the_options(void **state)
{
	struct options *options = *state;
	struct error err;
	size_t count;
	const char *const *words;

	assert_int_equal(TAKE(options, &err, "one", "--db", "x", "-", "--", "--listen", "-z"),
			 RC_OK);
	words = options_words(options, &count);
	assert_int_equal(count, 4);
	assert_string_equal(words[0], "one");
	assert_string_equal(words[1], "-");
	assert_string_equal(words[2], "--listen");
	assert_string_equal(words[3], "-z");
	assert_string_equal(options_text(options, "db"), "x");
}

static const struct {
	char *arguments[ARGUMENTS_MAX];
	enum rc rc;
	const char *err;
} bad_lines[] = {
	{ { "--foo" }, RC_NOT_FOUND, "unknown option --foo" },
	{ { "--foo=1" }, RC_NOT_FOUND, "unknown option --foo" },
	{ { "--lisen", "x" }, RC_NOT_FOUND, "unknown option --lisen, did you mean --listen?" },
	{ { "--wrokers=2" }, RC_NOT_FOUND, "unknown option --wrokers, did you mean --workers?" },
	{ { "--max_body=2" }, RC_NOT_FOUND, "unknown option --max_body, did you mean --max-body?" },
	{ { "--=2" }, RC_NOT_FOUND, "unknown option --" },
	{ { "-d", "x" }, RC_NOT_FOUND, "unknown option -d" },
	{ { "--db" }, RC_MALFORMED, "--db: needs a value: --db FILE" },
	{ { "--db", "--json" },
	  RC_MALFORMED,
	  "--db: needs a value before --json (or write --db=--json)" },
	{ { "--db", "a", "--db", "b" }, RC_MALFORMED, "--db: given twice" },
	{ { "--db=" }, RC_MALFORMED, "--db: must not be empty" },
	{ { "--json=yes" }, RC_MALFORMED, "--json: takes no value" },
	{ { "--workers", "abc" }, RC_MALFORMED, "--workers: \"abc\" is not a whole number" },
	{ { "--workers", "-1" }, RC_MALFORMED, "--workers: \"-1\" is not a whole number" },
	{ { "--workers", "2 " }, RC_MALFORMED, "--workers: \"2 \" is not a whole number" },
	{ { "--workers=" }, RC_MALFORMED, "--workers: \"\" is not a whole number" },
	{ { "--workers", "0" },
	  RC_MALFORMED,
	  "--workers: 0 is out of range, it must be from 1 to 64" },
	{ { "--workers", "65" },
	  RC_MALFORMED,
	  "--workers: 65 is out of range, it must be from 1 to 64" },
	{ { "--workers", "18446744073709551617" },
	  RC_MALFORMED,
	  "--workers: 18446744073709551617 is out of range, it must be from 1 to 64" },
	{ { "--max-body", "5X" },
	  RC_MALFORMED,
	  "--max-body: \"5X\" is not a size such as 64K or 1M" },
	{ { "--max-body", "1023" },
	  RC_MALFORMED,
	  "--max-body: 1023 is out of range, it must be from 1K to 64M" },
	{ { "--max-body", "1g" },
	  RC_MALFORMED,
	  "--max-body: 1g is out of range, it must be from 1K to 64M" },
	{ { "--idle", "90" },
	  RC_MALFORMED,
	  "--idle: \"90\" is not a duration such as 30s, 12h or 90d" },
	{ { "--idle", "2d" },
	  RC_MALFORMED,
	  "--idle: 2d is out of range, it must be from 1s to 1d" },
	{ { "--retention", "30s" },
	  RC_MALFORMED,
	  "--retention: 30s is out of range, it must be from 1m to 1d, or off" },
	{ { "--retention", "on" },
	  RC_MALFORMED,
	  "--retention: \"on\" is not a duration such as 30s, 12h or 90d, or off" },
	{ { "--auth", "yes" }, RC_MALFORMED, "--auth: must be on or off, not \"yes\"" },
	{ { "--auth", "ON" }, RC_MALFORMED, "--auth: must be on or off, not \"ON\"" },
};

static void a_bad_command_line_is_rejected(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad_lines); i++) {
		struct options *options = options_new(specs, COUNT(specs));

		assert_int_equal(take(options, bad_lines[i].arguments, &err), bad_lines[i].rc);
		assert_string_equal(err.text, bad_lines[i].err);
		options_free(options);
	}
}

/* ---- Former names ---- */

static void a_former_name_sets_the_same_option(void **state)
{
	struct options *options = options_new(specs, COUNT(specs));
	struct error err;

	assert_int_equal(TAKE(*state, &err, "--keep=2h"), RC_OK);
	assert_int_equal(options_number(*state, "retention"), 7200);
	assert_string_equal(options_place(*state, "retention", 0), "--keep");
	assert_int_equal(TAKE_ENVIRONMENT(options, &err, "POCKETBOOK_KEEP=3h"), RC_OK);
	assert_string_equal(options_place(options, "retention", 0), "POCKETBOOK_KEEP");
	assert_int_equal(options_number(options, "retention"), 10800);
	options_free(options);
	options = options_new(specs, COUNT(specs));
	assert_int_equal(take_entry(options, "f:1", "keep", "4h", &err), RC_OK);
	assert_int_equal(options_number(options, "retention"), 14400);
	assert_string_equal(options_place(options, "retention", 0), "f:1: keep");
	options_free(options);
}

static void errors_name_the_spelling_that_was_used(void **state)
{
	struct error err;

	assert_int_equal(TAKE(*state, &err, "--keep", "30s"), RC_MALFORMED);
	assert_string_equal(err.text,
			    "--keep: 30s is out of range, it must be from 1m to 1d, or off");
	assert_int_equal(TAKE(*state, &err, "--keep"), RC_MALFORMED);
	assert_string_equal(err.text, "--keep: needs a value: --keep TIME");
	assert_int_equal(TAKE_ENVIRONMENT(*state, &err, "POCKETBOOK_KEEP=x"), RC_MALFORMED);
	assert_string_equal(
		err.text,
		"POCKETBOOK_KEEP: \"x\" is not a duration such as 30s, 12h or 90d, or off");
	assert_int_equal(take_entry(*state, "f:1", "keep", "1s", &err), RC_MALFORMED);
	assert_string_equal(err.text,
			    "f:1: keep: 1s is out of range, it must be from 1m to 1d, or off");
}

static void both_spellings_of_one_option_are_one_too_many(void **state)
{
	struct error err;

	assert_int_equal(TAKE(*state, &err, "--retention", "1h", "--keep", "1h"), RC_MALFORMED);
	assert_string_equal(err.text, "--keep: given twice");
	assert_int_equal(
		TAKE_ENVIRONMENT(*state, &err, "POCKETBOOK_KEEP=1h", "POCKETBOOK_RETENTION=1h"),
		RC_MALFORMED);
	assert_string_equal(err.text, "POCKETBOOK_KEEP: given twice");
	assert_int_equal(take_entry(*state, "f:1", "keep", "1h", &err), RC_OK);
	assert_int_equal(take_entry(*state, "f:2", "retention", "1h", &err), RC_MALFORMED);
	assert_string_equal(err.text, "f:2: retention: given twice");
}

static void a_former_name_is_not_suggested(void **state)
{
	struct error err;

	assert_int_equal(TAKE(*state, &err, "--keeep", "1h"), RC_NOT_FOUND);
	assert_string_equal(err.text, "unknown option --keeep");
}

/* ---- The environment ---- */

static void the_environment_is_read(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE_ENVIRONMENT(options, &err, "PATH=/bin", "POCKETBOOK_LISTEN=  a  b ",
					  "POCKETBOOK_DB=my notes.db", "POCKETBOOK_AUTH=off",
					  "POCKETBOOK_IDLE=", "POCKETBOOK_DBX=no",
					  "POCKETBOOK_JSON=1"),
			 RC_OK);
	options_take_defaults(options);
	EXPECT_LIST(options, "listen", "a", "b");
	assert_string_equal(options_text(options, "db"), "my notes.db");
	assert_false(options_is_on(options, "auth"));
	assert_int_equal(options_number(options, "idle"), 120);
	assert_false(options_is_on(options, "json"));
}

static void a_bad_variable_is_rejected_by_name(void **state)
{
	struct error err;

	assert_int_equal(TAKE_ENVIRONMENT(*state, &err, "POCKETBOOK_MAX_BODY=much"), RC_MALFORMED);
	assert_string_equal(err.text,
			    "POCKETBOOK_MAX_BODY: \"much\" is not a size such as 64K or 1M");
}

/* ---- The file ---- */

static void a_file_must_not_set_options_not_for_files(void **state)
{
	struct error err;

	assert_int_equal(take_entry(*state, "f:1", "config", "x", &err), RC_NOT_FOUND);
	assert_int_equal(take_entry(*state, "f:1", "own", "x", &err), RC_NOT_FOUND);
	assert_int_equal(TAKE_ENVIRONMENT(*state, &err, "POCKETBOOK_OWN=x"), RC_OK);
	assert_null(options_text(*state, "own"));
	assert_int_equal(take_entry(*state, "f:1", "json", "on", &err), RC_NOT_FOUND);
	assert_int_equal(take_entry(*state, "f:1", "other", "x", &err), RC_NOT_FOUND);
	assert_int_equal(take_entry(*state, "f:1", "", "x", &err), RC_NOT_FOUND);
}

static void a_bad_entry_is_rejected_with_its_origin(void **state)
{
	struct error err;

	assert_int_equal(take_entry(*state, "/etc/x.conf:3", "workers", "0", &err), RC_MALFORMED);
	assert_string_equal(err.text,
			    "/etc/x.conf:3: workers: 0 is out of range, it must be from 1 to 64");
}

/* Even if the command line overrides it. */
static void a_repeated_entry_is_rejected(void **state)
{
	struct options *options = *state;
	struct error err;

	assert_int_equal(TAKE(options, &err, "--db", "x"), RC_OK);
	assert_int_equal(take_entry(options, "f:1", "db", "a", &err), RC_OK);
	assert_int_equal(take_entry(options, "f:2", "db", "b", &err), RC_MALFORMED);
	assert_string_equal(err.text, "f:2: db: given twice");
}

#define OPTIONS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPTIONS_TEST(defaults_fill_unset_options),
		OPTIONS_TEST(the_command_line_beats_the_environment_beats_the_file),
		OPTIONS_TEST(off_means_zero_if_allowed),
		OPTIONS_TEST(every_value_has_an_origin),
		OPTIONS_TEST(a_higher_layer_replaces_all_values_of_a_lower),
		OPTIONS_TEST(both_ways_of_writing_a_value_are_read),
		OPTIONS_TEST(words_may_come_anywhere_and_two_dashes_end_the_options),
		cmocka_unit_test(a_bad_command_line_is_rejected),
		OPTIONS_TEST(a_former_name_sets_the_same_option),
		OPTIONS_TEST(errors_name_the_spelling_that_was_used),
		OPTIONS_TEST(both_spellings_of_one_option_are_one_too_many),
		OPTIONS_TEST(a_former_name_is_not_suggested),
		OPTIONS_TEST(the_environment_is_read),
		OPTIONS_TEST(a_bad_variable_is_rejected_by_name),
		OPTIONS_TEST(a_file_must_not_set_options_not_for_files),
		OPTIONS_TEST(a_bad_entry_is_rejected_with_its_origin),
		OPTIONS_TEST(a_repeated_entry_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
