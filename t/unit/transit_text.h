/* Shared by the tests of the transcoder: cmocka, and quotes in tables. */
#ifndef T_UNIT_TRANSIT_TEXT_H
#define T_UNIT_TRANSIT_TEXT_H

#include "base/array.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* In tables, ' stands for a double quote and APOSTROPHE (invalid UTF-8) for the
 * apostrophe. */
#define APOSTROPHE "\xff"

static inline struct slice unquote(const char *text, char *room, size_t size)
{
	size_t len = strlen(text);

	assert_true(len < size);
	for (size_t i = 0; i < len; i++)
		room[i] = text[i] == '\'' ? '"' : text[i] == APOSTROPHE[0] ? '\'' : text[i];
	return slice_make(room, len);
}

#endif
