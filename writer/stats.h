/* What the writer tells on the score board: its commits, its checkpoints, and how much
 * the database holds. */
#ifndef WRITER_STATS_H
#define WRITER_STATS_H

#include "shm/scoreboard.h"
#include "store/store.h"

struct writer_stats {
	struct shm *shm;
	uint64_t begun;       /* clock_us() of the commit under way */
	uint64_t upkeep;      /* microseconds that housekeeping took the last time */
	uint64_t checkpoints; /* reported so far */
	size_t own_count;     /* of the back end's own statistics */
	bool is_defined;      /* they are on the scoreboard */
};

void writer_stats_commit_begin(struct writer_stats *stats);
/* The commit of `count` requests is done, with these replies; NULL: it failed. */
void writer_stats_commit_end(struct writer_stats *stats, const struct store_reply *replies,
			     size_t count);
/* Does the store's housekeeping and looks how much there is; rc of the former
 * (store_maintain). */
MUST_USE enum rc writer_stats_maintain(struct writer_stats *stats, struct store *store);
/* Looks how much there is. */
void writer_stats_update(struct writer_stats *stats, struct store *store);

#endif
