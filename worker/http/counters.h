/* Where a worker counts: the slot of the scoreboard that it has. */
#ifndef WORKER_HTTP_COUNTERS_H
#define WORKER_HTTP_COUNTERS_H

#include "shm/scoreboard.h"

#include <stdbool.h>

struct counters {
	struct shm *shm;
	unsigned slot;
	bool superseded; /* a successor serves in the slot: its gauges are the successor's */
};

static inline void counters_add(const struct counters *counters, enum metric metric, int64_t n)
{
	scoreboard_add(counters->shm, counters->slot, metric, n);
}

/* Sets a gauge. */
static inline void counters_set(const struct counters *counters, enum metric gauge, size_t now)
{
	if (!counters->superseded)
		scoreboard_set(counters->shm, counters->slot, gauge, (int64_t)now);
}

#endif
