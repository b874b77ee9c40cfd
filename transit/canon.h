/* Writing canonical form while reading, for value.c and tagged.c. Nothing is written
 * where a value is skipped; passing the limit stops the writing and is seen by the
 * reader's next step. */
#ifndef TRANSIT_CANON_H
#define TRANSIT_CANON_H

#include "transit/reader.h"

/* A part of the message. A failure here (the limit) is seen by the next token's check
 * of in->rc. */
static inline void canon_part(struct transit_in *in, const char *part, size_t len)
{
	if (in->emit.out && !reader_charge(in, len))
		emit_part(&in->emit, part, len);
}

void canon_copy(struct transit_in *in, struct slice bytes);
void canon_literal(struct transit_in *in, const char *text);
/* A string as it came. */
void canon_verbatim(struct transit_in *in, const struct text *text);
/* `prefix` with its opening quote, `text` and a closing quote: a string that plain JSON
 * says otherwise. */
void canon_prefixed(struct transit_in *in, const char *prefix, struct slice text);
/* A string in the form of its meaning; `at` is where it stands. A tag is refused. */
MUST_USE enum rc canon_string(struct transit_in *in, const char *at, const struct text *text);

/* An array that is nothing else, the rep of a set, a list or a cmap. (value.c) */
MUST_USE enum rc value_array(struct transit_in *in, size_t *count);
/* The container of the tag `text` is open, the tag read. (tagged.c) */
MUST_USE enum rc value_tagged(struct transit_in *in, const char *at, const struct text *text);

#endif
