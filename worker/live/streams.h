/* All event streams of a worker: opening, pings, tokens that end, the end of all. */
#ifndef WORKER_LIVE_STREAMS_H
#define WORKER_LIVE_STREAMS_H

#include "worker/live/subscriber.h"

struct streams;

struct streams_options {
	struct event_base *base;
	const struct counters *counters;
	struct store *store;
	struct feeds *feeds;
	struct auth *auth;               /* NULL: authentication is off */
	struct identity *anyone;         /* the identity of every client then */
	const struct store_quota *quota; /* of tokens that have none */
	size_t backlog_max;     /* bytes that a stream may have queued before it is cut off */
	unsigned ping_interval; /* seconds between comment lines on a stream */
};

/* The options are copied, the objects are the caller's and must outlive the streams.
 * NULL if libevent refuses. */
struct streams *streams_new(const struct streams_options *options);
/* No answer of the store or about a token may be on its way (store_cancel). NULL is
 * fine. */
void streams_free(struct streams *streams);

/* Begins on a socket (taken over) to which `head`, of the response, is sent first. */
void streams_open(struct streams *streams, int fd, const struct subscription *subscription,
		  struct slice head);
/* May the user of this identity open another one? If so, and if there is a limit, it is
 * counted from now on: streams_open takes that over, or streams_uncount ends it. */
bool streams_count_user(struct streams *streams, struct subscription *subscription);
void streams_uncount(struct streams *streams, struct subscription *subscription);
size_t streams_count(const struct streams *streams);
/* Ends one by its number (struct subscriber), if it is there. */
void streams_end_one(struct streams *streams, uint64_t number);
/* Closes all (the worker drains). */
void streams_end(struct streams *streams);

/* Tokens have changed: all streams check theirs again, some in each turn of the
 * loop. */
void streams_recheck_all(struct streams *streams);

/* ---- For handoff_stream.c and publish.c ---- */

const struct streams_options *streams_get_options(const struct streams *streams);
/* A subscriber that has not begun yet; see subscriber_new. */
struct subscriber *streams_add(struct streams *streams, int fd,
			       const struct subscription *subscription);
/* The open one after `subscriber` (NULL: the first), or NULL. */
struct subscriber *streams_next(const struct streams *streams, const struct subscriber *subscriber);

#endif
