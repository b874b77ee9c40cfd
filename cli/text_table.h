/* Aligned columns of text. Uses the locale's LC_CTYPE for the width of characters. */
#ifndef CLI_TEXT_TABLE_H
#define CLI_TEXT_TABLE_H

#include "base/slice.h"

#include <stdio.h>

/* Columns on a terminal. */
size_t text_table_width(struct slice text);
/* Writes the text, then spaces up to `width` columns. */
void text_table_put(FILE *out, struct slice text, size_t width);
/* Writes as much of the text as `width` columns hold, with an ellipsis where that is
 * not all. */
void text_table_put_cut(FILE *out, struct slice text, size_t width);
/* Columns of the terminal that the standard output is; SIZE_MAX where it is none. */
size_t text_table_room(void);

#endif
