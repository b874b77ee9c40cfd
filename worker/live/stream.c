#include "worker/live/stream_state.h"

#include "base/log.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "worker/live/feed.h"
#include "worker/page.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_stream(evutil_socket_t fd, short what, void *arg);

/* ----
 * Closing -----------------------------------------------------------------------------
 */

void stream_close(struct stream *stream, const char *reason)
{
	struct streams *streams = stream->streams;

	if (stream->closed)
		return;
	stream->closed = true;
	log_debug("stream_closed", LOG_TEXT("reason", reason),
		  LOG_NUMBER("backlog", stream->backlog));
	if (streams->next_ping == stream)
		streams->next_ping = TAILQ_NEXT(stream, next);
	TAILQ_REMOVE(&streams->all, stream, next);
	TAILQ_INSERT_TAIL(&streams->closed, stream, next);
	streams->count--;
	streams_count_changed(streams);
	event_free(stream->event);
	stream->event = NULL;
	close(stream->fd);
	streams_reap(streams);
}

static void stream_drop_queue(struct stream *stream)
{
	struct queued *queued;

	while ((queued = STAILQ_FIRST(&stream->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&stream->queue, next);
		sse_unref(queued->sse);
		free(queued);
	}
	stream->backlog = 0;
}

void stream_free(struct stream *stream)
{
	TAILQ_REMOVE(&stream->streams->closed, stream, next);
	for (size_t i = 0; i < stream->count; i++)
		feed_leave(&stream->groups[i]);
	stream_drop_queue(stream);
	identity_unref(stream->who);
	free(stream);
}

/* ----
 * Sending -----------------------------------------------------------------------------
 */

void stream_wait(struct stream *stream, bool writable)
{
	short what = (short)(EV_READ | EV_PERSIST | (writable ? EV_WRITE : 0));

	event_del(stream->event);
	event_assign(stream->event, stream->streams->worker->base, stream->fd, what, on_stream,
		     stream);
	if (event_add(stream->event, NULL) < 0)
		stream_close(stream, "event_add");
}

static void stream_queue(struct stream *stream, struct sse *sse, size_t sent)
{
	struct queued *queued;

	if (stream->backlog &&
	    stream->backlog + sse->len - sent > stream->streams->worker->settings->stream_backlog) {
		scoreboard_add(stream->streams->worker->from->shm,
			       stream->streams->worker->from->slot, METRIC_SLOW, 1);
		stream_close(stream, "slow_reader");
		return;
	}
	queued = mem_alloc(sizeof(*queued));
	queued->sse = sse_ref(sse);
	queued->sent = sent;
	STAILQ_INSERT_TAIL(&stream->queue, queued, next);
	if (stream->backlog == 0)
		stream_wait(stream, true);
	stream->backlog += sse->len - sent;
}

void stream_send(struct stream *stream, struct sse *sse)
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

/* What a resumption must begin with so that nothing is missed in any group: where all
 * of them have come to, or, as long as one is in the middle of a snapshot, where the
 * stream began. */
static struct store_cursor stream_place(const struct stream *stream)
{
	const struct feeds *feeds = stream->streams->worker->feeds;
	struct store_cursor place = feeds_known(feeds);

	for (size_t i = 0; i < stream->count; i++) {
		const struct membership *membership = &stream->groups[i];
		uint64_t done;

		if (!membership->live &&
		    (membership->at.bound || membership->at.epoch != place.epoch))
			return stream->since;
		done = membership->live ? feed_done(feeds, membership->feed, stream->docs)
					: membership->at.seq;
		if (done < place.seq)
			place.seq = done;
	}
	return place;
}

void stream_send_event(struct stream *stream, struct sse *sse)
{
	struct store_cursor place;
	struct sse *own;

	if (stream->count == 1) {
		stream_send(stream, sse);
		return;
	}
	place = stream_place(stream);
	own = sse_with_id(sse, &place);
	stream_send(stream, own);
	sse_unref(own);
}

void stream_send_new(struct stream *stream, const char *event, const struct store_cursor *place,
		     struct slice data)
{
	struct sse *sse = sse_new(event, place, data);

	scoreboard_add(stream->streams->worker->from->shm, stream->streams->worker->from->slot,
		       METRIC_EVENTS, 1);
	stream_send_event(stream, sse);
	sse_unref(sse);
}

/* ---- The
 * socket ------------------------------------------------------------------------------
 */

static void stream_flush(struct stream *stream)
{
	struct queued *queued;

	while ((queued = STAILQ_FIRST(&stream->queue)) != NULL) {
		ssize_t sent = send(stream->fd, queued->sse->bytes + queued->sent,
				    queued->sse->len - queued->sent, MSG_NOSIGNAL);

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
		sse_unref(queued->sse);
		free(queued);
	}
	stream_wait(stream, false);
	stream_catch_up(stream);
}

/* A reader of events has nothing to say: what it sends is dropped, its end of file ends
 * the stream.
 */
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

/* ----
 * Beginning ---------------------------------------------------------------------------
 */

struct stream *stream_new(struct streams *streams, int fd, const struct stream_options *options)
{
	struct stream *stream =
		mem_alloc(sizeof(*stream) + options->group_count * sizeof(struct membership));

	stream->streams = streams;
	stream->fd = fd;
	stream->who = options->who;
	stream->docs = options->docs;
	stream->encoding = options->docs ? options->encoding : ENCODING_JSON;
	stream->since = options->since;
	STAILQ_INIT(&stream->queue);
	stream->event =
		event_new(streams->worker->base, fd, EV_READ | EV_PERSIST, on_stream, stream);
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
	streams_count_changed(streams);
	return stream;
}

void stream_begin(struct streams *streams, int fd, const struct stream_options *options,
		  struct slice header)
{
	struct stream *stream = stream_new(streams, fd, options);
	struct sse *first = sse_raw(header);
	struct buf data = BUF_EMPTY;

	scoreboard_add(streams->worker->from->shm, streams->worker->from->slot, METRIC_OPENED, 1);
	stream_wait(stream, false);
	stream_send(stream, first);
	sse_unref(first);
	for (size_t i = 0; i < stream->count; i++) {
		page_put_hint(&data, stream->encoding, feed_group(stream->groups[i].feed),
			      &stream->since);
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
