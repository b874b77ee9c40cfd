/* Widths of text on a terminal. Used by doc ls and token list. */
#include "cli/text_table.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* The columns that a piece of text_piece takes. */
static size_t columns_of(const char *piece, size_t len, bool escaped)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	int columns = -1;

	if (escaped)
		return len;
	if (mbrtowc(&wide, piece, len, &state) == len)
		columns = wcwidth(wide);
	return columns < 0 ? 1 : (size_t)columns;
}

/* The number of bytes that fit into `room` columns; *width: the columns they take.
 * Writes them, unless `out` is NULL. */
static size_t fit(FILE *out, struct slice text, size_t room, size_t *width)
{
	char piece[TEXT_PIECE_MAX];
	size_t at = 0;

	*width = 0;
	while (at < text.len) {
		size_t taken;
		size_t len = text_piece(slice_make(text.data + at, text.len - at), piece, &taken);
		size_t columns = columns_of(piece, len, len != taken);

		if (columns > room - *width)
			break;
		if (out)
			(void)fwrite(piece, 1, len, out);
		*width += columns;
		at += taken;
	}
	return at;
}

size_t text_table_width(struct slice text)
{
	size_t width;

	(void)fit(NULL, text, SIZE_MAX, &width);
	return width;
}

void text_table_put(FILE *out, struct slice text, size_t width)
{
	size_t own;

	(void)fit(out, text, SIZE_MAX, &own);
	fprintf(out, "%*s", (int)(width > own ? width - own : 0), "");
}

void text_table_put_cut(FILE *out, struct slice text, size_t width)
{
	size_t own;

	if (fit(NULL, text, width, &own) == text.len || width == 0) {
		(void)fit(out, text, width, &own);
		return;
	}
	(void)fit(out, text, width - 1, &own);
	(void)fputs("…", out);
}

void text_table_put_cell(FILE *out, struct slice text, size_t width)
{
	if (text_table_width(text) > width)
		text_table_put_cut(out, text, width);
	else
		text_table_put(out, text, width);
}

void text_table_put_wrapped(FILE *out, struct slice text, size_t indent, size_t width)
{
	size_t own, len;

	for (;;) {
		len = fit(out, text, width, &own);
		(void)fputc('\n', out);
		text = slice_make(text.data + len, text.len - len);
		if (text.len == 0 || len == 0)
			return;
		fprintf(out, "%*s", (int)indent, "");
	}
}

size_t text_table_room(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
		       ? size.ws_col
		       : SIZE_MAX;
}
