/* The parts of feeds.h that know each other: feeds.c has the table and the turns,
 * feeds_scan.c looks for what lost hints were about, feeds_epoch.c asks whether numbers
 * still mean the same. For these alone. */
#ifndef WORKER_LIVE_FEEDS_STATE_H
#define WORKER_LIVE_FEEDS_STATE_H

#include "worker/live/feeds.h"

/* Places of the table that one turn of the loop compares at most. */
#define FEEDS_TURN_PLACES 2048

/* Goes once around the table, from any place. While it is under way, `announced`
 * waits: it may not pass a commit whose lost hint a feed has not been compared for. A
 * commit is in the buckets before it is in `committed` (shm/ring.h), so all up to a
 * number that was read from there at the beginning is accounted for at the end. If
 * hints are lost again meanwhile, another round follows: with restarts instead, hints
 * that are lost again and again would keep the last places from ever being reached. */
struct feeds_scan {
	bool running, again;
	bool all, all_again;               /* compares nothing, refreshes every feed */
	size_t at, left;                   /* places of the table */
	uint64_t numbers[STORE_LANES_MAX]; /* to be announced at the end */
	struct event *next;
};

struct feeds {
	struct feed_shared shared;
	unsigned follower;
	struct feed **table;
	size_t size, count;
	size_t checked; /* the place that feeds_are_followed came to */
	struct feeds_scan scan;
	bool asking, ask_again;   /* for the head, to refresh all */
	struct event *ask_later;  /* the store did not answer that */
	struct store_places head; /* the answer, while its epoch is looked into */
	struct store_places
		known; /* the newest numbers that feeds had met before; epoch 0: unset */
	uint64_t held[STORE_LANES_MAX]; /* to be announced after that */
	bool restarts;                  /* all numbers are void */
	on_feeds_started *on_started;
	void *arg;
	on_feeds_restart *on_restart;
	void *restart_arg;
};

/* Raises a number to another one. */
static inline void feeds_raise(uint64_t *seq, uint64_t number)
{
	if (number > *seq)
		*seq = number;
}

/* ---- feeds_scan.c ---- */

/* False: libevent refuses. */
MUST_USE bool feeds_scan_init(struct feeds *feeds, struct event_base *base);
/* Begins a scan, or has another one follow the one that is under way; at its end the
 * numbers are announced. `all`: every feed is refreshed. The first turn is this one. */
void feeds_scan(struct feeds *feeds, bool all, const uint64_t numbers[STORE_LANES_MAX]);
/* The table has grown: a scan that is under way has lost its place. */
void feeds_scan_again(struct feeds *feeds);
void feeds_scan_stop(struct feeds *feeds);

/* ---- feeds_epoch.c ---- */

/* False: libevent refuses. */
MUST_USE bool feeds_epoch_init(struct feeds *feeds, struct event_base *base);

#endif
