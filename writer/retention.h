/* Retention: purges tombstones, and former versions of documents, that are older than
 * asked for, once a day, in pieces.
 *
 *   waiting ──due──▶ purging, piece by piece with pauses ──fewer than a piece──▶ waiting (a day)
 *
 * The day is counted by the monotonic clock. The age of a tombstone is known by the
 * wall clock only; if that has jumped by more than a day since the last comparison,
 * nothing is purged until it has held for another day. */
#ifndef WRITER_RETENTION_H
#define WRITER_RETENTION_H

#include "store/store.h"

#define RETENTION_PIECE 500 /* rows: some milliseconds of work */

struct retention {
	uint64_t seconds;     /* for which tombstones are kept; 0: for ever */
	uint64_t versions;    /* for which former versions are kept; 0: for ever */
	uint64_t due;         /* clock_ms() of the next piece */
	uint64_t seen_ms;     /* clock_ms() when the clocks were compared last */
	int64_t seen_wall;    /* clock_wall() then */
	int64_t before;       /* the purge under way takes tombstones made before this */
	int64_t ended_before; /* and versions replaced before this */
	bool purging;
	uint64_t purged; /* tombstones, by it so far */
	uint64_t pruned; /* versions */
};

void retention_start(struct retention *retention, uint64_t seconds, uint64_t versions,
		     uint64_t now_ms, int64_t wall);
/* Is a piece due? Then *out is its request, and retention_done must follow. */
bool retention_take(struct retention *retention, uint64_t now_ms, int64_t wall,
		    struct store_request *out);
/* The result of the commit, and its reply (NULL: none). */
void retention_done(struct retention *retention, uint64_t now_ms, enum rc rc,
		    const struct store_reply *reply);
/* clock_ms() when the next piece is due; UINT64_MAX: never. */
uint64_t retention_next(const struct retention *retention);

#endif
