/* Widths of text on a terminal. Used by doc ls and token list. */
#include "cli/text_table.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* The number of bytes that fit into `room` columns; *width: the columns they take.
 * Bytes that are not valid text take one column each. */
static size_t fit(struct slice text, size_t room, size_t *width)
{
	mbstate_t state = { 0 };
	size_t at = 0;
	wchar_t wide;

	*width = 0;
	while (at < text.len) {
		size_t len = mbrtowc(&wide, text.data + at, text.len - at, &state);
		int columns = len && len <= text.len ? wcwidth(wide) : -1;

		if (columns < 0) {
			state = (mbstate_t){ 0 };
			len = 1;
			columns = 1;
		}
		if ((size_t)columns > room - *width)
			break;
		*width += (size_t)columns;
		at += len;
	}
	return at;
}

size_t text_table_width(struct slice text)
{
	size_t width;

	(void)fit(text, SIZE_MAX, &width);
	return width;
}

void text_table_put(FILE *out, struct slice text, size_t width)
{
	size_t own = text_table_width(text);

	(void)fwrite(text.data, 1, text.len, out);
	fprintf(out, "%*s", (int)(width > own ? width - own : 0), "");
}

void text_table_put_cut(FILE *out, struct slice text, size_t width)
{
	size_t own, len = fit(text, width, &own);

	if (len < text.len && width > 0)
		len = fit(text, width - 1, &own);
	(void)fwrite(text.data, 1, len, out);
	if (len < text.len && width > 0)
		(void)fputs("…", out);
}

size_t text_table_room(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
		       ? size.ws_col
		       : SIZE_MAX;
}
