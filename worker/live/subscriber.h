/* One client of an event stream: its identity, its groups, and the stream to it.
 *
 *   CATCHING UP ─(each membership is live)─▶ LIVE          from both: CLOSED ─▶ freed
 *
 * It catches up first, group by group: with documents page by page, as fast as its
 * client reads; without, by one question for the newest number. Then it is live: its
 * feeds deliver to it. */
#ifndef WORKER_LIVE_SUBSCRIBER_H
#define WORKER_LIVE_SUBSCRIBER_H

#include "auth/auth.h"
#include "store/store.h"
#include "worker/live/feeds.h"
#include "worker/live/stream.h"

#define SUBSCRIBER_GROUPS_MAX 64

/* Why the server ends a stream. */
enum end_code {
	END_UNAUTHORIZED, /* the token was revoked, or replaced */
	END_EXPIRED,
	END_FORBIDDEN, /* the token lost one of the groups */
	END_SLOW,      /* the client did not read */
	END_DRAINING,  /* the server or the worker stops */
	END_ADMIN      /* an administrator has ended it */
};

/* The same for all subscribers of a worker. */
struct subscriber_options {
	struct stream_options stream; /* with subscriber_on_drained */
	struct store *store;
	struct feeds *feeds;
	struct auth *auth; /* NULL: authentication is off */
	/* A closed one, for which answers were on their way, waits for none any
	 * more. */
	void (*on_settled)(struct subscriber *subscriber);
	/* What is known of its token has changed. */
	void (*on_identity)(struct subscriber *subscriber);
};

/* What a client has asked for. */
struct subscription {
	struct identity *identity; /* the reference is the subscriber's from now on */
	bool docs;
	bool meta; /* with who wrote them, and when */
	enum encoding encoding;
	bool is_counted;           /* among the streams of its user (shm/usage.h) */
	unsigned usage;            /* then the entry */
	int64_t opened;            /* seconds since 1970, in another process; 0: now, in this */
	struct store_cursor since; /* where to begin */
	/* The same if the groups are in several lanes, else NULL. */
	const struct store_span *span;
	/* The same if there is one group, which spans lanes, else NULL. */
	const struct store_cursors *all;
	const struct slice *groups; /* different ones */
	size_t group_count;         /* at most SUBSCRIBER_GROUPS_MAX */
};

struct subscriber {
	TAILQ_ENTRY(subscriber) next; /* streams.c's */
	const struct subscriber_options *options;
	struct identity *identity;
	struct store_cursor since; /* where it began */
	uint64_t start;            /* of its first snapshot, if that was from nothing */
	struct store_span *span;   /* as `since`, in several lanes; else NULL */
	enum encoding encoding;
	uint32_t number; /* of the stream, in this process; streams.c's */
	uint32_t opened; /* seconds since 1970, in any process; the same */
	bool docs;
	bool meta;
	bool reading;    /* an answer of the store is on its way */
	bool waiting;    /* the store did not answer: subscriber_catch_up again */
	bool checking;   /* an answer about the token is on its way */
	bool unchecked;  /* the token must be checked again */
	bool is_counted; /* as in the subscription */
	unsigned usage;
	/* The end of the stream's struct and the membership are all that a delivery
	 * needs: they lie side by side (membership_prefetch). */
	struct stream stream;
	size_t count;
	struct membership memberships[];
};

/* Joins its feeds, on a socket that nothing is sent on or waited for yet. The feeds
 * must have started. */
struct subscriber *subscriber_new(const struct subscriber_options *options, int fd,
				  const struct subscription *subscription);
/* Leaves its feeds. It must be closed, and settled. */
void subscriber_free(struct subscriber *subscriber);
/* No answer is on its way. */
bool subscriber_is_settled(const struct subscriber *subscriber);
/* The subscriber of a stream. */
struct subscriber *subscriber_of(struct stream *stream);

/* subscriber_id.c, for subscriber.c: where a resumption must begin so that nothing is
 * missed in any group; in the middle of a snapshot that is where the stream began. In
 * either case some groups may have shown documents beyond that: in an epoch that lacks
 * any of these, the resumption resets. Returns the length. */
size_t subscriber_id(const struct subscriber *subscriber, char out[STORE_SPAN_TEXT_MAX]);

/* Sends the head of the response and an event for each group, and begins to catch
 * up. */
void subscriber_start(struct subscriber *subscriber, struct slice head);
/* Takes the next step of the group that is behind, if one is, nothing is on its way and
 * the socket has taken all there was. */
void subscriber_catch_up(struct subscriber *subscriber);
/* For stream_options: the same. */
void subscriber_on_drained(struct stream *stream);
/* Sends the event `end` with that code (doc/protocol.md) and closes the stream. A
 * client that has not taken what was sent before has STREAM_END_MS, if it may wait. */
void subscriber_end(struct subscriber *subscriber, enum end_code code);
/* For stream_options: a client that does not read. */
void subscriber_on_slow(struct stream *stream);
/* Checks its token with the store, and closes it if that is not good any more. If the
 * store cannot answer, or is answering an earlier check, `unchecked` remains set: call
 * again. */
void subscriber_recheck(struct subscriber *subscriber);

#endif
