/* Escapes and formats text for mdoc(7). */
#ifndef DOC_MDOC_H
#define DOC_MDOC_H

#include "base/slice.h"

#include <stdio.h>

/* The marks that a text uses besides `code`: in plain text a star is a star. */
enum mdoc_marks { MDOC_PLAIN, MDOC_MARKDOWN /* **bold** and *emphasis* */ };

/* Writes the text of a paragraph, one line per sentence. */
void mdoc_text(FILE *out, struct slice text, enum mdoc_marks marks);
/* Writes text as one argument of a macro. */
void mdoc_argument(FILE *out, struct slice text, enum mdoc_marks marks);
/* Writes lines verbatim. */
void mdoc_literal(FILE *out, struct slice text, bool indented);

#endif
