#include "cli/spool.h"

#include "cli/atomic_file.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define PATIENCE_MS 1000

struct outlet outlet_open(int fd, const char *name)
{
	return (struct outlet){ .fd = fd, .name = name, .spool = -1 };
}

static enum rc fail(struct outlet *outlet, const char *name)
{
	enum rc rc = errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO;

	outlet->rc =
		error_set(&outlet->err, rc, "cannot write to %.200s: %s", name, strerror(errno));
	return outlet->rc;
}

/* Without waiting for longer than patience allows: a pipe that is ready takes PIPE_BUF
 * bytes at once. Answers how much went. */
static size_t write_ready(struct outlet *outlet, struct slice bytes)
{
	struct pollfd ready = { .fd = outlet->fd, .events = POLLOUT };
	size_t done = 0;

	while (done < bytes.len && poll(&ready, 1, PATIENCE_MS) == 1) {
		size_t len = bytes.len - done < PIPE_BUF ? bytes.len - done : PIPE_BUF;
		ssize_t sent = write(outlet->fd, bytes.data + done, len);

		if (sent > 0)
			done += (size_t)sent;
		else if (sent < 0 && errno != EINTR && errno != EAGAIN) {
			(void)fail(outlet, outlet->name);
			return done;
		}
	}
	return done;
}

static enum rc write_all(struct outlet *outlet, int fd, const char *name, struct slice bytes)
{
	while (bytes.len && outlet->rc == RC_OK) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		ssize_t sent = write(fd, bytes.data, bytes.len);

		if (sent > 0)
			bytes = slice_make(bytes.data + sent, bytes.len - (size_t)sent);
		else if (sent < 0 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (sent < 0 && errno != EINTR)
			return fail(outlet, name);
	}
	return outlet->rc;
}

static enum rc open_spool(struct outlet *outlet)
{
	outlet->rc = scratch_unnamed(&outlet->spool, &outlet->err);
	return outlet->rc;
}

static enum rc pass_on(struct outlet *outlet)
{
	struct slice rest = buf_slice(&outlet->waiting);

	if (outlet->spool < 0) {
		size_t done = rest.len ? write_ready(outlet, rest) : 0;

		rest = slice_make(rest.data + done, rest.len - done);
	}
	if (outlet->rc == RC_OK && rest.len && outlet->spool < 0)
		(void)open_spool(outlet);
	if (outlet->rc == RC_OK && rest.len)
		(void)write_all(outlet, outlet->spool, "the temporary file", rest);
	buf_clear(&outlet->waiting);
	return outlet->rc;
}

enum rc outlet_put(struct outlet *outlet, struct slice bytes)
{
	if (outlet->rc != RC_OK)
		return outlet->rc;
	buf_put_slice(&outlet->waiting, bytes);
	return outlet->waiting.len < PIECE ? RC_OK : pass_on(outlet);
}

enum rc outlet_finish(struct outlet *outlet)
{
	char piece[PIECE];
	ssize_t got = 1;

	if (outlet->rc == RC_OK)
		(void)pass_on(outlet);
	if (outlet->rc == RC_OK && outlet->spool >= 0 && lseek(outlet->spool, 0, SEEK_SET) < 0)
		(void)fail(outlet, "the temporary file");
	while (outlet->rc == RC_OK && outlet->spool >= 0 && got != 0) {
		got = read(outlet->spool, piece, sizeof(piece));
		if (got > 0)
			(void)write_all(outlet, outlet->fd, outlet->name,
					slice_make(piece, (size_t)got));
		else if (got < 0 && errno != EINTR)
			(void)fail(outlet, "the temporary file");
	}
	return outlet->rc;
}

void outlet_close(struct outlet *outlet)
{
	if (outlet->spool >= 0)
		(void)close(outlet->spool);
	buf_free(&outlet->waiting);
}
