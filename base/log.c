#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static enum log_level limit = LOG_INFO;
static const char *process = "main";

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

void log_process(const char *name)
{
	process = name;
}

void log_limit(enum log_level level)
{
	limit = level;
}

static void line_put(struct line *line, char byte)
{
	if (line->len < sizeof(line->text) - 1)
		line->text[line->len++] = byte;
}

static void line_put_text(struct line *line, const char *text)
{
	for (; *text; text++)
		line_put(line, *text);
}

static bool needs_quotes(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == '"' || *at == '=' || *at == '\\' || *at == 0x7f)
			return true;
	return *text == 0;
}

static void line_put_quoted(struct line *line, const char *text)
{
	char escape[8];

	line_put(line, '"');
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\') {
			line_put(line, '\\');
			line_put(line, *text);
		} else if (byte < ' ' || byte == 0x7f) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", byte);
			line_put_text(line, escape);
		} else {
			line_put(line, *text);
		}
	}
	line_put(line, '"');
}

static void line_put_value(struct line *line, const char *key, const char *text)
{
	if (line->len)
		line_put(line, ' ');
	line_put_text(line, key);
	line_put(line, '=');
	if (needs_quotes(text))
		line_put_quoted(line, text);
	else
		line_put_text(line, text);
}

static void line_put_number(struct line *line, const char *key, long long number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", number);
	line_put_value(line, key, digits);
}

static void line_put_time(struct line *line)
{
	struct timespec now;
	struct tm parts;
	char text[40];
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text + len, sizeof(text) - len, ".%03ldZ", now.tv_nsec / 1000000);
	line_put_value(line, "time", text);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };
	struct line line = { .len = 0 };

	if (level > limit)
		return;
	line_put_time(&line);
	line_put_value(&line, "level", levels[level]);
	line_put_value(&line, "process", process);
	line_put_number(&line, "pid", getpid());
	line_put_value(&line, "event", event);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].text)
			line_put_value(&line, fields[i].key, fields[i].text);
		else
			line_put_number(&line, fields[i].key, fields[i].number);
	}
	line.text[line.len++] = '\n';
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return; /* nowhere left to say it */
}
