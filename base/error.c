/* Formats the error texts that functions return beside their enum rc. */
#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

/* Removes a character that was cut by the end of the buffer. */
static void drop_half_character(struct error *err)
{
	size_t end = sizeof(err->text) - 1, from = end;

	while (from > 0 && end - from < 4 && ((unsigned char)err->text[from - 1] & 0xc0) == 0x80)
		from--;
	if (from > 0 && (unsigned char)err->text[from - 1] >= 0xc0)
		from--;
	if (!text_is_utf8(slice_make(err->text + from, end - from)))
		err->text[from] = 0;
}

enum rc error_set(struct error *err, enum rc rc, const char *format, ...)
{
	va_list args;

	if (err) {
		va_start(args, format);
		if (vsnprintf(err->text, sizeof(err->text), format, args) >= (int)sizeof(err->text))
			drop_half_character(err);
		va_end(args);
	}
	return rc;
}
