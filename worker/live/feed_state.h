/* Feeds from within: what feed.c (one of them) and feeds.c (their table, the ring)
 * share. */
#ifndef WORKER_LIVE_FEED_STATE_H
#define WORKER_LIVE_FEED_STATE_H

#include "shm/ring.h"
#include "worker/live/feed.h"

#include <event2/event.h>

struct feed {
	struct feed *next_in_bucket;
	TAILQ_ENTRY(feed) next_due;
	struct feeds *feeds;
	char *group;
	size_t group_len;
	uint64_t hash;
	struct membership_list hints; /* streams without documents */
	struct membership_list docs;  /* streams with documents, live or not */
	uint64_t wanted, told;
	struct store_cursor read;
	bool due;     /* is in the list of those with something to do */
	bool reading; /* a page is on its way */
	bool unsure;  /* hints may have been missed: its newest number must be asked for */
	bool asking;  /* the answer to that is on its way */
};

TAILQ_HEAD(feed_list, feed);

struct feeds {
	struct worker *worker;
	struct feed **table;
	size_t size, count;
	struct feed_list due;
	struct ring_reader reader;
	uint64_t resyncs;
	struct store_cursor known;
	struct event *turn; /* works off what is due, one round in each turn of the loop */
};

/* False: nobody follows it any more, and it is gone, or will be when the answers that
 * it waits for are here. */
bool feed_is_alive(struct feed *feed);
/* The ring told of this number (0: look again whether there is something to do). */
void feed_want(struct feed *feed, uint64_t number);
/* Call before a hint is handed to it, while what `known` says is true of it without
 * that hint. */
void feed_keep_up(struct feed *feed);
/* Hints may have been missed: the database will be asked for the newest number. */
void feed_doubt(struct feed *feed);
/* Works off what is due (an event callback). */
void feeds_turn(evutil_socket_t unused, short what, void *feeds);

#endif
