/* The socket of an event stream. Called by worker/live/subscriber, which knows its
 * content, and by the event loop. */
#include "worker/live/stream.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_stream(evutil_socket_t fd, short what, void *arg);

void stream_init(struct stream *stream, const struct stream_options *options, int fd)
{
	assert(fd >= 0 && options->on_slow && options->on_drained && options->on_closed);
	stream->options = options;
	stream->fd = fd;
	STAILQ_INIT(&stream->queue);
	stream->event = event_new(options->base, fd, EV_READ | EV_PERSIST, on_stream, stream);
	if (stream->event == NULL) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

void stream_wait(struct stream *stream, bool writable)
{
	short what = (short)(EV_READ | EV_PERSIST | (writable ? EV_WRITE : 0));

	assert(!stream->closed);
	event_del(stream->event);
	event_assign(stream->event, stream->options->base, stream->fd, what, on_stream, stream);
	if (event_add(stream->event, NULL) < 0)
		stream_close(stream, "event_add");
}

bool stream_wait_stop(struct stream *stream)
{
	assert(!stream->closed);
	if (!event_pending(stream->event, EV_READ | EV_WRITE, NULL))
		return false;
	event_del(stream->event);
	return true;
}

/* ---- Closing ---- */

void stream_close(struct stream *stream, const char *reason)
{
	if (stream->closed)
		return;
	stream->closed = true;
	log_debug("stream_closed", LOG_TEXT("reason", reason),
		  LOG_NUMBER("backlog", stream->backlog));
	event_free(stream->event);
	stream->event = NULL;
	close(stream->fd);
	stream->options->on_closed(stream);
}

static void stream_unqueue(struct stream *stream)
{
	struct queued *queued = STAILQ_FIRST(&stream->queue);

	STAILQ_REMOVE_HEAD(&stream->queue, next);
	sse_unref(queued->sse);
	free(queued);
}

void stream_clear(struct stream *stream)
{
	assert(stream->closed);
	while (!STAILQ_EMPTY(&stream->queue))
		stream_unqueue(stream);
	stream->backlog = 0;
}

/* ---- Sending ---- */

static void stream_append(struct stream *stream, struct sse *sse, size_t sent)
{
	struct queued *queued = mem_alloc(sizeof(*queued));

	queued->sse = sse_ref(sse);
	queued->sent = sent;
	STAILQ_INSERT_TAIL(&stream->queue, queued, next);
	if (stream->backlog == 0)
		stream_wait(stream, true);
	stream->backlog += sse->len - sent;
}

static void stream_queue(struct stream *stream, struct sse *sse, size_t sent)
{
	if (stream->backlog && stream->backlog + sse->len - sent > stream->options->backlog_max) {
		counters_add(stream->options->counters, METRIC_SLOW_READERS, 1);
		stream->options->on_slow(stream);
	} else {
		stream_append(stream, sse, sent);
	}
}

void stream_send(struct stream *stream, struct sse *sse)
{
	ssize_t sent = 0;

	if (stream->closed || stream->ending)
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

/* ---- The end ---- */

/* Keeps the first event if the client has a part of it already. */
static void stream_drop_queue(struct stream *stream)
{
	struct queued *kept = STAILQ_FIRST(&stream->queue);

	if (kept && kept->sent > 0)
		STAILQ_REMOVE_HEAD(&stream->queue, next);
	else
		kept = NULL;
	while (!STAILQ_EMPTY(&stream->queue))
		stream_unqueue(stream);
	stream->backlog = 0;
	if (kept) {
		STAILQ_INSERT_HEAD(&stream->queue, kept, next);
		stream->backlog = kept->sse->len - kept->sent;
	}
}

void stream_end(struct stream *stream, struct sse *last, const char *reason)
{
	if (stream->closed || stream->ending)
		return;
	stream_drop_queue(stream);
	if (stream->backlog)
		stream_append(stream, last, 0);
	else
		stream_send(stream, last);
	if (stream->closed)
		return;
	stream->ending = reason;
	stream->end_by = clock_ms() + STREAM_END_MS;
	if (stream->backlog == 0)
		stream_close(stream, reason);
}

void stream_end_overdue(struct stream *stream, uint64_t now)
{
	if (stream->ending && now >= stream->end_by)
		stream_close(stream, stream->ending);
}

/* ---- The socket ---- */

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
		stream_unqueue(stream);
	}
	if (stream->ending)
		stream_close(stream, stream->ending);
	else
		stream_wait(stream, false);
	if (!stream->closed)
		stream->options->on_drained(stream);
}

/* A client has nothing to send on an event stream: its bytes are dropped, its end of
 * file ends the stream. */
static void stream_drop_input(struct stream *stream)
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
		stream_drop_input(stream);
	if ((what & EV_WRITE) && !stream->closed)
		stream_flush(stream);
}
