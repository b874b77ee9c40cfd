/* Aligned columns of text, in which characters that a terminal would act on are escaped
 * (base/text.h). Uses the locale's LC_CTYPE for the width of characters. */
#ifndef CLI_TEXT_TABLE_H
#define CLI_TEXT_TABLE_H

#include "base/slice.h"

#include <stdio.h>

/* The width of the text, in columns. */
size_t text_table_width(struct slice text);
/* Writes the text, then spaces up to `width` columns. */
void text_table_put(FILE *out, struct slice text, size_t width);
/* Writes as much of the text as fits into `width` columns, with an ellipsis if it is
 * cut. */
void text_table_put_cut(FILE *out, struct slice text, size_t width);
/* Writes the text in exactly `width` columns: cut, or with spaces after it. */
void text_table_put_cell(FILE *out, struct slice text, size_t width);
/* Writes the text in as many lines of `width` columns as it takes, each after the first
 * one indented, and a newline. */
void text_table_put_wrapped(FILE *out, struct slice text, size_t indent, size_t width);
/* The width of the terminal; SIZE_MAX if the standard output is not a terminal. */
size_t text_table_room(void);

#endif
