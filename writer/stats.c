#include "writer/stats.h"

#include "base/clock.h"
#include "shm/histogram.h"

void gauge_begin(struct gauge *gauge)
{
	gauge->begun = clock_us();
}

void gauge_end(struct gauge *gauge, const struct store_reply *replies, size_t count)
{
	struct shm *shm = gauge->shm;
	unsigned slot = scoreboard_writer(shm);
	int64_t docs = 0, conflicts = 0;

	if (replies == NULL) {
		scoreboard_add(shm, slot, METRIC_FAILURES, 1);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < replies[i].result_count; j++) {
			docs += replies[i].results[j].seq != 0;
			conflicts += replies[i].results[j].status == STORE_CONFLICT;
		}
	}
	scoreboard_add(shm, slot, METRIC_COMMITS, 1);
	scoreboard_add(shm, slot, METRIC_COMMITTED, (int64_t)count);
	scoreboard_add(shm, slot, METRIC_DOCS, docs);
	scoreboard_add(shm, slot, METRIC_CONFLICTS, conflicts);
	histogram_observe(shm, slot, HISTOGRAM_BATCH, count);
	histogram_observe(shm, slot, HISTOGRAM_COMMIT_TIME, clock_us() - gauge->begun);
}

static void on_measure(void *arg, enum rc rc, const struct store_measure *measure)
{
	struct gauge *gauge = arg;
	struct shm *shm = gauge->shm;
	unsigned slot = scoreboard_writer(shm);

	if (rc != RC_OK)
		return; /* the numbers stay as they were */
	scoreboard_set(shm, slot, METRIC_DOCUMENTS, (int64_t)measure->documents);
	scoreboard_set(shm, slot, METRIC_TOMBSTONES, (int64_t)measure->tombstones);
	scoreboard_set(shm, slot, METRIC_SEQUENCE, (int64_t)measure->head.seq);
	scoreboard_set(shm, slot, METRIC_FILE_BYTES, (int64_t)measure->file_bytes);
	scoreboard_set(shm, slot, METRIC_LOG_BYTES, (int64_t)measure->log_bytes);
	if (measure->checkpoints > gauge->checkpoints)
		histogram_observe(shm, slot, HISTOGRAM_CHECKPOINT_TIME, gauge->upkeep);
	gauge->checkpoints = measure->checkpoints;
}

void gauge_look(struct gauge *gauge, struct store *store)
{
	store_measure(store, on_measure, gauge);
}

enum rc gauge_maintain(struct gauge *gauge, struct store *store)
{
	uint64_t begun = clock_us();
	enum rc rc = store_maintain(store);

	gauge->upkeep = clock_us() - begun;
	gauge_look(gauge, store);
	return rc;
}
