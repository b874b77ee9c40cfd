/* The writer's row of the scoreboard: commits, checkpoints, and the size of the
 * database. */
#ifndef WRITER_STATS_H
#define WRITER_STATS_H

#include "shm/scoreboard.h"
#include "store/store.h"

struct writer_stats {
	struct shm *shm;
	uint64_t begun;       /* clock_us() of the commit under way */
	uint64_t upkeep;      /* microseconds that the last maintenance took */
	uint64_t checkpoints; /* reported so far */
	size_t own_count;     /* of the back end's own statistics */
	bool is_defined;      /* they are on the scoreboard */
};

void writer_stats_commit_begin(struct writer_stats *stats);
/* The commit of `count` requests has these replies; NULL: it has failed. */
void writer_stats_commit_end(struct writer_stats *stats, const struct store_reply *replies,
			     size_t count);
/* store_maintain, then writer_stats_update; the result of the former. */
MUST_USE enum rc writer_stats_maintain(struct writer_stats *stats, struct store *store);
/* The scoreboard was written to by another process: the next update defines anew what
 * it has of the store. */
void writer_stats_restore(struct writer_stats *stats);
/* Reads the size of the database. */
void writer_stats_update(struct writer_stats *stats, struct store *store);

#endif
