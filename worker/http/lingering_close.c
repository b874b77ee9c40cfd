/* Closing a connection so that the client gets the last response. Called by
 * worker/http/conn for refused requests. */
#include "worker/http/lingering_close.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct timeval idle_timeout = { 2, 0 };
/* Bounds for a client that goes on sending after it was refused. */
#define DISCARD_MAX ((size_t)16 << 20)
#define LINGER_MS 5000

struct lingering {
	TAILQ_ENTRY(lingering) next;
	struct event_base *base;
	struct event *event;
	int fd;
	struct buf response;
	size_t sent;
	size_t discarded;
	uint64_t until; /* clock_ms */
};

/* Of this process. */
static TAILQ_HEAD(, lingering) all = TAILQ_HEAD_INITIALIZER(all);

static void linger_end(struct lingering *linger)
{
	TAILQ_REMOVE(&all, linger, next);
	if (linger->event)
		event_free(linger->event);
	close(linger->fd);
	buf_free(&linger->response);
	free(linger);
}

/* False at the end of file, or when the client has sent too much. */
static bool linger_discard(struct lingering *linger)
{
	char drop[16384];
	ssize_t got;

	while (linger->discarded < DISCARD_MAX) {
		got = recv(linger->fd, drop, sizeof(drop), 0);
		if (got <= 0)
			return got < 0 && (errno == EAGAIN || errno == EINTR);
		linger->discarded += (size_t)got;
	}
	return false;
}

static bool linger_send(struct lingering *linger)
{
	while (linger->sent < linger->response.len) {
		ssize_t sent = send(linger->fd, linger->response.data + linger->sent,
				    linger->response.len - linger->sent, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		linger->sent += (size_t)sent;
	}
	return true;
}

static void on_linger(evutil_socket_t fd, short what, void *arg)
{
	struct lingering *linger = arg;
	bool unsent = linger->sent < linger->response.len;
	short wait = EV_READ;

	if ((what & EV_TIMEOUT) || clock_ms() >= linger->until || !linger_send(linger)) {
		linger_end(linger);
		return;
	}
	if (linger->sent < linger->response.len)
		wait |= EV_WRITE;
	else if (unsent)
		shutdown(fd, SHUT_WR);
	if (!linger_discard(linger)) {
		linger_end(linger);
		return;
	}
	event_assign(linger->event, linger->base, fd, wait, on_linger, linger);
	if (event_add(linger->event, &idle_timeout) < 0)
		linger_end(linger);
}

void lingering_close_start(struct event_base *base, int fd, struct buf response)
{
	struct lingering *linger;

	if (fd < 0) {
		buf_free(&response);
		return;
	}
	linger = mem_alloc(sizeof(*linger));
	*linger = (struct lingering){
		.base = base, .fd = fd, .response = response, .until = clock_ms() + LINGER_MS
	};
	TAILQ_INSERT_TAIL(&all, linger, next);
	linger->event = event_new(base, fd, EV_READ | EV_WRITE, on_linger, linger);
	if (linger->event == NULL || event_add(linger->event, &idle_timeout) < 0)
		linger_end(linger);
}

void lingering_close_end_all(void)
{
	struct lingering *linger;

	while ((linger = TAILQ_FIRST(&all)) != NULL)
		linger_end(linger);
}
