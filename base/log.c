/* Formats and writes log lines. All processes log by it. doc/watching.md describes the
 * format for administrators. */
#include "base/log.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define VALUE_MAX_BYTES 1024 /* so that a long value leaves room for those after it */
#define FIELD_MIN 32         /* space required after a key: any number, or the start of a text */
#define CUT "..."

static const char *const levels[] = { "error", "warn", "info", "debug" };
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

enum rc log_level_parse(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < COUNT(levels); i++) {
		if (strcmp(levels[i], name) == 0) {
			*out = (enum log_level)i;
			return RC_OK;
		}
	}
	return RC_MALFORMED;
}

/* One byte is reserved for the newline. */
static size_t line_room(const struct line *line)
{
	return sizeof(line->text) - 1 - line->len;
}

static void line_put(struct line *line, const char *bytes, size_t len)
{
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
}

static bool needs_quotes(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at == ' ' || *at == '"' || *at == '=' || *at == '\\')
			return true;
	return *text == 0 || text_has_unsafe(slice_of(text));
}

/* Writes the first character of the text in its escaped form and returns the length of
 * that; *taken is the number of bytes of the character in the text. */
static size_t piece_of(struct slice text, char piece[TEXT_PIECE_MAX], size_t *taken)
{
	if (text.data[0] != '"' && text.data[0] != '\\')
		return text_piece(text, piece, taken);
	*taken = 1;
	piece[0] = '\\';
	piece[1] = text.data[0];
	return 2;
}

/* Appends as much of the text as fits, leaving `reserve` bytes free. */
static void line_put_text(struct line *line, struct slice text, size_t reserve)
{
	size_t most = line->len + VALUE_MAX_BYTES;
	char piece[TEXT_PIECE_MAX];

	while (text.len) {
		size_t taken, len = piece_of(text, piece, &taken);
		size_t after = text.len > taken ? strlen(CUT) : 0;

		if (len + after + reserve > line_room(line) ||
		    (after && line->len + len + after > most)) {
			line_put(line, CUT, strlen(CUT));
			return;
		}
		line_put(line, piece, len);
		text = slice_make(text.data + taken, text.len - taken);
	}
}

/* A field that does not fit is omitted. If only its value does not fit, the value is
 * truncated and marked. */
static void line_put_value(struct line *line, const char *key, const char *text)
{
	bool quoted = needs_quotes(text);

	if (line_room(line) < strlen(key) + FIELD_MIN)
		return;
	if (line->len)
		line_put(line, " ", 1);
	line_put(line, key, strlen(key));
	line_put(line, "=", 1);
	if (quoted)
		line_put(line, "\"", 1);
	line_put_text(line, slice_of(text), quoted);
	if (quoted)
		line_put(line, "\"", 1);
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
	now.tv_sec += FAULT_WALL_S();
	gmtime_r(&now.tv_sec, &parts);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(text + len, sizeof(text) - len, ".%03ldZ", now.tv_nsec / 1000000);
	line_put_value(line, "time", text);
}

/* ---- Lines of one kind ---- */

#define KINDS 128 /* far more than a process has events; further ones are not limited */

/* Lines of one event and level. */
struct kind {
	const char *event;
	enum log_level level;
	uint64_t second;
	unsigned logged; /* in that second */
	long long left_out;
};

static struct kind *kind_find(enum log_level level, const char *event)
{
	static struct kind kinds[KINDS];
	size_t at = 0;

	while (at < KINDS && kinds[at].event &&
	       (kinds[at].level != level || strcmp(kinds[at].event, event) != 0))
		at++;
	if (at == KINDS)
		return NULL;
	kinds[at].event = event;
	kinds[at].level = level;
	return &kinds[at];
}

/* May one more line of this kind be written now? Then *left_out is the number of those
 * that were not since the last one. Lines about ordinary events are not limited: they
 * follow what an operator does. */
static bool kind_may_log(enum log_level level, const char *event, long long *left_out)
{
	const uint64_t now = clock_ms() / 1000;
	struct kind *kind = level <= LOG_WARN ? kind_find(level, event) : NULL;

	*left_out = 0;
	if (kind == NULL)
		return true;
	if (kind->second != now) {
		kind->second = now;
		kind->logged = 0;
	}
	if (kind->logged == LOG_KIND_MAX) {
		kind->left_out++;
		return false;
	}
	kind->logged++;
	*left_out = kind->left_out;
	kind->left_out = 0;
	return true;
}

/* ---- Lines ---- */

static void line_write(enum log_level level, const char *event, const struct log_field *fields,
		       size_t count, long long left_out)
{
	struct line line = { .len = 0 };

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
	if (left_out)
		line_put_number(&line, "left_out", left_out);
	line.text[line.len++] = '\n';
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return; /* there is nowhere to report it */
}

void log_put(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	line_write(level, event, fields, count, 0);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count)
{
	long long left_out;

	if (level <= limit && kind_may_log(level, event, &left_out))
		line_write(level, event, fields, count, left_out);
}
