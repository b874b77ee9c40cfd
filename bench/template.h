/* Text with places in it that differ from group to group and from change to change. */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include "base/buf.h"

/* Appends the text with each {g} as the group's number and each {n} as the change's. */
void template_put(struct buf *out, const char *text, unsigned group, unsigned change);

#endif
