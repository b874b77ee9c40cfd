/* The log: one line per event, `key=value` pairs (logfmt), on stderr. A line is written
 * with one write(), so that lines of several processes do not mix. Never pass a token
 * or another secret. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/rc.h"

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
	const char *key;
	const char *text; /* NULL: the value is `number` */
	long long number;
};

static inline const char *log_text_(const char *text)
{
	return text ? text : "";
}

/* Fields of a line, for the macros below. A NULL text is written as an empty string.
 * Values are quoted if necessary and truncated if very long. */
#define LOG_TEXT(k, v) ((struct log_field){ .key = (k), .text = log_text_(v) })
#define LOG_NUMBER(k, v) ((struct log_field){ .key = (k), .number = (long long)(v) })

/* Sets the name of this process, such as "worker.1". The string must remain valid. */
void log_process(const char *name);
/* Suppresses lines above this level; initially LOG_INFO. */
void log_limit(enum log_level level);
/* "error", "warn", "info" or "debug"; anything else is RC_MALFORMED. */
MUST_USE enum rc log_level_parse(const char *name, enum log_level *out);
/* Writes a line, unless it is an error or a warning of which this process has written
 * LOG_KIND_MAX lines with the same event and level in this second: a damaged document
 * that is asked for without end must not fill the disk. The next one has a last field
 * `left_out` with the number of those that were not written. `event` must remain
 * valid. */
#define LOG_KIND_MAX 20
void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count);
/* Writes a line regardless of the level: for lines with an option of their own, such as
 * the access log. */
void log_put(enum log_level level, const char *event, const struct log_field *fields, size_t count);

#define LOG_FIELDS_(...) ((struct log_field[]){ { 0 }, ##__VA_ARGS__ })
#define LOG_LINE_(level, event, ...) \
	log_write(level, event, LOG_FIELDS_(__VA_ARGS__) + 1, \
		  sizeof(LOG_FIELDS_(__VA_ARGS__)) / sizeof(struct log_field) - 1)
#define log_error(event, ...) LOG_LINE_(LOG_ERROR, event, ##__VA_ARGS__)
#define log_warn(event, ...) LOG_LINE_(LOG_WARN, event, ##__VA_ARGS__)
#define log_info(event, ...) LOG_LINE_(LOG_INFO, event, ##__VA_ARGS__)
#define log_debug(event, ...) LOG_LINE_(LOG_DEBUG, event, ##__VA_ARGS__)

#endif
