#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

/* A character that was cut at the end of the space goes whole. */
static void drop_half_character(struct reason *why)
{
	size_t end = sizeof(why->text) - 1, from = end;

	while (from > 0 && end - from < 4 && ((unsigned char)why->text[from - 1] & 0xc0) == 0x80)
		from--;
	if (from > 0 && (unsigned char)why->text[from - 1] >= 0xc0)
		from--;
	if (!text_is_utf8(slice_make(why->text + from, end - from)))
		why->text[from] = 0;
}

enum rc reason_set(struct reason *why, enum rc rc, const char *format, ...)
{
	va_list args;

	if (why) {
		va_start(args, format);
		if (vsnprintf(why->text, sizeof(why->text), format, args) >= (int)sizeof(why->text))
			drop_half_character(why);
		va_end(args);
	}
	return rc;
}
