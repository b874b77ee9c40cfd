#include "worker/guard.h"

#include "base/text.h"
#include "worker/head.h"

/* The longest line that can stand between chunks: sixteen hexadecimal digits would already be beyond any limit. */
#define CHUNK_LINE_MAX 18

void guard_init(struct guard *guard, size_t max_body)
{
	*guard = (struct guard){ .state = GUARD_HEAD, .max_body = max_body };
}

void guard_clear(struct guard *guard)
{
	buf_free(&guard->line);
}

static void guard_refuse(struct guard *guard, int status, const char *detail)
{
	guard->state = GUARD_REFUSED;
	guard->status = status;
	guard->detail = detail;
	buf_free(&guard->line);
}

static void guard_complete(struct guard *guard)
{
	guard->complete++;
	guard->state = GUARD_HEAD;
}

static void guard_check_head(struct guard *guard, struct slice text)
{
	struct head head;
	bool good = head_parse(text, &head);

	guard->is_head = head.is_head;
	if (!good) {
		guard_refuse(guard, head.status, head.detail);
		return;
	}
	guard->requests++;
	guard->body = 0;
	guard->left = head.length;
	if (head.length > guard->max_body)
		guard_refuse(guard, 413, "the body is larger than this server takes");
	else if (head.chunked)
		guard->state = GUARD_CHUNK_SIZE;
	else if (head.length)
		guard->state = GUARD_BODY;
	else
		guard_complete(guard);
}

/* Collects bytes up to and with `end`; a piece that came whole is handed on without a copy. Answers how many bytes it took and
 * sets *whole when the end was among them. */
static size_t guard_collect(struct guard *guard, struct slice bytes, const char *end, size_t max, struct slice *whole)
{
	size_t end_len = strlen(end);
	size_t old = guard->line.len;
	size_t from = old < end_len ? 0 : old - (end_len - 1);
	const char *found;
	struct slice text = bytes;

	if (old) {
		size_t room = max > old ? max - old : 0;

		buf_put(&guard->line, bytes.data, bytes.len < room ? bytes.len : room);
		text = buf_slice(&guard->line);
	}
	found = text.len > from ? memmem(text.data + from, text.len - from, end, end_len) : NULL;
	if (found) {
		*whole = slice_make(text.data, (size_t)(found - text.data) + end_len);
		return whole->len - old;
	}
	*whole = slice_make(NULL, 0);
	if (old == 0)
		buf_put(&guard->line, bytes.data, bytes.len < max ? bytes.len : max);
	return bytes.len;
}

static size_t guard_feed_head(struct guard *guard, struct slice bytes)
{
	struct slice head;
	size_t taken = guard_collect(guard, bytes, "\r\n\r\n", GUARD_HEAD_MAX, &head);

	if (head.len > GUARD_HEAD_MAX || (head.data == NULL && guard->line.len >= GUARD_HEAD_MAX))
		guard_refuse(guard, 400, "the head of the request is longer than 8192 bytes");
	else if (head.data)
		guard_check_head(guard, head);
	else if (!head_may_begin(buf_slice(&guard->line)))
		guard_refuse(guard, 400, "the request line does not begin with a method");
	if (head.data)
		buf_free(&guard->line);
	return taken;
}

static void guard_check_chunk(struct guard *guard, struct slice line)
{
	uint64_t size;

	if (!head_chunk_size(line, &size)) {
		guard_refuse(guard, 400, "a chunk of the body has a malformed size");
	} else if (size > guard->max_body - guard->body) {
		guard_refuse(guard, 413, "the body is larger than this server takes");
	} else {
		guard->body += size;
		guard->left = size;
		guard->state = size ? GUARD_CHUNK_DATA : GUARD_LAST_END;
	}
}

static size_t guard_feed_chunk_size(struct guard *guard, struct slice bytes)
{
	struct slice line;
	size_t taken = guard_collect(guard, bytes, "\r\n", CHUNK_LINE_MAX, &line);

	if (line.len > CHUNK_LINE_MAX || (line.data == NULL && guard->line.len >= CHUNK_LINE_MAX))
		guard_refuse(guard, 400, "a chunk of the body has a malformed size");
	else if (line.data)
		guard_check_chunk(guard, slice_make(line.data, line.len - 2));
	if (line.data)
		buf_clear(&guard->line);
	return taken;
}

/* The line end behind a chunk, or behind the last one, where trailer fields could stand: those would be added to the fields that
 * were checked, so there must be none. */
static size_t guard_feed_end(struct guard *guard, struct slice bytes)
{
	bool last = guard->state == GUARD_LAST_END;
	size_t need = 2 - guard->line.len;
	size_t taken = bytes.len < need ? bytes.len : need;

	buf_put(&guard->line, bytes.data, taken);
	if (memcmp(guard->line.data, "\r\n", guard->line.len) != 0) {
		guard_refuse(guard, 400, last ? "trailer fields are not taken" : "a chunk of the body does not end where it says");
	} else if (guard->line.len == 2) {
		buf_free(&guard->line);
		if (last)
			guard_complete(guard);
		else
			guard->state = GUARD_CHUNK_SIZE;
	}
	return taken;
}

static size_t guard_feed_data(struct guard *guard, struct slice bytes)
{
	size_t taken = bytes.len < guard->left ? bytes.len : (size_t)guard->left;

	guard->left -= taken;
	if (guard->left == 0) {
		if (guard->state == GUARD_BODY)
			guard_complete(guard);
		else
			guard->state = GUARD_CHUNK_END;
	}
	return taken;
}

bool guard_feed(struct guard *guard, struct slice bytes)
{
	static size_t (*const steps[])(struct guard *, struct slice) = {
		[GUARD_HEAD] = guard_feed_head,       [GUARD_BODY] = guard_feed_data,     [GUARD_CHUNK_SIZE] = guard_feed_chunk_size,
		[GUARD_CHUNK_DATA] = guard_feed_data, [GUARD_CHUNK_END] = guard_feed_end, [GUARD_LAST_END] = guard_feed_end,
	};

	while (bytes.len && guard->state != GUARD_REFUSED) {
		size_t taken = steps[guard->state](guard, bytes);

		bytes = slice_make(bytes.data + taken, bytes.len - taken);
	}
	return guard->state != GUARD_REFUSED;
}

bool guard_is_idle(const struct guard *guard)
{
	return guard->state == GUARD_HEAD && guard->line.len == 0;
}
