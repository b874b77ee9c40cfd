/* JSON tokens, strictly by RFC 8259: the lowest layer of the transcoder, independent of
 * Transit.
 *
 * A scan function starts at scan->at. It returns NULL and leaves scan->at after the
 * token, or returns an error text (a literal) and leaves scan->at at the offending
 * byte.
 *
 * Contents of strings are in canonical escaped form, without the quotes: `"`, `\` and
 * the control characters U+0000-001F have their shortest escape (\n, otherwise \u001f
 * with lower-case digits), all other characters are literal. */
#ifndef TRANSIT_SCAN_H
#define TRANSIT_SCAN_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

struct scan {
	const char *at;
	const char *end;
};

/* Classes of text: an integer (no fraction, no exponent), another JSON number, or no
 * number. */
enum number_kind { NUMBER_NONE, NUMBER_INTEGER, NUMBER_REAL };

static inline void scan_space(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
		scan->at++;
}

/* Returns the next byte; a space, which starts no token, at the end of the text. */
static inline char scan_look(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : ' ';
}

/* Do strings that begin with this byte have a special meaning in Transit? Plain strings
 * that begin with it are escaped by `~`. */
static inline bool scan_is_mark(char first)
{
	return first == '~' || first == '^' || first == '`';
}

/* Reads a string, starting at its opening quote. The content is in canonical form: a
 * part of the text if that is canonical already, otherwise in `scratch`, whose earlier
 * content is lost. */
MUST_USE const char *scan_string(struct scan *scan, struct buf *scratch, struct slice *content);
MUST_USE const char *scan_number(struct scan *scan, struct slice *number);
/* `word` is true, false or null. */
MUST_USE const char *scan_word(struct scan *scan, const char *word);

enum number_kind scan_number_kind(struct slice text);
/* Parses a signed 64-bit integer in JSON syntax, as text_number does unsigned ones. */
MUST_USE enum rc scan_int64(struct slice text, int64_t *out);

/* Returns the length in bytes of the first character of a non-empty canonical
 * content. */
size_t scan_char_len(struct slice content);
/* Is the unescaped content longer than `units` UTF-16 units? */
bool scan_longer_than(struct slice content, unsigned units);
/* Appends the unescaped form of a canonical content. */
void scan_unescape(struct slice content, struct buf *out);
/* Appends UTF-8 text in canonical escaped form. */
void scan_escape(struct slice text, struct buf *out);

#endif
