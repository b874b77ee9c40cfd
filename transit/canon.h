/* Writes canonical form while reading, for value.c and tagged.c. Nothing is written
 * while a value is skipped. Exceeding the limit stops the output; the next step of the
 * reader reports it. */
#ifndef TRANSIT_CANON_H
#define TRANSIT_CANON_H

#include "transit/reader.h"

/* Appends a part of the message. The next token's check of in->rc reports an exceeded
 * limit. */
static inline void canon_part(struct transit_in *in, const char *part, size_t len)
{
	if (in->emit.out && !reader_charge(in, len))
		emit_part(&in->emit, part, len);
}

void canon_copy(struct transit_in *in, struct slice bytes);
void canon_literal(struct transit_in *in, const char *text);
/* Appends a string unchanged. */
void canon_verbatim(struct transit_in *in, const struct text *text);
/* Appends `prefix` (with its opening quote), `text` and a closing quote: a string whose
 * JSON projection differs. */
void canon_prefixed(struct transit_in *in, const char *prefix, struct slice text);
/* Appends valid base64 (scalar.c) as ~b, without its line ends. */
void canon_bytes(struct transit_in *in, struct slice base64);
/* Appends a string in canonical form; `at` is its position. A tag is an error. */
MUST_USE enum rc canon_string(struct transit_in *in, const char *at, const struct text *text);

/* Reads a plain array: the rep of a set, a list or a cmap. (value.c) */
MUST_USE enum rc value_array(struct transit_in *in, size_t *count);
/* Reads a tagged value after its tag `text`; the container is open. (tagged.c) */
MUST_USE enum rc value_tagged(struct transit_in *in, const char *at, const struct text *text);

#endif
