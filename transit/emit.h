/* Output that is mostly a copy of its input: adjacent parts of the input are collected
 * into a run and copied together. */
#ifndef TRANSIT_EMIT_H
#define TRANSIT_EMIT_H

#include "base/buf.h"

struct emit {
	struct buf *out;
	struct slice run; /* not yet copied */
};

/* Inline, as there are many pieces of a few bytes. */
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

/* Appends a part of the input, which must remain valid until the next emit_flush. */
static inline void emit_part(struct emit *emit, const char *part, size_t len)
{
	if (emit->run.len && part == emit->run.data + emit->run.len) {
		emit->run.len += len;
		return;
	}
	emit_flush(emit);
	emit->run = slice_make(part, len);
}

/* Appends any other bytes. */
static inline void emit_copy(struct emit *emit, struct slice bytes)
{
	emit_flush(emit);
	emit_bytes(emit, bytes.data, bytes.len);
}

#endif
