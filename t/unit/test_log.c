/* Tests of base/log.c: fields, quoting, truncation, levels. */
#include "base/array.h"
#include "base/clock.h"
#include "ipc/channel.h"
#include "base/log.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

static uint64_t now_ms = 5000;

uint64_t clock_ms(void)
{
	return now_ms;
}

/* Returns the output of `write` on stderr. */
static size_t capture(void (*write_lines)(const void *), const void *arg, char *out, size_t size)
{
	int pipe_ends[2], page_cache = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe2(pipe_ends, O_NONBLOCK), 0);
	fflush(stderr);
	dup2(pipe_ends[1], STDERR_FILENO);
	write_lines(arg);
	dup2(page_cache, STDERR_FILENO);
	got = read(pipe_ends[0], out, size - 1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(page_cache);
	out[got > 0 ? got : 0] = 0;
	return got > 0 ? (size_t)got : 0;
}

static void write_value(const void *arg)
{
	now_ms += 1000; /* so that there are not too many in one second */
	log_warn("tried", LOG_TEXT("key", arg));
}

static void values_are_quoted_if_necessary(void **state)
{
	static const struct {
		const char *value, *written;
	} values[] = {
		{ "plain", "plain" },
		{ "a/b:c-d.e?f&g", "a/b:c-d.e?f&g" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "", "\"\"" },
		{ NULL, "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a=b", "\"a=b\"" },
		{ "a\"b", "\"a\\\"b\"" },
		{ "a\\b", "\"a\\\\b\"" },
		{ "a\nlevel=error event=fake", "\"a\\u000alevel=error event=fake\"" },
		{ "\r\t\x1b[31m\x7f", "\"\\u000d\\u0009\\u001b[31m\\u007f\"" },
		{ "\xc2\x9b"
		  "31m\xe2\x80\xaex\xff",
		  "\"\\u009b31m\\u202ex\\xff\"" },
	};
	char line[4096], wanted[200];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		size_t len = capture(write_value, values[i].value, line, sizeof(line));

		(void)snprintf(wanted, sizeof(wanted), " event=tried key=%s\n", values[i].written);
		assert_non_null(strstr(line, wanted));
		assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	}
}

struct long_value {
	const char *value;
};

static void write_long_value(const void *arg)
{
	const struct long_value *it = arg;

	now_ms += 1000;
	log_warn("tried", LOG_TEXT("key", it->value), LOG_TEXT("again", it->value),
		 LOG_TEXT("thrice", it->value), LOG_NUMBER("after", 1));
}

/* Checks that quotes are paired and that no escape or character is cut. */
static void a_long_value_is_truncated_between_characters(void **state)
{
	static const char *const fillers[] = {
		"x", " ", "\"", "\\", "\n", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "a b\""
	};
	char value[5000], line[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(fillers) * 8; i++) {
		struct long_value it = { .value = value };
		size_t len, at = 0, quotes = 0;

		value[0] = 0;
		for (size_t pad = i / COUNT(fillers); pad; pad--)
			value[at++] = '-';
		while (at + 4 < sizeof(value))
			at += (size_t)sprintf(value + at, "%s", fillers[i % COUNT(fillers)]);
		len = capture(write_long_value, &it, line, sizeof(line));
		assert_in_range(len, 1000, 2048);
		assert_ptr_equal(strchr(line, '\n'), line + len - 1);
		assert_true(text_is_utf8(slice_make(line, len)));
		assert_non_null(strstr(line, " event=tried key="));
		assert_non_null(strstr(line, "..."));
		for (at = 0; at < len; at++) {
			if (line[at] == '\\')
				at += line[at + 1] == 'u' ? 5 : 1;
			else
				quotes += line[at] == '"';
		}
		assert_int_equal(quotes % 2, 0);
		assert_true(line[len - 2] == '"' || (line[len - 2] == '.' && quotes == 0) ||
			    line[len - 2] == '1');
	}
}

static void levels_have_names(void **state)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	static const char *const others[] = { "", "Error", "warning", "info ", "4" };
	enum log_level level;

	(void)state;
	for (enum log_level i = LOG_ERROR; i <= LOG_DEBUG; i++) {
		assert_int_equal(log_level_parse(names[i], &level), RC_OK);
		assert_int_equal(level, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(log_level_parse(others[i], &level), RC_MALFORMED);
}

static void write_all_fields(const void *arg)
{
	(void)arg;
	log_process("worker.3");
	log_error("broke", LOG_NUMBER("least", INT64_MIN), LOG_NUMBER("most", INT64_MAX),
		  LOG_TEXT("text", "x"), LOG_NUMBER("none", 0));
	log_process("main");
}

static void a_line_has_its_fields_in_order(void **state)
{
	char line[4096], wanted[400];
	int read_to = 0;

	(void)state;
	capture(write_all_fields, NULL, line, sizeof(line));
	(void)snprintf(wanted, sizeof(wanted),
		       " level=error process=worker.3 pid=%d event=broke "
		       "least=-9223372036854775808 most=9223372036854775807 text=x none=0\n",
		       getpid());
	assert_int_equal(sscanf(line, "time=%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ%n", &read_to), 0);
	assert_int_equal(read_to, strlen("time=2026-01-01T00:00:00.000Z"));
	assert_string_equal(line + read_to, wanted);
}

static void write_at_all_levels(const void *arg)
{
	log_limit(*(const enum log_level *)arg);
	log_error("an_error");
	log_warn("a_warning");
	log_info("an_info");
	log_debug("a_debug");
	log_limit(LOG_INFO);
}

static void lines_above_the_limit_are_suppressed(void **state)
{
	static const char *const events[] = { "level=error", "level=warn", "level=info",
					      "level=debug" };
	char lines[4096];

	(void)state;
	for (enum log_level limit = LOG_ERROR; limit <= LOG_DEBUG; limit++) {
		capture(write_at_all_levels, &limit, lines, sizeof(lines));
		for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++)
			assert_int_equal(strstr(lines, events[level]) != NULL, level <= limit);
	}
}

static void the_level_can_be_changed(void **state)
{
	(void)state;
	for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++)
		assert_true(channel_set_level((enum channel_word)(CHANNEL_LOG + (int)level)));
	assert_false(channel_set_level((enum channel_word)(CHANNEL_LOG_LAST + 1)));
	assert_false(channel_set_level((enum channel_word)(CHANNEL_LOG - 1)));
	assert_false(channel_set_level(CHANNEL_READY));
	log_limit(LOG_INFO);
}

static void a_line_has_a_maximum_length(void **state)
{
	char value[5000], line[8192];
	size_t len;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	len = capture(write_value, value, line, sizeof(line));
	assert_in_range(len, 1024, 2048);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
	/* Escapes lengthen it further. */
	memset(value, '\n', sizeof(value) - 1);
	len = capture(write_value, value, line, sizeof(line));
	assert_in_range(len, 1024, 2048);
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
}

static void write_many(const void *arg)
{
	for (int i = 0; i < 100; i++)
		log_write(*(const enum log_level *)arg, "damaged", NULL, 0);
}

static void write_two(const void *arg)
{
	(void)arg;
	log_warn("damaged", LOG_NUMBER("n", 1));
	log_error("other");
}

static size_t lines_of(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void lines_of_one_kind_are_limited(void **state)
{
	const enum log_level warn = LOG_WARN, error = LOG_ERROR, info = LOG_INFO;
	char out[32768];

	(void)state;
	capture(write_many, &error, out, sizeof(out));
	assert_int_equal(lines_of(out), LOG_KIND_MAX);
	assert_null(strstr(out, "left_out"));
	capture(write_two, NULL, out, sizeof(out)); /* of other kinds */
	assert_int_equal(lines_of(out), 2);
	capture(write_many, &error, out, sizeof(out));
	assert_int_equal(lines_of(out), 0);

	now_ms += 1000;
	capture(write_many, &error, out, sizeof(out));
	assert_int_equal(lines_of(out), LOG_KIND_MAX);
	assert_non_null(strstr(out, "event=damaged left_out=180\n"));
	assert_null(strstr(strstr(out, "left_out") + 1, "left_out"));
	capture(write_many, &warn, out, sizeof(out)); /* another level */
	assert_int_equal(lines_of(out), LOG_KIND_MAX);
	now_ms += 1000;
	capture(write_two, NULL, out, sizeof(out));
	assert_non_null(strstr(out, "event=damaged n=1 left_out=80\n"));
	capture(write_many, &info, out, sizeof(out));
	assert_int_equal(lines_of(out), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_if_necessary),
		cmocka_unit_test(a_long_value_is_truncated_between_characters),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(a_line_has_its_fields_in_order),
		cmocka_unit_test(lines_above_the_limit_are_suppressed),
		cmocka_unit_test(the_level_can_be_changed),
		cmocka_unit_test(a_line_has_a_maximum_length),
		cmocka_unit_test(lines_of_one_kind_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
