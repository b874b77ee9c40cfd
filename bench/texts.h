/* Transit messages of several kinds, about 20 kB each, as clients write them; the same
 * in every run. */
#ifndef BENCH_TEXTS_H
#define BENCH_TEXTS_H

#include "base/buf.h"

enum text_kind { TEXT_TODOS, TEXT_NESTED, TEXT_STRINGS, TEXT_ESCAPES, TEXT_NUMBERS, TEXT_KINDS };

extern const char *const text_names[TEXT_KINDS];

/* Appends the message of a kind. */
void text_write(unsigned kind, struct buf *out);

#endif
