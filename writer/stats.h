/* What the writer tells on the score board: its commits, its checkpoints, and how much the database holds. */
#ifndef WRITER_STATS_H
#define WRITER_STATS_H

#include "shm/scoreboard.h"
#include "store/store.h"

struct gauge {
	struct shm *shm;
	uint64_t begun;       /* clock_us() of the commit under way */
	uint64_t upkeep;      /* microseconds that housekeeping took the last time */
	uint64_t checkpoints; /* that have been told */
};

void gauge_begin(struct gauge *gauge);
/* The commit of `count` requests is done, with these replies; NULL: it failed. */
void gauge_end(struct gauge *gauge, const struct store_reply *replies, size_t count);
/* Does the store's housekeeping and looks how much there is; rc of the former (store_maintain). */
MUST_USE enum rc gauge_maintain(struct gauge *gauge, struct store *store);
/* Looks how much there is. */
void gauge_look(struct gauge *gauge, struct store *store);

#endif
