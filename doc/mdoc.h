/* Text as mdoc(7) wants it. */
#ifndef DOC_MDOC_H
#define DOC_MDOC_H

#include "base/slice.h"

#include <stdio.h>

/* Which marks a text uses besides `code`: plain text has stars that are just that. */
enum mdoc_marks { MDOC_PLAIN, MDOC_MARKDOWN /* **bold** and *emphasis* */ };

/* A paragraph's text: a line for each sentence, none too long. */
void mdoc_text(FILE *out, struct slice text, enum mdoc_marks marks);
/* The same on the rest of one macro's line, as one argument. */
void mdoc_argument(FILE *out, struct slice text, enum mdoc_marks marks);
/* Lines as they are, indented or not. */
void mdoc_literal(FILE *out, struct slice text, bool indented);

#endif
