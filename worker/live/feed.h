/* One feed: keeps the streams of one group current. Hints become events, framed once
 * for all streams of this worker that follow the group.
 *
 * A subscriber joins the feed of each of its groups with a membership. The feed knows
 * no stream: it delivers through the membership. */
#ifndef WORKER_LIVE_FEED_H
#define WORKER_LIVE_FEED_H

#include "store/position.h"
#include "worker/http/counters.h"
#include "worker/live/sse.h"

#include <event2/event.h>
#include <sys/queue.h>

struct feed;
struct membership;
struct subscriber;

/* Sends an event of the group. */
typedef void on_membership_event(struct membership *membership, struct sse *sse);

/* The database is damaged where the changes of the group lie. */
typedef void on_membership_failed(struct membership *membership, enum rc rc);

/* A subscriber's place in one of its groups. */
struct membership {
	TAILQ_ENTRY(membership) next; /* of the feed's */
	struct feed *feed;
	on_membership_event *deliver;
	on_membership_failed *fail;
	struct subscriber *subscriber;
	/* The position up to which it has caught up; without documents, that of the
	 * last event while it did. */
	struct store_position at;
	enum encoding encoding;
	bool docs; /* events carry documents, not only a cursor */
	bool meta; /* which say who wrote them, and when */
	bool live; /* it has caught up: the feed keeps it current */
};

TAILQ_HEAD(membership_list, membership);
TAILQ_HEAD(feed_list, feed);

/* What all feeds of a worker share. */
struct feed_shared {
	struct store *store;
	const struct counters *counters;
	/* The epoch, and the sequence number of each lane up to which all hints of the
	 * ring have been handed to their feeds. A feed that has nothing to deliver is
	 * current up to here. */
	struct store_places announced;
	struct feed_list due;   /* feeds with something to do */
	struct feed_list later; /* the same, but the store did not answer them */
	struct event *turn;     /* does it, in the next turn of the loop (feeds.c) */
	struct event *retry;    /* makes the later ones due */
};

/* The positions of a feed in one lane. Behind `hinted` it has something to deliver.
 *
 *   delivered_hints, delivered_docs  <=  hinted  <=  announced (in the end)
 *
 * delivered_docs, up to where live streams with documents have all, is in `docs_at` of
 * the feed. */
struct feed_lane {
	uint64_t hinted;          /* the newest number that a hint gave for this group */
	uint64_t delivered_hints; /* live streams without documents have events up to here */
};

struct feed {
	struct feed *next_in_bucket; /* of the table (feeds.c) */
	TAILQ_ENTRY(feed) next_due;
	struct feed_shared *shared;
	char *group;
	size_t group_len;
	uint64_t hash;
	struct membership_list hints; /* without documents */
	struct membership_list docs;  /* with documents, live or not */
	size_t metas;                 /* how many of these want meta */
	struct feed_list *list;       /* due or later; NULL: it has nothing to do */
	bool reading;                 /* a page is on its way from the store */
	bool reading_meta;            /* which has meta */
	bool stale;  /* hints may have been missed: the store must be asked for the newest number */
	bool asking; /* the answer to that is on its way */
	unsigned lane;                 /* the first of its lanes, which its numbers are of */
	unsigned lanes;                /* one, unless the group spans lanes */
	struct store_position docs_at; /* delivered_docs, in all its lanes */
	struct feed_lane in[];         /* by lane, from the first */
};

/* A feed of a group that is current. */
struct feed *feed_new(struct feed_shared *shared, struct slice group);
/* No answer of the store may be on its way. */
void feed_free(struct feed *feed);
/* It has no member and no outstanding answer: it may be freed. */
bool feed_is_unused(const struct feed *feed);
struct slice feed_group(const struct feed *feed);

/* Every change that is committed after this call is delivered once the membership is
 * live; earlier ones are for the subscriber to read. `docs`, `meta` and `encoding` must
 * be set and stay. */
void feed_join(struct feed *feed, struct membership *membership);
void feed_leave(struct membership *membership);
/* The subscriber, with documents, has read everything up to `at` of the membership:
 * makes it live, unless the feed is ahead of that and the subscriber must read on. */
void feed_go_live(struct membership *membership);

/* A hint gave this number of one of its lanes. */
void feed_hint(struct feed *feed, unsigned lane, uint64_t number);
/* Moves the positions of a feed that has nothing to do up to `announced`. To be called
 * before a hint is handed to the feed, and before `announced` moves past one. */
void feed_advance(struct feed *feed);
/* Hints may have been missed: asks the store for the newest number. */
void feed_refresh(struct feed *feed);
/* The newest number that it has met in one of its lanes. */
uint64_t feed_known(const struct feed *feed, unsigned lane);
/* Another epoch, `announced` has it, in which these numbers mean the same. */
void feed_take_epoch(struct feed *feed);
/* Another epoch, in which they do not: the feed has nothing to deliver to those who
 * join it from now on; all others must have been closed. */
void feed_restart(struct feed *feed);
/* Delivers, or begins to read from the store. For feeds.c, once in a turn of the
 * loop. */
void feed_turn(struct feed *feed);
/* An empty list of memberships has nothing to deliver to: its side is current. */
void feed_settle(struct feed *feed);

/* All changes of the group in one of its lanes up to here were delivered to its live
 * streams (with documents or without). */
uint64_t feed_delivered(const struct feed *feed, bool docs, unsigned lane);
/* The same as a position: a stream that begins there misses nothing and gets nothing
 * twice. `out` is initialized for the group. */
void feed_position(const struct feed *feed, bool docs, struct store_position *out);

/* ---- feed_position.c, for feed.c ---- */
bool feed_has_lane(const struct feed *feed, unsigned lane);
/* Has it something to deliver to streams with documents, or to those without? */
bool feed_is_behind(const struct feed *feed, bool docs);
/* Has it delivered documents beyond there, in any lane? */
bool feed_is_ahead(const struct feed *feed, const struct store_position *at);
void feed_raise(struct feed *feed, unsigned lane, uint64_t number);
/* Sets the place to all hints; they count as delivered. */
void feed_take_hints(struct feed *feed, struct store_position *place);

/* Prefetches the membership that is delivered to next, and its subscriber's part of the
 * work, which lies in front of it: the kernel is busy with the previous one for about
 * as long. */
static inline void membership_prefetch(const struct membership *membership)
{
	if (membership == NULL)
		return;
	__builtin_prefetch(membership);
	__builtin_prefetch((const char *)membership - 64);
}

#endif
