/* Output that is mostly a copy of its input: parts that follow each other there are joined and copied at once. */
#ifndef TRANSIT_EMIT_H
#define TRANSIT_EMIT_H

#include "base/buf.h"

struct emit {
	struct buf *out;
	struct slice run; /* said, but not yet copied */
};

static inline void emit_flush(struct emit *emit)
{
	buf_put_slice(emit->out, emit->run);
	emit->run.len = 0;
}

/* A part of the input, which stays where it is until the next emit_flush. */
static inline void emit_part(struct emit *emit, const char *part, size_t len)
{
	if (emit->run.len && part == emit->run.data + emit->run.len) {
		emit->run.len += len;
		return;
	}
	emit_flush(emit);
	emit->run = slice_make(part, len);
}

/* Bytes from anywhere else. */
static inline void emit_copy(struct emit *emit, struct slice bytes)
{
	emit_flush(emit);
	buf_put_slice(emit->out, bytes);
}

#endif
