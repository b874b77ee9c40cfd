/* Events as bytes (HTML standard, Server-sent events): framed once, shared by all
 * streams that they are sent on. The count and the bytes are one block of memory,
 * unlike those of base/shared_buf, as each send needs both. */
#ifndef WORKER_LIVE_SSE_H
#define WORKER_LIVE_SSE_H

#include "base/buf.h"
#include "base/slice.h"

struct sse {
	unsigned refs;
	size_t len;
	size_t body;  /* offset behind the id line: a stream of several groups sends an id line of
			 its own */
	char bytes[]; /* id: C \n event: E \n data: {...} \n\n */
};

/* `data` is one line; `id` empty: none. The caller has the one reference. */
struct sse *sse_new(const char *event, struct slice id, struct slice data);
/* Bytes that are no event, such as a comment line. */
struct sse *sse_raw(struct slice bytes);
/* The event with another id in place of its own. */
struct sse *sse_with_id(const struct sse *sse, struct slice id);
struct sse *sse_ref(struct sse *sse);
void sse_unref(struct sse *sse);

#endif
