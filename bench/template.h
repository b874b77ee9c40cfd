/* Text with placeholders for the group and the change. */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include "base/buf.h"

/* Appends the text, with the number of the group for {g} and of the change for {n}. */
void template_put(struct buf *out, const char *text, unsigned group, unsigned change);

#endif
