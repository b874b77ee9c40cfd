/* JSON tokens, strictly by RFC 8259: the bottom of the transcoder, which knows nothing
 * of Transit.
 *
 * A scan function begins at scan->at and answers NULL, scan->at then being behind the
 * token, or what is wrong (a literal for a person), scan->at then being the offending
 * byte.
 *
 * String contents are handled in their canonical escaped form, without the quotes: `"`,
 * `\` and the control characters U+0000-001F are escaped in the shortest way (\n, else
 * \u001f with lower-case digits), everything else is itself. */
#ifndef TRANSIT_SCAN_H
#define TRANSIT_SCAN_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

struct scan {
	const char *at;
	const char *end;
};

/* A JSON number's text: an integer (no fraction, no exponent), any other number, or
 * none. */
enum number_kind { NUMBER_NONE, NUMBER_INTEGER, NUMBER_REAL };

static inline void scan_space(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
		scan->at++;
}

/* The byte at hand; a space at the end of the text, which no token begins with. */
static inline char scan_look(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : ' ';
}

/* Has a string that begins with this byte a meaning of its own in Transit? Plain ones
 * that begin so are escaped by `~`. */
static inline bool scan_is_mark(char first)
{
	return first == '~' || first == '^' || first == '`';
}

/* A string, scan->at being its opening quote. The content is in canonical form: a part
 * of the text itself where that is how it came, else it is in `scratch`, whose earlier
 * content is lost. */
MUST_USE const char *scan_string(struct scan *scan, struct buf *scratch, struct slice *content);
MUST_USE const char *scan_number(struct scan *scan, struct slice *number);
/* `word` is true, false or null. */
MUST_USE const char *scan_word(struct scan *scan, const char *word);

enum number_kind scan_number_kind(struct slice text);
/* As text_number, for signed 64-bit integers in JSON's grammar. */
MUST_USE enum rc scan_int64(struct slice text, int64_t *out);

/* How many bytes the first character of a non-empty canonical content takes. */
size_t scan_char_len(struct slice content);
/* Is the content, unescaped, longer than `units` UTF-16 units? */
bool scan_longer_than(struct slice content, unsigned units);
/* Appends the bytes that a canonical content stands for. */
void scan_unescape(struct slice content, struct buf *out);
/* Appends UTF-8 text in canonical escaped form. */
void scan_escape(struct slice text, struct buf *out);

#endif
