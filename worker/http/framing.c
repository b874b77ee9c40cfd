#include "worker/http/framing.h"

#include "base/text.h"

#include <strings.h>

/* The longest line that can stand between chunks: sixteen hexadecimal digits would already be beyond any limit. */
#define CHUNK_LINE_MAX 18

void guard_init(struct guard *guard, size_t max_body)
{
	*guard = (struct guard){ .state = GUARD_HEAD, .max_body = max_body };
}

void guard_clear(struct guard *guard)
{
	buf_free(&guard->origin);
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
	buf_free(&guard->origin);
}

/* The head is whole: what follows it? */
static void guard_begin(struct guard *guard)
{
	struct head head = guard->head;

	guard->head = (struct head){ .begun = false };
	guard->head_len = 0;
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

/* Collects a line up to and with its LF, the only byte that ends one for evhttp: `line` is what there is of it so far, at most `max`
 * bytes. One that came whole is handed on without a copy. Answers how many bytes it took. */
static size_t guard_collect(struct guard *guard, struct slice bytes, size_t max, struct slice *line)
{
	size_t room = max - guard->line.len;
	const char *end = memchr(bytes.data, '\n', bytes.len);
	size_t len = end ? (size_t)(end - bytes.data) + 1 : bytes.len;

	if (len > room)
		len = room;
	*line = slice_make(bytes.data, len);
	if (end == NULL || guard->line.len) {
		buf_put(&guard->line, bytes.data, len);
		*line = buf_slice(&guard->line);
	}
	return len;
}

static bool ends_in(struct slice line, const char *end)
{
	size_t len = strlen(end);

	return line.len >= len && memcmp(line.data + line.len - len, end, len) == 0;
}

/* A refusal is to tell the page of an origin that may call why it was refused. */
static void guard_keep_origin(struct guard *guard, struct slice line)
{
	static const char name[] = "origin:";
	const size_t len = sizeof(name) - 1;

	if (line.len < len || strncasecmp(line.data, name, len) != 0)
		return;
	buf_clear(&guard->origin);
	buf_put_slice(&guard->origin, text_trim(slice_make(line.data + len, line.len - len)));
	buf_put_byte(&guard->origin, 0);
}

static void guard_check_line(struct guard *guard, struct slice line)
{
	bool last = guard->head.begun && line.len == 2;
	bool good;

	if (!ends_in(line, "\r\n")) {
		guard_refuse(guard, 400, "a line of the head does not end in CR LF");
		return;
	}
	guard->head_len += line.len;
	good = last ? head_end(&guard->head) : head_take(&guard->head, slice_make(line.data, line.len - 2));
	if (!good)
		guard_refuse(guard, guard->head.status, guard->head.detail);
	else if (last)
		guard_begin(guard);
	else
		guard_keep_origin(guard, slice_make(line.data, line.len - 2));
}

/* evhttp reads a head line by line as it comes, so each line must have passed before it sees it. */
static size_t guard_feed_head(struct guard *guard, struct slice bytes)
{
	size_t max = GUARD_HEAD_MAX - guard->head_len;
	struct slice line;
	size_t taken = guard_collect(guard, bytes, max, &line);

	if (!guard->head.begun)
		guard->is_head = slice_starts(line, slice_of("HEAD "));
	if (!guard->head.begun && !head_may_begin(line)) {
		guard_refuse(guard, 400, "the request line does not begin with a method");
	} else if (ends_in(line, "\n")) {
		guard_check_line(guard, line);
		buf_free(&guard->line);
	} else if (line.len == max) {
		guard_refuse(guard, 400, "the head of the request is longer than 8192 bytes");
	}
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
	size_t taken = guard_collect(guard, bytes, CHUNK_LINE_MAX, &line);

	if (ends_in(line, "\r\n")) {
		guard_check_chunk(guard, slice_make(line.data, line.len - 2));
		buf_free(&guard->line);
	} else if (ends_in(line, "\n") || line.len == CHUNK_LINE_MAX) {
		guard_refuse(guard, 400, "a chunk of the body has a malformed size");
	}
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
	return guard->state == GUARD_HEAD && guard->head_len == 0 && guard->line.len == 0;
}
