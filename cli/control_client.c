/* Sends one request over the control socket and waits for the answer, until a deadline.
 * Called by cli/admin.c and cli/server_stats.c. */
#include "cli/control_client.h"

#include "base/clock.h"
#include "ipc/frame.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#define READ_BYTES 65536 /* per recv */

static enum rc await(int fd, short events, uint64_t deadline)
{
	struct pollfd waited = { .fd = fd, .events = events };
	uint64_t now;

	while ((now = clock_ms()) < deadline) {
		int ready = poll(&waited, 1, (int)(deadline - now));

		if (ready > 0)
			return RC_OK;
		if (ready < 0 && errno != EINTR)
			return RC_IO;
	}
	return RC_BUSY;
}

static enum rc client_send(int fd, struct slice question, uint64_t deadline)
{
	struct buf out = BUF_EMPTY;
	size_t begun = frame_begin(&out, 1);
	enum rc rc = RC_OK;

	buf_put_slice(&out, question);
	frame_end(&out, begun);
	while (rc == RC_OK && out.len) {
		ssize_t sent = send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0)
			buf_drop(&out, (size_t)sent);
		else if (sent < 0 && errno == EAGAIN)
			rc = await(fd, POLLOUT, deadline);
		else if (sent < 0 && errno != EINTR)
			rc = RC_UNAVAILABLE;
	}
	buf_free(&out);
	return rc;
}

static enum rc client_receive(int fd, uint64_t deadline, struct buf *in, struct slice *answer)
{
	struct frame frame = { .payload = slice_of("") };
	enum rc rc;

	while ((rc = frame_take(buf_slice(in), &frame)) == RC_BUSY) {
		char *room = buf_reserve(in, READ_BYTES);
		ssize_t got = recv(fd, room, READ_BYTES, MSG_DONTWAIT);

		if (got > 0)
			in->len += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return RC_UNAVAILABLE;
		else if ((rc = await(fd, POLLIN, deadline)) != RC_OK)
			return rc;
	}
	*answer = frame.payload;
	return rc;
}

enum rc control_client_ask(int fd, struct slice question, uint64_t deadline, struct buf *in,
			   struct slice *answer)
{
	enum rc rc;

	assert(fd >= 0 && question.len > 0 && question.len <= FRAME_MAX);
	rc = client_send(fd, question, deadline);
	return rc == RC_OK ? client_receive(fd, deadline, in, answer) : rc;
}
