/* When the writer purges by itself, and what: tombstones that have been kept long
 * enough, once a day, a few at a time.
 *
 *   waiting ──due──▶ purging, piece by piece with pauses ──fewer than a piece──▶ waiting (a day)
 *
 * The day is counted by the clock that only goes forward. How old a tombstone is, only
 * the wall clock can say; where that has jumped since the last look by more than a day,
 * nothing is purged on its word until it has held for another. */
#ifndef WRITER_RETENTION_H
#define WRITER_RETENTION_H

#include "store/store.h"

#define RETENTION_PIECE 500 /* tombstones: some milliseconds of work */

struct retention {
	uint64_t seconds;  /* tombstones are kept for; 0: for ever */
	uint64_t due;      /* ms of the steady clock (base/clock.h) */
	uint64_t seen_ms;  /* when the clocks were compared last */
	int64_t seen_wall; /* and what the wall clock said */
	int64_t before;    /* of the purge under way */
	bool purging;
	uint64_t purged; /* in it so far */
};

void retention_start(struct retention *retention, uint64_t seconds, uint64_t now_ms, int64_t wall);
/* Is there a piece to do? Then *out is it; retention_done must follow. */
bool retention_take(struct retention *retention, uint64_t now_ms, int64_t wall,
		    struct store_request *out);
/* How it went: rc of the commit, and how many went with this piece. */
void retention_done(struct retention *retention, uint64_t now_ms, enum rc rc, uint64_t purged);
/* clock_ms() when there may be a piece to do; UINT64_MAX: never. */
uint64_t retention_next(const struct retention *retention);

#endif
