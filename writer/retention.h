/* Retention: purges tombstones, and former versions of documents, that are older than
 * asked for, once a day, in pieces.
 *
 *   waiting ──due──▶ purging, piece by piece with pauses ──no more──▶ waiting (a day)
 *
 * The day is counted by the monotonic clock. The age of a tombstone is known by the
 * wall clock only; if that has jumped by more than a day since the last comparison,
 * nothing is purged until it has held for another day. */
#ifndef WRITER_RETENTION_H
#define WRITER_RETENTION_H

#include "store/history.h"
#include "store/store.h"

#define RETENTION_PIECE 500 /* rows: some milliseconds of work */

struct retention {
	uint64_t seconds;                 /* for which tombstones are kept; 0: for ever */
	const struct history_rules *ages; /* for which former versions are; NULL: for ever */
	uint64_t versions;                /* the shortest of them; 0: there is none */
	uint64_t due;                     /* clock_ms() of the next piece */
	uint64_t seen_ms;                 /* clock_ms() when the clocks were compared last */
	int64_t seen_wall;                /* clock_wall() then */
	bool purging;
	int64_t before;             /* the purge under way takes tombstones made before this */
	bool prunes;                /* it still has versions to look at: */
	struct history_rules ended; /* it takes those replaced before this */
	struct store_former from;   /* it has come to this one, whose id is in: */
	char id[DOCID_MAX];
	uint64_t purged; /* tombstones, by it so far */
	uint64_t pruned; /* versions */
};

/* `ages` (NULL: none) must stay. */
void retention_start(struct retention *retention, uint64_t seconds,
		     const struct history_rules *ages, uint64_t now_ms, int64_t wall);
/* Is a piece due? Then *out is its request, which is valid until retention_done, which
 * must follow. */
bool retention_take(struct retention *retention, uint64_t now_ms, int64_t wall,
		    struct store_request *out);
/* The result of the commit, and its reply (NULL: none). */
void retention_done(struct retention *retention, uint64_t now_ms, enum rc rc,
		    const struct store_reply *reply);
/* clock_ms() when the next piece is due; UINT64_MAX: never. */
uint64_t retention_next(const struct retention *retention);

#endif
