/* Messages of commands on the standard error. */
#include "cli/say.h"

#include "base/exit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say_line(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static void say_line(const char *format, va_list args)
{
	(void)fputs("pocketbook: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
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
