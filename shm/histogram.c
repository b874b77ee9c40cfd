/* Response counts and histograms, as rows of numbers on the scoreboard. */
#include "shm/histogram.h"

#include "base/array.h"

#include <assert.h>

/* ---- Responses ---- */

static const int statuses[] = {
	200, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413,
	414, 415, 416, 421, 429, 431, 500, 501, 502, 503, 505, 507,
};

_Static_assert(COUNT(statuses) == SCOREBOARD_STATUSES, "a row for each status");

static enum metric response_metric(enum scoreboard_route route, unsigned row)
{
	return (enum metric)(METRIC_RESPONSES + (unsigned)route * (SCOREBOARD_STATUSES + 1) + row);
}

int scoreboard_status(unsigned row)
{
	return row < SCOREBOARD_STATUSES ? statuses[row] : 0;
}

static unsigned row_of(int status)
{
	unsigned row = 0;

	while (row < SCOREBOARD_STATUSES && statuses[row] != status)
		row++;
	return row;
}

void scoreboard_count_response(struct shm *shm, unsigned slot, enum scoreboard_route route,
			       int status, uint64_t microseconds)
{
	assert(route < SCOREBOARD_ROUTES);
	scoreboard_add(shm, slot, response_metric(route, row_of(status)), 1);
	histogram_observe(shm, slot,
			  (enum histogram_kind)(HISTOGRAM_REQUEST_TIME + (unsigned)route),
			  microseconds);
}

int64_t scoreboard_responses(const struct scoreboard_view *view, enum scoreboard_route route,
			     unsigned row)
{
	return scoreboard_view_sum(view, response_metric(route, row));
}

/* ---- Histograms ---- */

/* Microseconds. */
static const uint64_t times[] = {
	100,   250,    500,    1000,   2500,    5000,    10000,   25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};
static const uint64_t sizes[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 };

_Static_assert(COUNT(times) <= HISTOGRAM_BUCKETS && COUNT(sizes) <= HISTOGRAM_BUCKETS,
	       "each bound has a bucket");

const uint64_t *histogram_bounds(enum histogram_kind histogram, size_t *count)
{
	assert(histogram < HISTOGRAM_KINDS);
	*count = histogram == HISTOGRAM_COMMIT_BATCH ? COUNT(sizes) : COUNT(times);
	return histogram == HISTOGRAM_COMMIT_BATCH ? sizes : times;
}

/* Its buckets, then the sum. */
static enum metric bucket_metric(enum histogram_kind histogram, size_t bucket)
{
	return (enum metric)(METRIC_HISTOGRAM + (size_t)histogram * (HISTOGRAM_BUCKETS + 2) +
			     bucket);
}

void histogram_observe(struct shm *shm, unsigned slot, enum histogram_kind histogram,
		       uint64_t number)
{
	size_t count, bucket = 0;
	const uint64_t *bounds = histogram_bounds(histogram, &count);

	while (bucket < count && bounds[bucket] < number)
		bucket++;
	scoreboard_add(shm, slot, bucket_metric(histogram, bucket), 1);
	scoreboard_add(shm, slot, bucket_metric(histogram, HISTOGRAM_BUCKETS + 1), (int64_t)number);
}

void histogram_read(const struct scoreboard_view *view, enum histogram_kind histogram,
		    struct histogram *out)
{
	uint64_t so_far = 0;

	*out = (struct histogram){ 0 };
	out->bounds = histogram_bounds(histogram, &out->count);
	for (size_t i = 0; i <= out->count; i++) {
		so_far += (uint64_t)scoreboard_view_sum(view, bucket_metric(histogram, i));
		out->upto[i] = so_far;
	}
	out->sum = (uint64_t)scoreboard_view_sum(view,
						 bucket_metric(histogram, HISTOGRAM_BUCKETS + 1));
}

uint64_t histogram_quantile(const struct histogram *now, const struct histogram *before,
			    double share)
{
	uint64_t all;

	assert(share >= 0 && share <= 1 && (before == NULL || before->count == now->count));
	all = now->upto[now->count] - (before ? before->upto[now->count] : 0);

	for (size_t i = 0; i < now->count; i++) {
		uint64_t upto = now->upto[i] - (before ? before->upto[i] : 0);

		if (all && (double)upto >= share * (double)all)
			return now->bounds[i];
	}
	return all ? now->bounds[now->count - 1] : 0;
}
