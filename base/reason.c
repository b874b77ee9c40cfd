#include "base/reason.h"

#include <stdarg.h>
#include <stdio.h>

enum rc reason_set(struct reason *why, enum rc rc, const char *format, ...)
{
	va_list args;

	if (why) {
		va_start(args, format);
		(void)vsnprintf(why->text, sizeof(why->text), format, args);
		va_end(args);
	}
	return rc;
}
