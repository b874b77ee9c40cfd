/* Messages of commands on the standard error. */
#include "cli/say.h"

#include "base/exit.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_line(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Messages quote names and texts of others, and end on a terminal or in a log. */
static void say_line(const char *format, va_list args)
{
	struct text_filter filter = { .rest_len = 0 };
	struct buf line = BUF_EMPTY;
	char *text;
	int len = vasprintf(&text, format, args);

	buf_put_text(&line, "pocketbook: ");
	if (len >= 0) {
		text_filter_put(&filter, slice_make(text, (size_t)len), &line);
		text_filter_finish(&filter, &line);
		free(text);
	}
	buf_put_byte(&line, '\n');
	(void)fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
}

int say_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
	return EXIT_FAILURE;
}

int say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
	return EXIT_USAGE;
}

void say_quoted(struct buf *out, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		buf_put_text(out, word);
		return;
	}
	buf_put_byte(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_put_text(out, "'\\''");
		else
			buf_put_byte(out, *word);
	}
	buf_put_byte(out, '\'');
}
