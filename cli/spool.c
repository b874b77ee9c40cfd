/* Output that never holds up a read transaction. Used by export and doc ls. */
#include "cli/spool.h"

#include "cli/atomic_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define PATIENCE_MS 1000

struct spool spool_open(int fd, const char *name)
{
	return (struct spool){ .fd = fd, .name = name, .spool = -1, .is_terminal = isatty(fd) };
}

static enum rc fail(struct spool *spool, const char *name)
{
	enum rc rc = errno == ENOSPC || errno == EDQUOT ? RC_FULL : RC_IO;

	spool->rc = error_set(&spool->err, rc, "cannot write to %.200s: %s", name, strerror(errno));
	return spool->rc;
}

/* Writes until the descriptor is not ready for PATIENCE_MS; a pipe that is ready
 * accepts PIPE_BUF bytes at once. Returns the number of bytes written. */
static size_t write_ready(struct spool *spool, struct slice bytes)
{
	struct pollfd ready = { .fd = spool->fd, .events = POLLOUT };
	size_t done = 0;

	while (done < bytes.len && poll(&ready, 1, PATIENCE_MS) == 1) {
		size_t len = bytes.len - done < PIPE_BUF ? bytes.len - done : PIPE_BUF;
		ssize_t sent = write(spool->fd, bytes.data + done, len);

		if (sent > 0)
			done += (size_t)sent;
		else if (sent < 0 && errno != EINTR && errno != EAGAIN) {
			(void)fail(spool, spool->name);
			return done;
		}
	}
	return done;
}

static enum rc write_all(struct spool *spool, int fd, const char *name, struct slice bytes)
{
	while (bytes.len && spool->rc == RC_OK) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		ssize_t sent = write(fd, bytes.data, bytes.len);

		if (sent > 0)
			bytes = slice_make(bytes.data + sent, bytes.len - (size_t)sent);
		else if (sent < 0 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (sent < 0 && errno != EINTR)
			return fail(spool, name);
	}
	return spool->rc;
}

static enum rc open_spool(struct spool *spool)
{
	spool->rc = temp_file_unnamed(&spool->spool, &spool->err);
	return spool->rc;
}

static enum rc pass_on(struct spool *spool)
{
	struct slice rest = buf_slice(&spool->waiting);

	if (spool->spool < 0) {
		size_t done = rest.len ? write_ready(spool, rest) : 0;

		rest = slice_make(rest.data + done, rest.len - done);
	}
	if (spool->rc == RC_OK && rest.len && spool->spool < 0)
		(void)open_spool(spool);
	if (spool->rc == RC_OK && rest.len)
		(void)write_all(spool, spool->spool, "the temporary file", rest);
	buf_clear(&spool->waiting);
	return spool->rc;
}

enum rc spool_put(struct spool *spool, struct slice bytes)
{
	assert(spool->fd >= 0);
	if (spool->rc != RC_OK)
		return spool->rc;
	if (spool->is_terminal)
		text_filter_put(&spool->filter, bytes, &spool->waiting);
	else
		buf_put_slice(&spool->waiting, bytes);
	return spool->waiting.len < PIECE ? RC_OK : pass_on(spool);
}

enum rc spool_finish(struct spool *spool)
{
	char piece[PIECE];
	ssize_t got = 1;

	text_filter_finish(&spool->filter, &spool->waiting);
	if (spool->rc == RC_OK)
		(void)pass_on(spool);
	if (spool->rc == RC_OK && spool->spool >= 0 && lseek(spool->spool, 0, SEEK_SET) < 0)
		(void)fail(spool, "the temporary file");
	while (spool->rc == RC_OK && spool->spool >= 0 && got != 0) {
		got = read(spool->spool, piece, sizeof(piece));
		if (got > 0)
			(void)write_all(spool, spool->fd, spool->name,
					slice_make(piece, (size_t)got));
		else if (got < 0 && errno != EINTR)
			(void)fail(spool, "the temporary file");
	}
	return spool->rc;
}

void spool_close(struct spool *spool)
{
	if (spool->spool >= 0)
		(void)close(spool->spool);
	buf_free(&spool->waiting);
}
