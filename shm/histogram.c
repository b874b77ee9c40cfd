#include "shm/histogram.h"

#include <assert.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Answers --------------------------------------------------------------------------------------------------------------- */

static const int statuses[] = {
	200, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 416, 421, 429, 431, 500, 501, 502, 503, 505, 507,
};

_Static_assert(COUNT(statuses) == BOARD_STATUSES, "a row for each status");

static enum board_value answer_value(enum board_route route, unsigned row)
{
	return (enum board_value)(BOARD_ANSWERS + (unsigned)route * (BOARD_STATUSES + 1) + row);
}

int meter_status(unsigned row)
{
	return row < BOARD_STATUSES ? statuses[row] : 0;
}

static unsigned row_of(int status)
{
	unsigned row = 0;

	while (row < BOARD_STATUSES && statuses[row] != status)
		row++;
	return row;
}

void meter_answer(struct shm *shm, unsigned slot, enum board_route route, int status, uint64_t microseconds)
{
	board_add(shm, slot, answer_value(route, row_of(status)), 1);
	meter_observe(shm, slot, (enum board_histogram)(BOARD_LATENCY + (unsigned)route), microseconds);
}

int64_t meter_answers(const struct board_view *view, enum board_route route, unsigned row)
{
	return board_view_sum(view, answer_value(route, row));
}

/* ---- Histograms ------------------------------------------------------------------------------------------------------------ */

/* Microseconds. */
static const uint64_t times[] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};
static const uint64_t sizes[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 };

_Static_assert(COUNT(times) <= BOARD_BUCKETS && COUNT(sizes) <= BOARD_BUCKETS, "there is room for them");

const uint64_t *meter_bounds(enum board_histogram histogram, size_t *count)
{
	*count = histogram == BOARD_BATCH ? COUNT(sizes) : COUNT(times);
	return histogram == BOARD_BATCH ? sizes : times;
}

/* Its buckets, then the sum. */
static enum board_value bucket_value(enum board_histogram histogram, size_t bucket)
{
	return (enum board_value)(BOARD_HISTOGRAM + (size_t)histogram * (BOARD_BUCKETS + 2) + bucket);
}

void meter_observe(struct shm *shm, unsigned slot, enum board_histogram histogram, uint64_t number)
{
	size_t count, bucket = 0;
	const uint64_t *bounds = meter_bounds(histogram, &count);

	while (bucket < count && bounds[bucket] < number)
		bucket++;
	board_add(shm, slot, bucket_value(histogram, bucket), 1);
	board_add(shm, slot, bucket_value(histogram, BOARD_BUCKETS + 1), (int64_t)number);
}

void meter_read(const struct board_view *view, enum board_histogram histogram, struct meter *out)
{
	uint64_t so_far = 0;

	*out = (struct meter){ 0 };
	out->bounds = meter_bounds(histogram, &out->count);
	for (size_t i = 0; i <= out->count; i++) {
		so_far += (uint64_t)board_view_sum(view, bucket_value(histogram, i));
		out->upto[i] = so_far;
	}
	out->sum = (uint64_t)board_view_sum(view, bucket_value(histogram, BOARD_BUCKETS + 1));
}

uint64_t meter_quantile(const struct meter *now, const struct meter *before, double share)
{
	uint64_t all = now->upto[now->count] - (before ? before->upto[now->count] : 0);

	for (size_t i = 0; i < now->count; i++) {
		uint64_t upto = now->upto[i] - (before ? before->upto[i] : 0);

		if (all && (double)upto >= share * (double)all)
			return now->bounds[i];
	}
	return all ? now->bounds[now->count - 1] : 0;
}
