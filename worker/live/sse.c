/* Frames events. Called by worker/live/feed, subscriber and streams. */
#include "worker/live/sse.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* `id` empty: none. */
static struct sse *sse_make(struct slice id, struct slice body)
{
	size_t line = id.len ? strlen("id: \n") + id.len : 0;
	struct sse *sse = mem_alloc(sizeof(*sse) + line + body.len + 1);

	sse->refs = 1;
	sse->len = line + body.len;
	sse->body = line;
	if (id.len) {
		memcpy(sse->bytes, "id: ", 4);
		memcpy(sse->bytes + 4, id.data, id.len);
		sse->bytes[line - 1] = '\n';
	}
	if (body.len)
		memcpy(sse->bytes + line, body.data, body.len);
	return sse;
}

struct sse *sse_new(const char *event, struct slice id, struct slice data)
{
	struct buf body = BUF_EMPTY;
	struct sse *sse;

	assert(data.len == 0 || memchr(data.data, '\n', data.len) == NULL);
	buf_put_text(&body, "event: ");
	buf_put_text(&body, event);
	buf_put_text(&body, "\ndata: ");
	buf_put_slice(&body, data);
	buf_put_text(&body, "\n\n");
	sse = sse_make(id, buf_slice(&body));
	buf_free(&body);
	return sse;
}

struct sse *sse_raw(struct slice bytes)
{
	return sse_make(slice_make(NULL, 0), bytes);
}

struct sse *sse_with_id(const struct sse *sse, struct slice id)
{
	return sse_make(id, slice_make(sse->bytes + sse->body, sse->len - sse->body));
}

struct sse *sse_ref(struct sse *sse)
{
	assert(sse->refs > 0);
	sse->refs++;
	return sse;
}

void sse_unref(struct sse *sse)
{
	assert(sse->refs > 0);
	if (--sse->refs == 0)
		free(sse);
}
