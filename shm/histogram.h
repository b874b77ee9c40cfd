/* Tables on the scoreboard: responses by route and status, and histograms. Both are
 * numbers of one slot that are only added to. */
#ifndef SHM_HISTOGRAM_H
#define SHM_HISTOGRAM_H

#include "shm/scoreboard.h"

/* The statuses that are counted one by one, ascending; `row` SCOREBOARD_STATUSES is all
 * others together, and returns 0. */
int scoreboard_status(unsigned row);
/* Counts a response and its time. */
void scoreboard_count_response(struct shm *shm, unsigned slot, enum scoreboard_route route,
			       int status, uint64_t microseconds);
/* The number of responses. */
int64_t scoreboard_responses(const struct scoreboard_view *view, enum scoreboard_route route,
			     unsigned row);

/* Counts one observation, in its bucket. */
void histogram_observe(struct shm *shm, unsigned slot, enum histogram_kind histogram,
		       uint64_t number);
/* The upper bounds of the buckets, inclusive, *count of them. Larger numbers fall into
 * one more bucket. */
const uint64_t *histogram_bounds(enum histogram_kind histogram, size_t *count);

struct histogram {
	size_t count; /* of buckets with a bound */
	const uint64_t *bounds;
	uint64_t upto[HISTOGRAM_BUCKETS +
		      1]; /* how many were at most as large as the bound; the last: all */
	uint64_t sum;
};

/* Of all processes together. */
void histogram_read(const struct scoreboard_view *view, enum histogram_kind histogram,
		    struct histogram *out);
/* The quantile `share` (0 to 1) of the observations between two readings of one
 * histogram, rounded up to a bound; `before` NULL: since the start. 0 without
 * observations. */
uint64_t histogram_quantile(const struct histogram *now, const struct histogram *before,
			    double share);

#endif
