/* The Markdown that doc/protocol.md is written in, as mdoc(7): headings, paragraphs,
 * lists, tables, indented code. */
#ifndef DOC_MARKDOWN_H
#define DOC_MARKDOWN_H

#include <stdio.h>

/* Leaves the first heading out. */
void markdown_to_mdoc(FILE *in, FILE *out);

#endif
