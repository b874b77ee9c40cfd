/* Converts the subset of Markdown that doc/protocol.md uses to mdoc(7): headings,
 * paragraphs, lists, tables, indented code. */
#ifndef DOC_MARKDOWN_H
#define DOC_MARKDOWN_H

#include <stdio.h>

/* Omits the first heading. */
void markdown_to_mdoc(FILE *in, FILE *out);

#endif
