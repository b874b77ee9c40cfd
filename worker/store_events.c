/* One event for the descriptor and the deadline that the store waits for. Called by
 * worker/worker around each turn of the loop. */
#include "worker/store_events.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#include <event2/event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

struct store_events {
	struct event_base *base;
	struct store *store;
	struct event *event;
	/* What the event waits for, as store_poll gave it. */
	int fd;
	short poll;
	uint64_t deadline;
};

static void on_ready(evutil_socket_t unused, short what, void *arg)
{
	struct store_events *events = arg;

	(void)unused;
	(void)what;
	store_run(events->store);
}

static void store_events_arm(struct store_events *events)
{
	short what = (short)((events->poll & POLLIN ? EV_READ : 0) |
			     (events->poll & POLLOUT ? EV_WRITE : 0));
	uint64_t now = clock_ms(), left = events->deadline > now ? events->deadline - now : 0;
	const struct timeval timeout = { (time_t)(left / 1000), (suseconds_t)(left % 1000 * 1000) };

	event_del(events->event);
	if (events->fd < 0 && events->deadline == UINT64_MAX)
		return;
	event_assign(events->event, events->base, events->fd, events->fd < 0 ? 0 : what, on_ready,
		     events);
	event_add(events->event, events->deadline == UINT64_MAX ? NULL : &timeout);
}

void store_events_update(struct store_events *events)
{
	int fd;
	short poll;
	uint64_t deadline;
	bool none, same;

	store_poll(events->store, &fd, &poll, &deadline);
	none = fd < 0 && deadline == UINT64_MAX;
	same = fd == events->fd && poll == events->poll && deadline == events->deadline;
	/* The event fires once, so that it must be added again although nothing
	 * changed. */
	if (same && (none || event_pending(events->event, EV_READ | EV_WRITE | EV_TIMEOUT, NULL)))
		return;
	events->fd = fd;
	events->poll = poll;
	events->deadline = deadline;
	store_events_arm(events);
}

struct store_events *store_events_new(struct event_base *base, struct store *store)
{
	struct store_events *events = mem_alloc(sizeof(*events));

	*events = (struct store_events){ base, store, NULL, -1, 0, UINT64_MAX };
	events->event = event_new(base, -1, 0, on_ready, events);
	if (events->event == NULL) {
		free(events);
		return NULL;
	}
	return events;
}

void store_events_free(struct store_events *events)
{
	if (events == NULL)
		return;
	event_free(events->event);
	free(events);
}
