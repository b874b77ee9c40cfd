/* Streams from within: what stream.c (one of them, its socket), catch_up.c (its
 * beginning) and streams.c (all of them) share. */
#ifndef WORKER_LIVE_STREAM_STATE_H
#define WORKER_LIVE_STREAM_STATE_H

#include "worker/live/stream.h"

#include <event2/event.h>

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
	struct store_cursor since;
	enum encoding encoding;
	bool docs;
	bool reading;  /* an answer of the store is on its way */
	bool checking; /* an answer about the token is on its way */
	/* A delivery needs no more than this, and the membership by which it came here:
	 * they lie side by side (stream_expect). */
	bool closed; /* to be freed when nothing refers to it any more */
	int fd;
	size_t backlog; /* bytes in the queue */
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

/* Takes its place among all, on a socket that nothing is sent on or waited for yet. */
struct stream *stream_new(struct streams *streams, int fd, const struct stream_options *options);
/* Is its token still good? */
void stream_recheck(struct stream *stream);
/* Closes at once and frees in a later turn: whoever sends to many streams may go on
 * with its list. The reason is for the log. */
void stream_close(struct stream *stream, const char *reason);
/* Gives back a closed stream that no answer is on its way for. */
void stream_free(struct stream *stream);
/* Frees closed streams in the next turn of the loop. */
void streams_reap(struct streams *streams);
/* Sends at once what the socket takes, and queues the rest. */
void stream_send(struct stream *stream, struct sse *sse);
/* An event for this stream alone. */
void stream_send_new(struct stream *stream, const char *event, const struct store_cursor *place,
		     struct slice data);
/* Waits for the socket to take more, or for the reader to hang up. */
void stream_wait(struct stream *stream, bool writable);
/* Takes the next step of the group that is behind, if one is; called when the socket
 * has taken all there was. */
void stream_catch_up(struct stream *stream);
void streams_count_changed(struct streams *streams);

#endif
