/* Text for manual pages, for doc/manual.c and doc/markdown.c. */
#include "doc/mdoc.h"

#include "base/buf.h"

#define WIDTH 76

static void put_escaped(struct buf *out, char byte)
{
	switch (byte) {
	case '\\':
		buf_put_text(out, "\\e");
		break;
	case '"':
		buf_put_text(out, "\\(dq");
		break;
	case '\'':
		buf_put_text(out, "\\(aq");
		break;
	case '-':
		buf_put_text(out, "\\-");
		break;
	case '`':
		buf_put_text(out, "\\(ga");
		break;
	default:
		buf_put_byte(out, byte);
	}
}

/* Returns the font that a mark begins, or ends if it is open. */
static const char *font_switch(const char **open, const char *font)
{
	bool ends = *open != NULL;

	*open = ends ? NULL : font;
	return ends ? "\\fR" : font;
}

static void put_inline(struct buf *out, struct slice text, enum mdoc_marks marks)
{
	const char *open = NULL;
	bool code = false, stars = marks == MDOC_MARKDOWN;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '`') {
			code = !code;
			buf_put_text(out, code ? "\\fB" : "\\fR");
		} else if (stars && !code && text.data[i] == '*' && i + 1 < text.len &&
			   text.data[i + 1] == '*') {
			buf_put_text(out, font_switch(&open, "\\fB"));
			i++;
		} else if (stars && !code && text.data[i] == '*') {
			buf_put_text(out, font_switch(&open, "\\fI"));
		} else {
			put_escaped(out, text.data[i]);
		}
	}
	buf_put_byte(out, '\0');
}

static bool ends_sentence(const char *word, size_t len)
{
	while (len && strchr(")\"", word[len - 1]))
		len--;
	if (len >= 3 && strncmp(word + len - 3, "\\fR", 3) == 0)
		len -= 3;
	return len && strchr(".!?", word[len - 1]);
}

/* Bytes as mandoc(1) counts them: it turns other characters than those of ASCII into
 * escapes, such as \[u2026], before it looks how long a line is. */
static size_t width_of(const char *word, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)word[i] & 0xC0) == 0xC0
				 ? strlen("\\[u2026]")
				 : ((unsigned char)word[i] & 0x80) == 0;
	return width;
}

void mdoc_text(FILE *out, struct slice text, enum mdoc_marks marks)
{
	struct buf escaped = BUF_EMPTY;
	const char *word;
	size_t at = 0;

	put_inline(&escaped, text, marks);
	word = escaped.data;
	while (*(word += strspn(word, " \n")) != '\0') {
		size_t len = strcspn(word, " \n"), width = width_of(word, len);
		const char *before;

		if (at && at + 1 + width > WIDTH) {
			(void)fputc('\n', out);
			at = 0;
		}
		before = at ? " " : *word == '.' ? "\\&" : "";
		at += strlen(before) + width;
		(void)fprintf(out, "%s%.*s", before, (int)len, word);
		if (ends_sentence(word, len)) {
			(void)fputc('\n', out);
			at = 0;
		}
		word += len;
	}
	if (at)
		(void)fputc('\n', out);
	buf_free(&escaped);
}

void mdoc_argument(FILE *out, struct slice text, enum mdoc_marks marks)
{
	struct buf escaped = BUF_EMPTY;

	put_inline(&escaped, text, marks);
	(void)fprintf(out, "\"%s\"", escaped.data);
	buf_free(&escaped);
}

void mdoc_literal(FILE *out, struct slice text, bool indented)
{
	struct buf escaped = BUF_EMPTY;
	bool begins = true;

	for (size_t i = 0; i < text.len; i++) {
		if (begins && text.data[i] == '.')
			buf_put_text(&escaped, "\\&");
		put_escaped(&escaped, text.data[i]);
		begins = text.data[i] == '\n';
	}
	(void)fprintf(out, ".Bd -literal%s\n%.*s.Ed\n", indented ? " -offset indent" : "",
		      (int)escaped.len, escaped.data);
	buf_free(&escaped);
}
