/* Answers 503 in place of a worker that could not open the database. Called by
 * master/spawn in a process of its own; the master starts a worker again when it has
 * ended. Without it, connections to the slot would wait in the kernel's queue for as
 * long as the database cannot be opened. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "worker/confine.h"
#include "worker/http/access_log.h"
#include "worker/http/problem.h"
#include "worker/worker.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_MS 1000
#define LAST_MS 200 /* more, in which clients that were accepted last can send and read */
#define CONNECTIONS_MAX 256

struct stand_in {
	const struct worker_inheritance *from;
	struct access_log access_log;
	struct pollfd *polls; /* listening sockets, then connections */
	size_t count;
	bool answered[CONNECTIONS_MAX];
	uint64_t until; /* clock_ms() */
};

static bool may_always(void *arg)
{
	(void)arg;
	return true;
}

static bool stand_in_confine(const struct worker_inheritance *from)
{
	static const struct store_needs none = { .read_count = 0 };

	return !from->sandbox || worker_confine(from->settings, &none, may_always, NULL) == RC_OK;
}

static bool is_accepting(const struct stand_in *stand_in)
{
	return clock_ms() + LAST_MS < stand_in->until &&
	       stand_in->count < stand_in->from->listener_count + CONNECTIONS_MAX;
}

static void stand_in_accept(struct stand_in *stand_in, int listener)
{
	const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	stand_in->answered[stand_in->count - stand_in->from->listener_count] = false;
	stand_in->polls[stand_in->count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void stand_in_close(struct stand_in *stand_in, size_t i)
{
	const size_t first = stand_in->from->listener_count, last = --stand_in->count;

	(void)close(stand_in->polls[i].fd);
	stand_in->polls[i] = stand_in->polls[last];
	stand_in->answered[i - first] = stand_in->answered[last - first];
}

/* A response is smaller than the buffer of a socket. */
static void stand_in_answer(struct stand_in *stand_in, int fd)
{
	static const char fields[] = "Retry-After: 1\r\n";
	struct access_log_entry trace;
	struct buf response = BUF_EMPTY;

	access_log_begin(&stand_in->access_log, &trace);
	problem_put_response(&response, PROBLEM_UNAVAILABLE,
			     "the server cannot open its database; its log says why", trace.id,
			     slice_of(fields), false);
	(void)send(fd, response.data, response.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	buf_free(&response);
}

/* The client has sent something: what, does not matter. Reads on until it closes, as in
 * worker/http/lingering_close.h. */
static void stand_in_read(struct stand_in *stand_in, size_t i)
{
	bool *answered = &stand_in->answered[i - stand_in->from->listener_count];
	char drop[16384];

	if (recv(stand_in->polls[i].fd, drop, sizeof(drop), MSG_DONTWAIT) <= 0) {
		stand_in_close(stand_in, i);
		return;
	}
	if (!*answered)
		stand_in_answer(stand_in, stand_in->polls[i].fd);
	*answered = true;
}

static void stand_in_turn(struct stand_in *stand_in)
{
	const size_t listeners = stand_in->from->listener_count;
	const bool accepting = is_accepting(stand_in);
	const uint64_t now = clock_ms();

	for (size_t i = 0; i < listeners; i++)
		stand_in->polls[i] =
			(struct pollfd){ .fd = accepting ? stand_in->from->listeners[i] : -1,
					 .events = POLLIN };
	if (now >= stand_in->until ||
	    poll(stand_in->polls, stand_in->count, (int)(stand_in->until - now)) <= 0)
		return;
	/* Backwards: the last one takes the place of one that is closed. */
	for (size_t i = stand_in->count; i-- > listeners;)
		if (stand_in->polls[i].revents)
			stand_in_read(stand_in, i);
	for (size_t i = 0; i < listeners; i++)
		if (stand_in->polls[i].revents && is_accepting(stand_in))
			stand_in_accept(stand_in, stand_in->from->listeners[i]);
}

void worker_stand_in(const struct worker_inheritance *from)
{
	const struct counters counters = { .shm = from->shm, .slot = from->slot };
	struct stand_in stand_in = {
		.from = from,
		.access_log = { .counters = &counters },
		.polls = mem_array(from->listener_count + CONNECTIONS_MAX, sizeof(struct pollfd)),
		.count = from->listener_count,
		.until = clock_ms() + ACCEPT_MS + LAST_MS,
	};

	if (stand_in_confine(from))
		while (clock_ms() < stand_in.until)
			stand_in_turn(&stand_in);
	free(stand_in.polls);
}
