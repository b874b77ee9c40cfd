/* Output that is mostly a copy of its input: parts that follow each other there are
 * joined and copied at once. */
#ifndef TRANSIT_EMIT_H
#define TRANSIT_EMIT_H

#include "base/buf.h"

struct emit {
	struct buf *out;
	struct slice run; /* said, but not yet copied */
};

/* Here and not in buf.c, as most pieces are a few bytes and there are many. */
static inline void emit_bytes(struct emit *emit, const char *bytes, size_t len)
{
	struct buf *out = emit->out;

	if (out->cap - out->len <= len) {
		buf_put(out, bytes, len);
		return;
	}
	memcpy(out->data + out->len, bytes, len);
	out->len += len;
}

static inline void emit_flush(struct emit *emit)
{
	if (emit->run.len)
		emit_bytes(emit, emit->run.data, emit->run.len);
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
	emit_bytes(emit, bytes.data, bytes.len);
}

#endif
