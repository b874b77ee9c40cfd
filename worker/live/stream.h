/* A socket with a queue of events (sse.h) that are to be sent on it. A client that does
 * not read is cut off when its backlog passes the limit. */
#ifndef WORKER_LIVE_STREAM_H
#define WORKER_LIVE_STREAM_H

#include "worker/http/counters.h"
#include "worker/live/sse.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event;
struct event_base;
struct stream;

typedef void on_stream_event(struct stream *stream);

/* The same for all streams of a worker. */
struct stream_options {
	struct event_base *base;
	const struct counters *counters;
	size_t backlog_max;          /* bytes that a stream may have queued before it is cut off */
	on_stream_event *on_slow;    /* its client does not read: stream_end it, or close it */
	on_stream_event *on_drained; /* the socket has taken all there was */
	on_stream_event *on_closed;  /* called once */
};

#define STREAM_END_MS 10000

/* An event that did not fit into the socket yet. */
struct queued {
	STAILQ_ENTRY(queued) next;
	struct sse *sse;
	size_t sent;
};

STAILQ_HEAD(stream_queue, queued);

/* Part of its owner's struct, which gets it back from the callbacks. The last three
 * members are all that a send into an empty queue needs (feed.h,
 * membership_prefetch). */
struct stream {
	const struct stream_options *options;
	struct event *event;
	struct stream_queue queue;
	const char *ending; /* the reason, once the last event is queued; else NULL */
	uint64_t end_by;    /* of an ending one: when it is closed in any case, clock_ms */
	bool closed;
	int fd;
	size_t backlog; /* bytes in the queue */
};

/* Takes over the socket; waits for nothing yet. */
void stream_init(struct stream *stream, const struct stream_options *options, int fd);
/* Waits for the client to hang up and, if `writable`, for the socket to take more. */
void stream_wait(struct stream *stream, bool writable);
/* Waits for nothing; false: it did so already. */
bool stream_wait_stop(struct stream *stream);
/* Sends at once as much as the socket takes, and queues the rest. Does nothing on a
 * closed or ending one. */
void stream_send(struct stream *stream, struct sse *sse);
/* Drops what is queued, except the rest of an event that has begun, sends a last event,
 * and closes the socket when that has been taken, or STREAM_END_MS later
 * (stream_end_overdue). `reason`, for the log, must live as long. */
void stream_end(struct stream *stream, struct sse *last, const char *reason);
/* Closes an ending one whose time is over. To be called each second. */
void stream_end_overdue(struct stream *stream, uint64_t now);
/* Closes the socket. The stream itself stays, because the caller may be in a list of
 * streams that it sends to: the owner frees it in a later turn of the loop. The reason
 * is for the log. */
void stream_close(struct stream *stream, const char *reason);
/* Frees the queue of a closed stream. */
void stream_clear(struct stream *stream);

#endif
