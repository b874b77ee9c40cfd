/* Requests of a shared database that wait, the oldest first, and one timer for the
 * oldest. Called by worker/dispatch. */
#include "worker/deadline.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "store/store.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

/* Longer than a line waits for the database, which ends all that wait there at once
 * (store/postgres/line.h). */
#define REQUEST_MS 10000

TAILQ_HEAD(exchange_list, exchange);

struct deadlines {
	struct exchange_list waiting;
	struct event *timer; /* pending while any request waits, and once more after that */
	uint64_t bound_ms;
};

static void start_timer(struct deadlines *deadlines, uint64_t ms)
{
	const struct timeval timeout = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	event_add(deadlines->timer, &timeout);
}

static void forget(struct deadlines *deadlines, struct exchange *exchange)
{
	TAILQ_REMOVE(&deadlines->waiting, exchange, next);
	exchange->is_timed = false;
}

static void on_timer(evutil_socket_t unused, short what, void *arg)
{
	struct deadlines *deadlines = arg;
	const uint64_t now = clock_ms();
	struct exchange *exchange;

	(void)unused;
	(void)what;
	while ((exchange = TAILQ_FIRST(&deadlines->waiting)) != NULL &&
	       now >= exchange->answer_by) {
		forget(deadlines, exchange);
		request_refuse_early(&exchange->request, PROBLEM_UNAVAILABLE,
				     "the database does not answer; try again");
	}
	if (exchange)
		start_timer(deadlines, exchange->answer_by - now);
}

struct deadlines *deadlines_new(struct worker *worker)
{
	struct deadlines *deadlines = mem_alloc(sizeof(*deadlines));

	TAILQ_INIT(&deadlines->waiting);
	deadlines->bound_ms = FAULT_NUMBER("POCKETBOOK_REQUEST_TIMEOUT_MS", REQUEST_MS);
	deadlines->timer = evtimer_new(worker->base, on_timer, deadlines);
	if (deadlines->timer)
		return deadlines;
	free(deadlines);
	return NULL;
}

void deadlines_free(struct deadlines *deadlines)
{
	if (deadlines == NULL)
		return;
	assert(TAILQ_EMPTY(&deadlines->waiting));
	event_free(deadlines->timer);
	free(deadlines);
}

void deadline_begin(struct exchange *exchange)
{
	struct deadlines *deadlines = exchange->worker->deadlines;

	if (!store_is_shared(exchange->worker->store))
		return;
	exchange->answer_by = clock_ms() + deadlines->bound_ms;
	exchange->is_timed = true;
	TAILQ_INSERT_TAIL(&deadlines->waiting, exchange, next);
	if (!evtimer_pending(deadlines->timer, NULL))
		start_timer(deadlines, deadlines->bound_ms);
}

void deadline_end(struct exchange *exchange)
{
	if (exchange->is_timed)
		forget(exchange->worker->deadlines, exchange);
}
