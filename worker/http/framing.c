/* The state machine over the bytes of a connection. Called by worker/http/conn for
 * everything that arrives; heads are checked by head.c. */
#include "worker/http/framing.h"

#include "base/text.h"

#include <assert.h>
#include <strings.h>

/* The longest line that can stand between chunks: sixteen hexadecimal digits would
 * already be beyond any limit. */
#define CHUNK_LINE_MAX 18
#define BODY_TOO_LARGE "the body is larger than this server accepts"

void framing_init(struct framing *framing, size_t max_body)
{
	*framing = (struct framing){ .state = FRAMING_HEAD, .max_body = max_body };
}

void framing_clear(struct framing *framing)
{
	buf_free(&framing->origin);
	buf_free(&framing->line);
	buf_free(&framing->text);
}

static void framing_refuse(struct framing *framing, int status, const char *detail)
{
	framing->state = FRAMING_REFUSED;
	framing->status = status;
	framing->detail = detail;
	buf_free(&framing->line);
}

static void framing_complete(struct framing *framing)
{
	assert(framing->complete < framing->requests);
	framing->complete++;
	framing->state = FRAMING_HEAD;
	buf_free(&framing->origin);
	buf_free(&framing->text);
}

/* The head is whole: its fields decide what follows. */
static void framing_begin(struct framing *framing)
{
	struct head head = framing->head;

	framing->head = (struct head){ .begun = false };
	framing->blank = false;
	framing->head_len = 0;
	framing->requests++;
	framing->body = 0;
	framing->limit = framing->max_body;
	framing->length = head.length;
	framing->left = head.length;
	if (head.length > framing->limit)
		framing_refuse(framing, 413, BODY_TOO_LARGE);
	else if (head.chunked)
		framing->state = FRAMING_CHUNK_SIZE;
	else if (head.length)
		framing->state = FRAMING_BODY;
	else
		framing_complete(framing);
}

/* Collects a line up to and with its LF, the only byte that ends one for evhttp: `line`
 * is the part that has arrived, at most `max` bytes. A line that arrives whole is not
 * copied. Returns the number of bytes taken. */
static size_t framing_collect(struct framing *framing, struct slice bytes, size_t max,
			      struct slice *line)
{
	size_t room = max - framing->line.len;
	const char *end = memchr(bytes.data, '\n', bytes.len);
	size_t len = end ? (size_t)(end - bytes.data) + 1 : bytes.len;

	if (len > room)
		len = room;
	*line = slice_make(bytes.data, len);
	if (end == NULL || framing->line.len) {
		buf_put(&framing->line, bytes.data, len);
		*line = buf_slice(&framing->line);
	}
	return len;
}

static bool ends_in(struct slice line, const char *end)
{
	size_t len = strlen(end);

	return line.len >= len && memcmp(line.data + line.len - len, end, len) == 0;
}

/* Kept for CORS: a page must be able to read why its request was refused. */
static void framing_keep_origin(struct framing *framing, struct slice line)
{
	static const char name[] = "origin:";
	const size_t len = sizeof(name) - 1;

	if (line.len < len || strncasecmp(line.data, name, len) != 0)
		return;
	buf_clear(&framing->origin);
	buf_put_slice(&framing->origin, text_trim(slice_make(line.data + len, line.len - len)));
	buf_put_byte(&framing->origin, 0);
}

static void framing_check_line(struct framing *framing, struct slice line)
{
	bool last = framing->head.begun && line.len == 2;
	bool good;

	if (!ends_in(line, "\r\n")) {
		framing_refuse(framing, 400, "a line of the head does not end in CR LF");
		return;
	}
	framing->head_len += line.len;
	good = last ? head_end(&framing->head)
		    : head_take(&framing->head, slice_make(line.data, line.len - 2));
	if (!good)
		framing_refuse(framing, framing->head.status, framing->head.detail);
	else if (framing->head.may_have_body && !last)
		buf_put_slice(&framing->text, line);
	if (!good)
		return;
	if (last)
		framing_begin(framing);
	else
		framing_keep_origin(framing, slice_make(line.data, line.len - 2));
}

/* RFC 9112, 2.2: an empty line before a request line is ignored, but not a second
 * one. */
static bool framing_take_blank(struct framing *framing, struct slice line)
{
	if (framing->head.begun || framing->blank || !slice_starts(slice_of("\r\n"), line))
		return false;
	if (line.len == 2) {
		framing->blank = true;
		buf_free(&framing->line);
	}
	return true;
}

/* evhttp parses a head line by line as it arrives, so each line is checked before
 * evhttp sees it. */
static size_t framing_feed_head(struct framing *framing, struct slice bytes)
{
	size_t max = FRAMING_HEAD_MAX - framing->head_len;
	struct slice line;
	size_t taken = framing_collect(framing, bytes, max, &line);

	if (framing_take_blank(framing, line))
		return taken;
	if (!framing->head.begun)
		framing->is_head = slice_starts(line, slice_of("HEAD "));
	if (!framing->head.begun && !head_may_begin(line)) {
		framing_refuse(framing, 400, "the request line does not begin with a method");
	} else if (ends_in(line, "\n")) {
		framing_check_line(framing, line);
		buf_free(&framing->line);
	} else if (line.len == max) {
		/* RFC 6585, section 5 */
		framing_refuse(framing, 431, "the head of the request is longer than 32768 bytes");
	}
	return taken;
}

static void framing_check_chunk(struct framing *framing, struct slice line)
{
	uint64_t size;

	if (!head_chunk_size(line, &size)) {
		framing_refuse(framing, 400, "a chunk of the body has a malformed size");
	} else if (size > framing->limit - framing->body) {
		framing_refuse(framing, 413,
			       framing->limit < framing->max_body ? FRAMING_ABOVE_LIMIT
								  : BODY_TOO_LARGE);
	} else {
		framing->body += size;
		framing->left = size;
		framing->state = size ? FRAMING_CHUNK_DATA : FRAMING_LAST_END;
	}
}

static size_t framing_feed_chunk_size(struct framing *framing, struct slice bytes)
{
	struct slice line;
	size_t taken = framing_collect(framing, bytes, CHUNK_LINE_MAX, &line);

	if (ends_in(line, "\r\n")) {
		framing_check_chunk(framing, slice_make(line.data, line.len - 2));
		buf_free(&framing->line);
	} else if (ends_in(line, "\n") || line.len == CHUNK_LINE_MAX) {
		framing_refuse(framing, 400, "a chunk of the body has a malformed size");
	}
	return taken;
}

/* The line end after a chunk, or after the last one, where trailer fields could stand:
 * those would be added to the fields that were checked, so they are refused. */
static size_t framing_feed_end(struct framing *framing, struct slice bytes)
{
	bool last = framing->state == FRAMING_LAST_END;
	size_t need = 2 - framing->line.len;
	size_t taken = bytes.len < need ? bytes.len : need;

	buf_put(&framing->line, bytes.data, taken);
	if (memcmp(framing->line.data, "\r\n", framing->line.len) != 0) {
		framing_refuse(framing, 400,
			       last ? "trailer fields are not accepted"
				    : "a chunk of the body is longer than its size");
	} else if (framing->line.len == 2) {
		buf_free(&framing->line);
		if (last)
			framing_complete(framing);
		else
			framing->state = FRAMING_CHUNK_SIZE;
	}
	return taken;
}

static size_t framing_feed_data(struct framing *framing, struct slice bytes)
{
	size_t taken = bytes.len < framing->left ? bytes.len : (size_t)framing->left;

	framing->left -= taken;
	if (framing->left == 0) {
		if (framing->state == FRAMING_BODY)
			framing_complete(framing);
		else
			framing->state = FRAMING_CHUNK_END;
	}
	return taken;
}

bool framing_feed(struct framing *framing, struct slice bytes)
{
	static size_t (*const steps[])(struct framing *, struct slice) = {
		[FRAMING_HEAD] = framing_feed_head,
		[FRAMING_BODY] = framing_feed_data,
		[FRAMING_CHUNK_SIZE] = framing_feed_chunk_size,
		[FRAMING_CHUNK_DATA] = framing_feed_data,
		[FRAMING_CHUNK_END] = framing_feed_end,
		[FRAMING_LAST_END] = framing_feed_end,
	};

	while (bytes.len && framing->state != FRAMING_REFUSED) {
		size_t taken = steps[framing->state](framing, bytes);

		bytes = slice_make(bytes.data + taken, bytes.len - taken);
	}
	return framing->state != FRAMING_REFUSED;
}

struct slice framing_body_head(const struct framing *framing)
{
	bool body = framing->state != FRAMING_HEAD && framing->state != FRAMING_REFUSED;

	return body ? buf_slice(&framing->text) : slice_make("", 0);
}

void framing_refuse_body(struct framing *framing, int status, const char *detail)
{
	assert(framing_body_head(framing).len);
	framing_refuse(framing, status, detail);
}

bool framing_limit_body(struct framing *framing, size_t max)
{
	assert(framing_body_head(framing).len);
	if (max < framing->limit)
		framing->limit = max;
	if (framing->length > framing->limit || framing->body > framing->limit)
		framing_refuse(framing, 413, FRAMING_ABOVE_LIMIT);
	return framing->state != FRAMING_REFUSED;
}

struct slice framing_refused_head(const struct framing *framing)
{
	assert(framing->state == FRAMING_REFUSED);
	return buf_slice(&framing->text);
}

bool framing_awaits_line(const struct framing *framing)
{
	return framing->state == FRAMING_HEAD && !framing->head.begun;
}

bool framing_is_idle(const struct framing *framing)
{
	return framing->state == FRAMING_HEAD && framing->head_len == 0 && framing->line.len == 0;
}
