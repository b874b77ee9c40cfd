/* Request lines before evhttp has them. Called by worker/head_check and
 * worker/dispatch. */
#include "worker/http/request_line.h"

#include "base/text.h"

#include <assert.h>

/* The part up to one of the bytes of `ends`, or all. */
static struct slice until(struct slice text, const char *ends)
{
	size_t len = 0;

	while (len < text.len && strchr(ends, text.data[len]) == NULL)
		len++;
	return slice_make(text.data, len);
}

static struct slice after(struct slice text, size_t len)
{
	assert(len <= text.len);
	return slice_make(text.data + len, text.len - len);
}

/* http://host/path?query is the other form (RFC 9112, 3.2.2). */
static struct slice path_of(struct slice target)
{
	static const char mark[] = "://";

	if (target.data[0] != '/') {
		target = after(target, until(target, ":").len + strlen(mark));
		target = after(target, until(target, "/").len);
	}
	return until(target, "?");
}

bool request_line_read(struct slice head, struct request_line *out)
{
	struct slice method = until(head, " ");
	struct slice path;
	size_t len;
	enum rc rc;

	*out = (struct request_line){ .path = BUF_EMPTY };
	if (head.len == 0)
		return false;
	assert(method.len < sizeof(out->method));
	memcpy(out->method, method.data, method.len);
	path = path_of(until(after(head, method.len + 1), " "));
	buf_reserve(&out->path, path.len + 1);
	rc = text_percent_decode(path, false, out->path.data, &len);
	assert(rc == RC_OK);
	out->path.data[len] = 0;
	out->path.len = len + 1;
	return rc == RC_OK;
}

void request_line_clear(struct request_line *line)
{
	buf_free(&line->path);
}
