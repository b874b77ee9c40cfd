/* The configuration file, and the origins it may name. */
#include "cli/config_file.h"
#include "cli/cors_origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct option_spec specs[] = {
	{ .name = "db", .argument = "FILE" },
	{ .name = "listen", .argument = "ADDR", .repeatable = true },
	{ .name = "workers", .argument = "N", .kind = OPTION_NUMBER, .min = 1, .max = 64 },
};
static const struct option_spec other_specs[] = {
	{ .name = "db", .argument = "FILE" },
	{ .name = "idle", .argument = "TIME", .kind = OPTION_DURATION, .min = 1, .max = 60 },
};

struct fixture {
	char path[32];
	struct options *options;
	struct options *other;
	struct error err;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	assert_non_null(fixture);
	strcpy(fixture->path, "/tmp/pocketbook-XXXXXX");
	fd = mkstemp(fixture->path);
	assert_true(fd >= 0);
	close(fd);
	fixture->options = options_new(specs, 3);
	fixture->other = options_new(other_specs, 2);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	options_free(fixture->options);
	options_free(fixture->other);
	free(fixture);
	return 0;
}

static enum rc read_bytes(struct fixture *fixture, const char *bytes, size_t len)
{
	FILE *file = fopen(fixture->path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return config_file_read(fixture->path, fixture->options, &fixture->other, 1, &fixture->err);
}

static enum rc read_text(struct fixture *fixture, const char *text)
{
	return read_bytes(fixture, text, strlen(text));
}

static void lines_are_read_with_their_places(void **state)
{
	struct fixture *fixture = *state;
	const char *const *list;
	char place[80];
	size_t count;

	assert_int_equal(read_text(fixture, "# the database\n"
					    "db = my notes.db ; where they are\n"
					    "\n"
					    "  listen=[::1]:8080\r\n"
					    "listen   =   127.0.0.1:8080\n"
					    "; nothing\n"
					    "workers = 4"),
			 RC_OK);
	assert_string_equal(options_text(fixture->options, "db"), "my notes.db");
	assert_int_equal(options_number(fixture->options, "workers"), 4);
	list = options_list(fixture->options, "listen", &count);
	assert_int_equal(count, 2);
	assert_string_equal(list[0], "[::1]:8080");
	assert_string_equal(list[1], "127.0.0.1:8080");
	(void)snprintf(place, sizeof(place), "%s:5: listen", fixture->path);
	assert_string_equal(options_place(fixture->options, "listen", 1), place);
}

static void an_empty_file_sets_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_text(fixture, ""), RC_OK);
	assert_int_equal(read_text(fixture, "\n\n# nothing"), RC_OK);
	assert_null(options_text(fixture->options, "db"));
}

static void what_another_command_knows_is_checked_and_passed_over(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_text(fixture, "idle = 30s\ndb = x\n"), RC_OK);
	assert_string_equal(options_text(fixture->options, "db"), "x");
	assert_null(options_text(fixture->other, "db"));
}

static const struct {
	const char *text;
	const char *err; /* after FILE: */
} bad_files[] = {
	{ "db = a\nport = 8080\n", "2: port: there is no such option" },
	{ "\n\n\nworkers = many\n", "4: workers: \"many\" is not a whole number" },
	{ "idle = 90s\n", "1: idle: 90s is out of range, it must be from 1s to 1m" },
	{ "db = a\nworkers = 1\ndb = b\n", "3: db: given twice" },
	{ "db =\n", "1: db: must not be empty" },
	{ "db = a\n[server]\nworkers = 1\n", "3: sections such as [name] are not used here" },
	{ "db = a\nworkers\nlisten = b\n", "2: is not of the form `name = value`" },
	{ "listen = a\n  b\n", "2: is not of the form `name = value`" },
	{ "= x\n", "1: : there is no such option" },
};

static void a_bad_file_is_refused_with_line_name_and_reason(void **state)
{
	char wanted[200];

	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		struct fixture *fixture = *state;

		assert_int_equal(read_text(fixture, bad_files[i].text), RC_MALFORMED);
		(void)snprintf(wanted, sizeof(wanted), "%s:%s", fixture->path, bad_files[i].err);
		assert_string_equal(fixture->err.text, wanted);
		teardown(state);
		setup(state);
	}
}

static void long_lines_are_whole_or_refused(void **state)
{
	struct fixture *fixture = *state;
	static char text[6000];

	memset(text, 'x', sizeof(text));
	memcpy(text, "\ndb = ", 6);
	assert_int_equal(read_bytes(fixture, text, 3000), RC_OK);
	assert_int_equal(strlen(options_text(fixture->options, "db")), 3000 - 6);
	assert_int_equal(read_bytes(fixture, text, sizeof(text)), RC_MALFORMED);
	assert_non_null(strstr(fixture->err.text, ":2: the line is too long"));
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_bytes(fixture, "db = a\0b\n", 9), RC_MALFORMED);
	assert_non_null(strstr(fixture->err.text, ":1: has a zero byte"));
	assert_null(options_text(fixture->options, "db"));
}

static void an_unreadable_file_is_reported(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		config_file_read("/nonexistent/x.conf", fixture->options, NULL, 0, &fixture->err),
		RC_IO);
	assert_string_equal(fixture->err.text,
			    "/nonexistent/x.conf: cannot be read: No such file or directory");
	assert_int_equal(config_file_read("/", fixture->options, NULL, 0, &fixture->err), RC_IO);
	assert_string_equal(fixture->err.text, "/: cannot be read: Is a directory");
}

/* ---- Origins ---- */

static void origins_are_taken_as_browsers_write_them(void **state)
{
	static const char *const good[] = {
		"*",
		"https://example.org",
		"http://localhost:3000",
		"http://127.0.0.1:8080",
		"http://[::1]:8080",
		"http://[2001:db8::1]",
		"https://xn--bcher-kva.example",
		"https://example.org:80",
		"http://example.org:443",
		"capacitor://localhost",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(cors_origin_check(good[i], NULL), RC_OK);
}

static const struct {
	const char *text;
	const char *part;
} bad_origins[] = {
	{ "", "is not an origin" },
	{ "example.org", "is not an origin" },
	{ "null", "is not an origin" },
	{ "HTTPS://example.org", "is not an origin" },
	{ "https:/example.org", "is not an origin" },
	{ "://example.org", "is not an origin" },
	{ "**", "is not an origin" },
	{ "https://", "has no host" },
	{ "https://:80", "has no host" },
	{ "https://example.org/", "more than an origin" },
	{ "https://example.org/path", "more than an origin" },
	{ "https://ann@example.org", "more than an origin" },
	{ "https://example.org?x", "more than an origin" },
	{ "https://Example.org", "as browsers send it" },
	{ "https://b\xc3\xbc"
	  "cher.example",
	  "as browsers send it" },
	{ "https://*.example.org", "as browsers send it" },
	{ "https://exa mple.org", "as browsers send it" },
	{ "https://[::1", "as browsers send it" },
	{ "https://[::1]x", "as browsers send it" },
	{ "https://[]", "as browsers send it" },
	{ "https://example.org:", "the port" },
	{ "https://example.org:0", "the port" },
	{ "https://example.org:65536", "the port" },
	{ "https://example.org:080", "the port" },
	{ "https://example.org:8x", "the port" },
	{ "https://example.org:443", "leave the port out" },
	{ "http://example.org:80", "leave the port out" },
};

static void other_origins_would_match_nobody_and_are_refused(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_origins) / sizeof(bad_origins[0]); i++) {
		assert_int_equal(cors_origin_check(bad_origins[i].text, &err), RC_MALFORMED);
		assert_non_null(strstr(err.text, bad_origins[i].part));
	}
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(lines_are_read_with_their_places),
		FILE_TEST(an_empty_file_sets_nothing),
		FILE_TEST(what_another_command_knows_is_checked_and_passed_over),
		FILE_TEST(a_bad_file_is_refused_with_line_name_and_reason),
		FILE_TEST(long_lines_are_whole_or_refused),
		FILE_TEST(a_file_that_is_no_text_is_refused),
		FILE_TEST(an_unreadable_file_is_reported),
		cmocka_unit_test(origins_are_taken_as_browsers_write_them),
		cmocka_unit_test(other_origins_would_match_nobody_and_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
