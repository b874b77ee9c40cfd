/* The table of event streams. Called by worker/events (new ones), worker/worker (the
 * end) and worker/live/hint_reader (tokens that changed). */
#include "worker/live/streams.h"

#include "auth/quota.h"
#include "base/clock.h"
#include "base/mem.h"
#include "shm/usage.h"
#include "worker/live/publish.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

TAILQ_HEAD(subscriber_list, subscriber);

/* Subscribers whose tokens are checked in one turn of the loop, with a query each if
 * all have different ones. */
#define TURN_RECHECKS 128

struct streams {
	struct streams_options options;
	struct subscriber_options each;
	struct subscriber_list all;
	struct subscriber_list closed; /* to be freed */
	size_t count;                  /* of all */
	struct subscriber *next_ping;
	size_t ping_due; /* pings that are due, times the interval */
	struct subscriber *next_recheck;
	size_t rechecks; /* steps from there, around the list, until all have been checked */
	struct event *recheck;
	struct event *tick;
	struct event *reap;
	struct sse *ping;
	unsigned column; /* of this process, for the streams of users */
	uint32_t last_number;
};

static struct streams *streams_of(struct subscriber *subscriber)
{
	const struct subscriber_options *each = subscriber->options;

	return (struct streams *)((char *)(uintptr_t)each - offsetof(struct streams, each));
}

static void streams_count_changed(const struct streams *streams)
{
	counters_set(streams->options.counters, METRIC_STREAMS, streams->count);
}

/* ---- The streams of a user ---- */

static int64_t streams_limit(const struct streams *streams, const struct identity *identity)
{
	return quota_limit(&identity->quota, streams->options.quota, STORE_QUOTA_STREAMS);
}

bool streams_count_user(struct streams *streams, struct subscription *subscription)
{
	const int64_t limit = streams_limit(streams, subscription->identity);

	subscription->is_counted =
		limit > 0 &&
		usage_open_stream(streams->options.counters->shm, streams->column,
				  subscription->identity->user_key, limit, &subscription->usage);
	return subscription->is_counted || limit <= 0;
}

void streams_uncount(struct streams *streams, struct subscription *subscription)
{
	if (subscription->is_counted)
		usage_close_stream(streams->options.counters->shm, streams->column,
				   subscription->usage);
	subscription->is_counted = false;
}

/* One that is open, from a predecessor or before there was a limit: it stays,
 * regardless of the limit. */
static void on_renewed(struct subscriber *subscriber)
{
	const struct streams *streams = streams_of(subscriber);

	if (subscriber->is_counted || streams_limit(streams, subscriber->identity) <= 0)
		return;
	subscriber->is_counted = true;
	subscriber->usage = usage_add_stream(streams->options.counters->shm, streams->column,
					     subscriber->identity->user_key);
}

static void streams_uncount_one(const struct streams *streams, struct subscriber *subscriber)
{
	if (subscriber->is_counted)
		usage_close_stream(streams->options.counters->shm, streams->column,
				   subscriber->usage);
	subscriber->is_counted = false;
}

/* ---- Closing and freeing ---- */

static void on_reap(evutil_socket_t unused, short what, void *arg)
{
	struct streams *streams = arg;
	struct subscriber *subscriber, *after;

	(void)unused;
	(void)what;
	for (subscriber = TAILQ_FIRST(&streams->closed); subscriber; subscriber = after) {
		after = TAILQ_NEXT(subscriber, next);
		if (!subscriber_is_settled(subscriber))
			continue;
		TAILQ_REMOVE(&streams->closed, subscriber, next);
		subscriber_free(subscriber);
	}
}

/* In the next turn of the loop. */
static void on_settled(struct subscriber *subscriber)
{
	static const struct timeval next_turn = { 0, 0 };

	event_add(streams_of(subscriber)->reap, &next_turn);
}

static void on_closed(struct stream *stream)
{
	struct subscriber *subscriber = subscriber_of(stream);
	struct streams *streams = streams_of(subscriber);

	if (streams->next_ping == subscriber)
		streams->next_ping = TAILQ_NEXT(subscriber, next);
	if (streams->next_recheck == subscriber)
		streams->next_recheck = TAILQ_NEXT(subscriber, next);
	TAILQ_REMOVE(&streams->all, subscriber, next);
	TAILQ_INSERT_TAIL(&streams->closed, subscriber, next);
	streams->count--;
	streams_uncount_one(streams, subscriber);
	streams_count_changed(streams);
	on_settled(subscriber);
}

void streams_end_one(struct streams *streams, uint64_t number)
{
	struct subscriber *subscriber = TAILQ_FIRST(&streams->all);

	while (subscriber && subscriber->number != number)
		subscriber = TAILQ_NEXT(subscriber, next);
	if (subscriber)
		subscriber_end(subscriber, END_ADMIN);
}

void streams_end(struct streams *streams)
{
	struct subscriber *subscriber;

	while ((subscriber = TAILQ_FIRST(&streams->all)) != NULL)
		subscriber_end(subscriber, END_DRAINING);
}

/* ---- Tokens ---- */

static void on_recheck(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct streams *streams = arg;

	(void)unused;
	(void)what;
	for (int i = 0; i < TURN_RECHECKS && streams->rechecks && streams->count; i++) {
		struct subscriber *subscriber =
			streams->next_recheck ? streams->next_recheck : TAILQ_FIRST(&streams->all);

		streams->next_recheck = TAILQ_NEXT(subscriber, next);
		streams->rechecks--;
		subscriber_recheck(subscriber);
	}
	if (streams->count == 0)
		streams->rechecks = 0;
	if (streams->rechecks)
		event_add(streams->recheck, &next_turn);
}

void streams_recheck_all(struct streams *streams)
{
	streams->rechecks = streams->count;
	on_recheck(-1, 0, streams);
}

/* ---- Each second ---- */

/* Pings a share of the streams, so that each has its turn within the interval and they
 * are not all written to at once. */
static void streams_ping(struct streams *streams)
{
	size_t interval = streams->options.ping_interval;

	for (streams->ping_due += streams->count; streams->ping_due >= interval && streams->count;
	     streams->ping_due -= interval) {
		struct subscriber *subscriber =
			streams->next_ping ? streams->next_ping : TAILQ_FIRST(&streams->all);

		streams->next_ping = TAILQ_NEXT(subscriber, next);
		stream_send(&subscriber->stream, streams->ping);
	}
}

/* Ends the streams whose tokens have expired or whose time is over, repeats checks of
 * tokens and questions that failed, and pings. */
static void on_tick(evutil_socket_t unused, short what, void *arg)
{
	struct streams *streams = arg;
	struct subscriber *subscriber, *after;
	int64_t now = clock_wall();
	uint64_t turn = clock_ms();

	(void)unused;
	(void)what;
	for (subscriber = TAILQ_FIRST(&streams->all); subscriber; subscriber = after) {
		after = TAILQ_NEXT(subscriber, next);
		if (!identity_is_current(subscriber->identity, now))
			subscriber_end(subscriber, END_EXPIRED);
		else if (subscriber->stream.ending)
			stream_end_overdue(&subscriber->stream, turn);
		else if (subscriber->unchecked)
			subscriber_recheck(subscriber);
		if (subscriber->waiting)
			subscriber_catch_up(subscriber);
	}
	streams_ping(streams);
	streams_publish(streams, streams->options.counters->shm, streams->column);
	/* The predecessor in this slot may have set it after this process did. */
	streams_count_changed(streams);
}

/* ---- Opening ---- */

struct subscriber *streams_add(struct streams *streams, int fd,
			       const struct subscription *subscription)
{
	struct subscriber *subscriber = subscriber_new(&streams->each, fd, subscription);

	subscriber->number = ++streams->last_number;
	subscriber->opened = (uint32_t)(subscription->opened ? subscription->opened : clock_wall());
	TAILQ_INSERT_TAIL(&streams->all, subscriber, next);
	streams->count++;
	if (streams->rechecks)
		streams->rechecks++; /* it may lie in the way */
	on_renewed(subscriber);
	streams_count_changed(streams);
	return subscriber;
}

void streams_open(struct streams *streams, int fd, const struct subscription *subscription,
		  struct slice head)
{
	subscriber_start(streams_add(streams, fd, subscription), head);
}

/* ---- All of them ---- */

struct streams *streams_new(const struct streams_options *options)
{
	static const struct timeval every_second = { 1, 0 };
	struct streams *streams = mem_alloc(sizeof(*streams));

	assert(options->base && options->store && options->feeds && options->quota);
	assert(options->ping_interval > 0);
	streams->options = *options;
	streams->column = usage_column(options->counters->shm, options->counters->slot);
	streams->each = (struct subscriber_options){
		.stream = { .base = options->base,
			    .counters = options->counters,
			    .backlog_max = options->backlog_max,
			    .on_slow = subscriber_on_slow,
			    .on_drained = subscriber_on_drained,
			    .on_closed = on_closed },
		.store = options->store,
		.feeds = options->feeds,
		.auth = options->auth,
		.on_settled = on_settled,
		.on_identity = on_renewed,
	};
	TAILQ_INIT(&streams->all);
	TAILQ_INIT(&streams->closed);
	streams->ping = sse_raw(slice_of(": ping\n\n"));
	streams->reap = evtimer_new(options->base, on_reap, streams);
	streams->recheck = evtimer_new(options->base, on_recheck, streams);
	streams->tick = event_new(options->base, -1, EV_PERSIST, on_tick, streams);
	if (streams->reap == NULL || streams->recheck == NULL || streams->tick == NULL ||
	    event_add(streams->tick, &every_second) < 0) {
		streams_free(streams);
		return NULL;
	}
	return streams;
}

void streams_free(struct streams *streams)
{
	struct subscriber *subscriber;

	if (streams == NULL)
		return;
	streams_end(streams);
	while ((subscriber = TAILQ_FIRST(&streams->closed)) != NULL) {
		TAILQ_REMOVE(&streams->closed, subscriber, next);
		subscriber_free(subscriber);
	}
	if (streams->tick)
		event_free(streams->tick);
	if (streams->reap)
		event_free(streams->reap);
	if (streams->recheck)
		event_free(streams->recheck);
	sse_unref(streams->ping);
	free(streams);
}

size_t streams_count(const struct streams *streams)
{
	return streams->count;
}

const struct streams_options *streams_get_options(const struct streams *streams)
{
	return &streams->options;
}

struct subscriber *streams_next(const struct streams *streams, const struct subscriber *subscriber)
{
	return subscriber ? TAILQ_NEXT(subscriber, next) : TAILQ_FIRST(&streams->all);
}
