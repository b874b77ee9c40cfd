/* Tables of the score board: answers by route and status, and histograms. Nothing but
 * additions to numbers of one slot. */
#ifndef SHM_HISTOGRAM_H
#define SHM_HISTOGRAM_H

#include "shm/scoreboard.h"

/* The statuses that are counted apart, in rising order; `row` SCOREBOARD_STATUSES is
 * all others together, called 0. */
int scoreboard_status(unsigned row);
/* Counts an answer and how long it took. */
void scoreboard_count_response(struct shm *shm, unsigned slot, enum scoreboard_route route,
			       int status, uint64_t microseconds);
/* How many there were. */
int64_t scoreboard_responses(const struct scoreboard_view *view, enum scoreboard_route route,
			     unsigned row);

/* Counts one in the bucket that it falls into. */
void histogram_observe(struct shm *shm, unsigned slot, enum histogram_kind histogram,
		       uint64_t number);
/* The upper bounds of the buckets, each one included, *count of them. What is larger
 * falls into one more. */
const uint64_t *histogram_bounds(enum histogram_kind histogram, size_t *count);

struct histogram {
	size_t count; /* of buckets with a bound */
	const uint64_t *bounds;
	uint64_t upto[HISTOGRAM_BUCKETS +
		      1]; /* how many were at most as large as the bound; the last: all */
	uint64_t sum;
};

/* A histogram of all processes. */
void histogram_read(const struct scoreboard_view *view, enum histogram_kind histogram,
		    struct histogram *out);
/* About how much was not passed by this share (0 to 1) of what lies between two looks
 * at one histogram; NULL: since the start. 0 where there was nothing. */
uint64_t histogram_quantile(const struct histogram *now, const struct histogram *before,
			    double share);

#endif
