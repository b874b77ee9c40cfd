#include "writer/stats.h"

#include "base/clock.h"
#include "shm/histogram.h"

void writer_stats_commit_begin(struct writer_stats *stats)
{
	stats->begun = clock_us();
}

void writer_stats_commit_end(struct writer_stats *stats, const struct store_reply *replies,
			     size_t count)
{
	struct shm *shm = stats->shm;
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
	scoreboard_add(shm, slot, METRIC_DOCS, docs);
	scoreboard_add(shm, slot, METRIC_CONFLICTS, conflicts);
	histogram_observe(shm, slot, HISTOGRAM_BATCH, count);
	histogram_observe(shm, slot, HISTOGRAM_COMMIT_TIME, clock_us() - stats->begun);
}

/* In the order of on_measure. */
static const struct scoreboard_store_metric store_metrics[] = {
	{ "database_bytes", "file", "Size of the database file.", METRIC_LEVEL },
	{ "wal_bytes", "log", "Size of the write-ahead log beside it.", METRIC_LEVEL },
};

static void on_measure(void *arg, enum rc rc, const struct store_stats *db_stats)
{
	struct writer_stats *stats = arg;
	struct shm *shm = stats->shm;
	unsigned slot = scoreboard_writer(shm);

	if (rc != RC_OK)
		return; /* the numbers stay as they were */
	scoreboard_set(shm, slot, METRIC_DOCUMENTS, (int64_t)db_stats->documents);
	scoreboard_set(shm, slot, METRIC_TOMBSTONES, (int64_t)db_stats->tombstones);
	scoreboard_set(shm, slot, METRIC_SEQUENCE, (int64_t)db_stats->head.seq);
	scoreboard_define_store(shm, store_metrics, sizeof(store_metrics) / sizeof(*store_metrics));
	scoreboard_set_store(shm, 0, (int64_t)db_stats->file_bytes);
	scoreboard_set_store(shm, 1, (int64_t)db_stats->log_bytes);
	if (db_stats->checkpoints > stats->checkpoints)
		histogram_observe(shm, slot, HISTOGRAM_CHECKPOINT_TIME, stats->upkeep);
	stats->checkpoints = db_stats->checkpoints;
}

void writer_stats_update(struct writer_stats *stats, struct store *store)
{
	store_stats(store, on_measure, stats);
}

enum rc writer_stats_maintain(struct writer_stats *stats, struct store *store)
{
	uint64_t begun = clock_us();
	enum rc rc = store_maintain(store);

	stats->upkeep = clock_us() - begun;
	writer_stats_update(stats, store);
	return rc;
}
