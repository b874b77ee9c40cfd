/* An open event stream: its socket, what waits to be sent on it, and its place in each
 * of its groups.
 *
 * A stream catches up first, group by group: with documents page by page, as fast as
 * its reader reads; without, by one look at the newest number. Then it is live: it gets
 * what its feeds have for all. A stream whose reader does not read is cut off when its
 * backlog passes the limit. */
#ifndef WORKER_LIVE_STREAM_H
#define WORKER_LIVE_STREAM_H

#include "auth/auth.h"
#include "store/store.h"
#include "transit/transit.h"
#include "worker/state.h"
#include "worker/live/sse.h"

#include <sys/queue.h>

struct feed;
struct stream;
struct streams;

/* A stream's place in one of its groups. */
struct membership {
	TAILQ_ENTRY(membership) next; /* of the feed's */
	struct stream *stream;
	struct feed *feed;
	struct store_cursor at; /* while it catches up: what it has */
	bool live;              /* it has caught up: the feed keeps it current */
};

TAILQ_HEAD(membership_list, membership);

struct stream_options {
	struct identity *who; /* held by the stream from now on */
	bool docs;
	enum encoding encoding;
	struct store_cursor since;  /* where to begin */
	const struct slice *groups; /* different ones */
	size_t group_count;
};

struct streams *streams_new(struct worker *worker);
void streams_free(struct streams *streams);
size_t streams_count(const struct streams *streams);
/* Ends them all (the worker drains). */
void streams_end(struct streams *streams);
/* Something is new about a token: streams that it opened are checked again. key =
 * hash_of(token id). */
void streams_recheck(struct streams *streams, uint64_t key);
void streams_recheck_all(struct streams *streams);

/* Begins on a socket (taken over) to which `header`, the head of the answer, is sent
 * first. */
void stream_begin(struct streams *streams, int fd, const struct stream_options *options,
		  struct slice header);
bool stream_has_docs(const struct stream *stream);
enum encoding stream_encoding(const struct stream *stream);
/* Sends an event of one of its groups. With several groups the event's id does not do
 * for the stream: it gets one of its own. Who sends to many counts the events
 * (METRIC_EVENTS) when all are sent. */
void stream_send_event(struct stream *stream, struct sse *sse);

/* The stream of this membership (NULL: none) will be sent to next: by then its part in
 * that has come from memory, which takes as long as the kernel is busy with the one
 * before. */
static inline void stream_expect(const struct membership *membership)
{
	if (membership == NULL)
		return;
	__builtin_prefetch(membership);
	__builtin_prefetch((const char *)membership - 64);
}

#endif
