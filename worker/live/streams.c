#include "worker/live/stream_state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "worker/live/feed.h"

#include <stdlib.h>

/* ---- Counting and
 * reaping -------------------------------------------------------------------------- */

void streams_count_changed(struct streams *streams)
{
	/* A gauge of the slot is its successor's. */
	if (!streams->worker->leaving)
		scoreboard_set(streams->worker->from->shm, streams->worker->from->slot,
			       METRIC_STREAMS, (int64_t)streams->count);
}

static void on_reap(evutil_socket_t unused, short what, void *arg)
{
	struct streams *streams = arg;
	struct stream *stream, *after;

	(void)unused;
	(void)what;
	for (stream = TAILQ_FIRST(&streams->closed); stream; stream = after) {
		after = TAILQ_NEXT(stream, next);
		if (!stream->reading && !stream->checking)
			stream_free(stream);
	}
}

void streams_reap(struct streams *streams)
{
	static const struct timeval next_turn = { 0, 0 };

	event_add(streams->reap, &next_turn);
}

/* ----
 * Tokens ------------------------------------------------------------------------------
 */

static bool stream_is_allowed(const struct stream *stream, const struct identity *who)
{
	for (size_t i = 0; i < stream->count; i++)
		if (!identity_may_group(who, feed_group(stream->groups[i].feed), AUTH_READ))
			return false;
	return true;
}

static void on_rechecked(void *arg, enum rc rc, struct identity *identity)
{
	struct stream *stream = arg;

	stream->checking = false;
	if (stream->closed) {
		streams_reap(stream->streams);
	} else if (rc == RC_DENIED) {
		stream_close(stream, "token_ended");
	} else if (rc == RC_OK && !stream_is_allowed(stream, identity)) {
		stream_close(stream, "token_lost_group");
	} else if (rc == RC_OK) {
		identity_unref(stream->who);
		stream->who = identity_ref(identity);
	}
}

void stream_recheck(struct stream *stream)
{
	if (stream->checking || stream->streams->worker->auth == NULL)
		return;
	stream->checking = true;
	auth_recheck(stream->streams->worker->auth, stream->who, on_rechecked, stream);
}

void streams_recheck(struct streams *streams, uint64_t key)
{
	struct stream *stream, *after;

	for (stream = TAILQ_FIRST(&streams->all); stream; stream = after) {
		after = TAILQ_NEXT(stream, next);
		if (stream->who->key == key)
			stream_recheck(stream);
	}
}

void streams_recheck_all(struct streams *streams)
{
	struct stream *stream, *after;

	for (stream = TAILQ_FIRST(&streams->all); stream; stream = after) {
		after = TAILQ_NEXT(stream, next);
		stream_recheck(stream);
	}
}

/* ---- Each
 * second ------------------------------------------------------------------------------
 */

/* Pings a share of the streams, so that each has its turn within the interval and they
 * are not all written to at once. */
static void streams_ping(struct streams *streams)
{
	size_t interval = streams->worker->settings->ping_interval;

	for (streams->ping_due += streams->count; streams->ping_due >= interval && streams->count;
	     streams->ping_due -= interval) {
		struct stream *stream =
			streams->next_ping ? streams->next_ping : TAILQ_FIRST(&streams->all);

		streams->next_ping = TAILQ_NEXT(stream, next);
		stream_send(stream, streams->ping);
	}
}

/* Each second: ends the streams whose tokens have expired, and pings. */
static void on_tick(evutil_socket_t unused, short what, void *arg)
{
	struct streams *streams = arg;
	struct stream *stream, *after;
	int64_t now = clock_wall();

	(void)unused;
	(void)what;
	for (stream = TAILQ_FIRST(&streams->all); stream; stream = after) {
		after = TAILQ_NEXT(stream, next);
		if (!identity_is_current(stream->who, now))
			stream_close(stream, "token_expired");
	}
	streams_ping(streams);
	streams_count_changed(streams); /* a predecessor in this slot may have had the last word */
}

/* ---- All of
 * them --------------------------------------------------------------------------------
 */

struct streams *streams_new(struct worker *worker)
{
	static const struct timeval every_second = { 1, 0 };
	struct streams *streams = mem_alloc(sizeof(*streams));

	streams->worker = worker;
	TAILQ_INIT(&streams->all);
	TAILQ_INIT(&streams->closed);
	streams->ping = sse_raw(slice_of(": ping\n\n"));
	streams->reap = evtimer_new(worker->base, on_reap, streams);
	streams->tick = event_new(worker->base, -1, EV_PERSIST, on_tick, streams);
	if (streams->reap == NULL || streams->tick == NULL ||
	    event_add(streams->tick, &every_second) < 0) {
		streams_free(streams);
		return NULL;
	}
	return streams;
}

void streams_end(struct streams *streams)
{
	struct stream *stream;

	while ((stream = TAILQ_FIRST(&streams->all)) != NULL)
		stream_close(stream, "drain");
}

void streams_free(struct streams *streams)
{
	struct stream *stream;

	if (streams == NULL)
		return;
	streams_end(streams);
	while ((stream = TAILQ_FIRST(&streams->closed)) != NULL)
		stream_free(stream);
	if (streams->tick)
		event_free(streams->tick);
	if (streams->reap)
		event_free(streams->reap);
	sse_unref(streams->ping);
	free(streams);
}

size_t streams_count(const struct streams *streams)
{
	return streams->count;
}
