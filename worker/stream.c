#include "worker/stream.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/board.h"
#include "worker/feed.h"
#include "worker/page.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A page of a stream that catches up: what is read ahead of a slow reader. */
#define CATCH_UP_LIMIT 1000
#define CATCH_UP_BYTES ((size_t)256 << 10)

/* An event that did not fit into the socket yet. */
struct queued {
	STAILQ_ENTRY(queued) next;
	struct sse *sse;
	size_t sent;
};

STAILQ_HEAD(queue, queued);
TAILQ_HEAD(stream_list, stream);

struct stream {
	TAILQ_ENTRY(stream) next;
	struct streams *streams;
	struct event *event;
	struct identity *who;
	struct queue queue;
	size_t backlog; /* bytes in the queue */
	struct store_cursor since;
	int fd;
	enum encoding encoding;
	bool docs;
	bool reading;  /* an answer of the store is on its way */
	bool checking; /* an answer about the token is on its way */
	bool closed;   /* to be freed when nothing refers to it any more */
	size_t count;
	struct membership groups[];
};

struct streams {
	struct worker *worker;
	struct stream_list all;
	struct stream_list closed;
	size_t count;
	struct stream *next_ping;
	size_t ping_due; /* pings that are due, times the interval */
	struct event *tick;
	struct event *reap;
	struct sse *ping;
};

/* ---- Closing -------------------------------------------------------------------------------------------------------------- */

static void stream_count(struct streams *streams)
{
	board_set(streams->worker->from->shm, streams->worker->from->slot, BOARD_STREAMS, (int64_t)streams->count);
}

/* Closes at once and frees in a later turn: whoever sends to many streams may go on with its list. */
static void stream_close(struct stream *stream, const char *reason)
{
	static const struct timeval next_turn = { 0, 0 };
	struct streams *streams = stream->streams;

	if (stream->closed)
		return;
	stream->closed = true;
	log_debug("stream_closed", LOG_TEXT("reason", reason), LOG_NUMBER("backlog", stream->backlog));
	if (streams->next_ping == stream)
		streams->next_ping = TAILQ_NEXT(stream, next);
	TAILQ_REMOVE(&streams->all, stream, next);
	TAILQ_INSERT_TAIL(&streams->closed, stream, next);
	streams->count--;
	stream_count(streams);
	event_free(stream->event);
	stream->event = NULL;
	close(stream->fd);
	event_add(streams->reap, &next_turn);
}

static void stream_drop_queue(struct stream *stream)
{
	struct queued *queued;

	while ((queued = STAILQ_FIRST(&stream->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&stream->queue, next);
		sse_release(queued->sse);
		free(queued);
	}
	stream->backlog = 0;
}

static void stream_free(struct stream *stream)
{
	TAILQ_REMOVE(&stream->streams->closed, stream, next);
	for (size_t i = 0; i < stream->count; i++)
		feed_leave(&stream->groups[i]);
	stream_drop_queue(stream);
	identity_release(stream->who);
	free(stream);
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

/* ---- Sending -------------------------------------------------------------------------------------------------------------- */

static void on_stream(evutil_socket_t fd, short what, void *arg);

/* Waits for the socket to take more, or for the reader to hang up. */
static void stream_wait(struct stream *stream, bool writable)
{
	short what = (short)(EV_READ | EV_PERSIST | (writable ? EV_WRITE : 0));

	event_del(stream->event);
	event_assign(stream->event, stream->streams->worker->base, stream->fd, what, on_stream, stream);
	if (event_add(stream->event, NULL) < 0)
		stream_close(stream, "event_add");
}

static void stream_queue(struct stream *stream, struct sse *sse, size_t sent)
{
	struct queued *queued;

	if (stream->backlog && stream->backlog + sse->len - sent > stream->streams->worker->settings->stream_backlog) {
		stream_close(stream, "slow_reader");
		return;
	}
	queued = mem_alloc(sizeof(*queued));
	queued->sse = sse_hold(sse);
	queued->sent = sent;
	STAILQ_INSERT_TAIL(&stream->queue, queued, next);
	if (stream->backlog == 0)
		stream_wait(stream, true);
	stream->backlog += sse->len - sent;
}

/* Sends at once what the socket takes, and queues the rest. */
static void stream_send(struct stream *stream, struct sse *sse)
{
	ssize_t sent = 0;

	if (stream->closed)
		return;
	if (stream->backlog == 0) {
		sent = send(stream->fd, sse->bytes, sse->len, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			stream_close(stream, "send_failed");
			return;
		}
		if (sent < 0)
			sent = 0;
	}
	if ((size_t)sent < sse->len)
		stream_queue(stream, sse, (size_t)sent);
}

/* What a resumption must begin with so that nothing is missed in any group: where all of them have come to, or, as long as one is in the middle
 * of a snapshot, where the stream began. */
static struct store_cursor stream_place(const struct stream *stream)
{
	const struct feeds *feeds = stream->streams->worker->feeds;
	struct store_cursor place = feeds_known(feeds);

	for (size_t i = 0; i < stream->count; i++) {
		const struct membership *membership = &stream->groups[i];
		uint64_t done;

		if (!membership->live && (membership->at.bound || membership->at.epoch != place.epoch))
			return stream->since;
		done = membership->live ? feed_done(feeds, membership->feed, stream->docs) : membership->at.seq;
		if (done < place.seq)
			place.seq = done;
	}
	return place;
}

void stream_send_event(struct stream *stream, struct sse *sse)
{
	struct store_cursor place;
	struct sse *own;

	board_add(stream->streams->worker->from->shm, stream->streams->worker->from->slot, BOARD_EVENTS, 1);
	if (stream->count == 1) {
		stream_send(stream, sse);
		return;
	}
	place = stream_place(stream);
	own = sse_with_id(sse, &place);
	stream_send(stream, own);
	sse_release(own);
}

/* An event for this stream alone. */
static void stream_send_new(struct stream *stream, const char *event, const struct store_cursor *place, struct slice data)
{
	struct sse *sse = sse_new(event, place, data);

	stream_send_event(stream, sse);
	sse_release(sse);
}

/* ---- Catching up ---------------------------------------------------------------------------------------------------------- */

static struct membership *stream_behind(struct stream *stream)
{
	for (size_t i = 0; i < stream->count; i++)
		if (!stream->groups[i].live)
			return &stream->groups[i];
	return NULL;
}

/* An answer has come that the stream waited for. False: it was closed meanwhile, or is now. */
static bool stream_has_answer(struct stream *stream, enum rc rc)
{
	static const struct timeval next_turn = { 0, 0 };

	stream->reading = false;
	if (stream->closed)
		event_add(stream->streams->reap, &next_turn);
	else if (rc != RC_OK)
		stream_close(stream, rc_name(rc));
	return !stream->closed;
}

/* Goes on in a later turn, when the socket has taken all there is. */
static void stream_go_on(struct stream *stream)
{
	if (!stream->closed && stream_behind(stream) && stream->backlog == 0)
		stream_wait(stream, true);
}

static void on_catch_up_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct stream *stream = arg;
	struct membership *membership = stream_behind(stream);
	struct buf data = BUF_EMPTY;

	if (!stream_has_answer(stream, rc))
		return;
	membership->at = page->next;
	if (!page->more)
		feed_go_live(membership, page->next.seq);
	if (page->count || page->reset) {
		if (page_put(&data, stream->encoding, feed_group(membership->feed), page) == RC_OK)
			stream_send_new(stream, "change", &page->next, buf_slice(&data));
		else
			stream_close(stream, "value_corrupt");
		buf_free(&data);
	}
	stream_go_on(stream);
}

/* Has the group changed since the place where the stream began? */
static void on_catch_up_latest(void *arg, enum rc rc, const struct store_cursor *latest)
{
	struct stream *stream = arg;
	struct membership *membership = stream_behind(stream);
	struct store_cursor at = membership->at, now;
	struct buf data = BUF_EMPTY;

	if (!stream_has_answer(stream, rc))
		return;
	membership->live = true;
	now = feeds_known(stream->streams->worker->feeds);
	if (latest->seq > now.seq)
		now.seq = latest->seq;
	if (at.epoch != now.epoch || at.bound || at.seq > now.seq || latest->seq > at.seq) {
		page_put_hint(&data, stream->encoding, feed_group(membership->feed), &now);
		stream_send_new(stream, "change", &now, buf_slice(&data));
		buf_free(&data);
	}
	stream_go_on(stream);
}

/* Takes the next step of the group that is behind. */
static void stream_catch_up(struct stream *stream)
{
	struct membership *membership = stream_behind(stream);
	struct store *store = stream->streams->worker->store;
	struct store_query query = { .limit = CATCH_UP_LIMIT, .max_bytes = CATCH_UP_BYTES };

	if (membership == NULL || stream->reading || stream->closed || stream->backlog)
		return;
	stream->reading = true;
	query.group = feed_group(membership->feed);
	query.since = membership->at;
	if (stream->docs)
		store_changes(store, &query, on_catch_up_page, stream);
	else
		store_latest(store, query.group, on_catch_up_latest, stream);
}

/* ---- The socket ----------------------------------------------------------------------------------------------------------- */

static void stream_flush(struct stream *stream)
{
	struct queued *queued;

	while ((queued = STAILQ_FIRST(&stream->queue)) != NULL) {
		ssize_t sent = send(stream->fd, queued->sse->bytes + queued->sent, queued->sse->len - queued->sent, MSG_NOSIGNAL);

		if (sent < 0) {
			if (errno != EAGAIN && errno != EINTR)
				stream_close(stream, "send_failed");
			return;
		}
		queued->sent += (size_t)sent;
		stream->backlog -= (size_t)sent;
		if (queued->sent < queued->sse->len)
			return;
		STAILQ_REMOVE_HEAD(&stream->queue, next);
		sse_release(queued->sse);
		free(queued);
	}
	stream_wait(stream, false);
	stream_catch_up(stream);
}

/* A reader of events has nothing to say: what it sends is dropped, its end of file ends the stream. */
static void stream_listen(struct stream *stream)
{
	char drop[4096];
	ssize_t got = recv(stream->fd, drop, sizeof(drop), 0);

	if (got == 0)
		stream_close(stream, "reader_left");
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		stream_close(stream, "reader_lost");
}

static void on_stream(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;

	(void)fd;
	if (what & EV_READ)
		stream_listen(stream);
	if ((what & EV_WRITE) && !stream->closed)
		stream_flush(stream);
}

/* ---- Beginning ------------------------------------------------------------------------------------------------------------ */

static struct stream *stream_new(struct streams *streams, int fd, const struct stream_options *options)
{
	struct stream *stream = mem_alloc(sizeof(*stream) + options->group_count * sizeof(struct membership));

	stream->streams = streams;
	stream->fd = fd;
	stream->who = options->who;
	stream->docs = options->docs;
	stream->encoding = options->docs ? options->encoding : ENCODING_JSON;
	stream->since = options->since;
	STAILQ_INIT(&stream->queue);
	stream->event = event_new(streams->worker->base, fd, EV_READ | EV_PERSIST, on_stream, stream);
	if (stream->event == NULL) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < options->group_count; i++) {
		stream->groups[i].stream = stream;
		stream->groups[i].at = options->since;
		feed_join(streams->worker->feeds, &stream->groups[i], options->groups[i]);
	}
	stream->count = options->group_count;
	TAILQ_INSERT_TAIL(&streams->all, stream, next);
	streams->count++;
	stream_count(streams);
	return stream;
}

void stream_begin(struct streams *streams, int fd, const struct stream_options *options, struct slice header)
{
	struct stream *stream = stream_new(streams, fd, options);
	struct sse *first = sse_raw(header);
	struct buf data = BUF_EMPTY;

	stream_wait(stream, false);
	stream_send(stream, first);
	sse_release(first);
	for (size_t i = 0; i < stream->count; i++) {
		page_put_hint(&data, stream->encoding, feed_group(stream->groups[i].feed), &stream->since);
		stream_send_new(stream, "connected", &stream->since, buf_slice(&data));
		buf_clear(&data);
	}
	buf_free(&data);
	stream_catch_up(stream);
}

bool stream_has_docs(const struct stream *stream)
{
	return stream->docs;
}

enum encoding stream_encoding(const struct stream *stream)
{
	return stream->encoding;
}

/* ---- All of them ---------------------------------------------------------------------------------------------------------- */

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
	static const struct timeval next_turn = { 0, 0 };

	stream->checking = false;
	if (stream->closed) {
		event_add(stream->streams->reap, &next_turn);
	} else if (rc == RC_DENIED) {
		stream_close(stream, "token_ended");
	} else if (rc == RC_OK && !stream_is_allowed(stream, identity)) {
		stream_close(stream, "token_lost_group");
	} else if (rc == RC_OK) {
		identity_release(stream->who);
		stream->who = identity_hold(identity);
	}
}

static void stream_recheck(struct stream *stream)
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

/* Pings a share of the streams, so that each has its turn within the interval and they are not all written to at once. */
static void streams_ping(struct streams *streams)
{
	size_t interval = streams->worker->settings->ping_interval;

	for (streams->ping_due += streams->count; streams->ping_due >= interval && streams->count; streams->ping_due -= interval) {
		struct stream *stream = streams->next_ping ? streams->next_ping : TAILQ_FIRST(&streams->all);

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
}

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
	if (streams->reap == NULL || streams->tick == NULL || event_add(streams->tick, &every_second) < 0) {
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
	sse_release(streams->ping);
	free(streams);
}

size_t streams_count(const struct streams *streams)
{
	return streams->count;
}
