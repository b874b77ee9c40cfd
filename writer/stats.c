/* What the writer counts on the scoreboard, for commit.c and writer.c. See
 * shm/scoreboard.h. */
#include "writer/stats.h"

#include "base/clock.h"
#include "shm/histogram.h"

#include <stdio.h>

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
	size_t counted = 0;

	if (replies == NULL) {
		scoreboard_add(shm, slot, METRIC_COMMIT_FAILURES, 1);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		/* Of the server itself, at any time: no request waits for it. */
		counted += replies[i].kind != STORE_TOKEN_USED;
		for (size_t j = 0; j < replies[i].result_count; j++) {
			docs += replies[i].results[j].seq != 0;
			conflicts += replies[i].results[j].status == STORE_CONFLICT;
		}
	}
	if (counted == 0)
		return;
	scoreboard_add(shm, slot, METRIC_COMMITS, 1);
	scoreboard_add(shm, slot, METRIC_DOCUMENTS_WRITTEN, docs);
	scoreboard_add(shm, slot, METRIC_CONFLICTS, conflicts);
	histogram_observe(shm, slot, HISTOGRAM_COMMIT_BATCH, counted);
	histogram_observe(shm, slot, HISTOGRAM_COMMIT_TIME, clock_us() - stats->begun);
}

static void on_stats(void *arg, enum rc rc, const struct store_stats *db_stats)
{
	struct writer_stats *stats = arg;
	struct shm *shm = stats->shm;
	unsigned slot = scoreboard_writer(shm);

	if (rc != RC_OK)
		return; /* the numbers stay as they were */
	scoreboard_set(shm, slot, METRIC_DOCUMENTS, (int64_t)db_stats->documents);
	scoreboard_set(shm, slot, METRIC_TOMBSTONES, (int64_t)db_stats->tombstones);
	scoreboard_set(shm, slot, METRIC_SEQUENCE, (int64_t)db_stats->head.seq);
	for (size_t i = 0; i < stats->own_count; i++)
		scoreboard_set_store(shm, i, (int64_t)db_stats->own[i]);
	if (db_stats->maintained > stats->checkpoints)
		histogram_observe(shm, slot, HISTOGRAM_MAINTENANCE_TIME, stats->upkeep);
	stats->checkpoints = db_stats->maintained;
}

/* The back end's own statistics, as the scoreboard carries them. */
static void define_own(struct writer_stats *stats, const struct store *store)
{
	struct scoreboard_store_metric metrics[STORE_OWN_STATS_MAX] = { 0 };
	const struct store_stat *own = store_own_stats(store, &stats->own_count);

	for (size_t i = 0; i < stats->own_count; i++) {
		struct scoreboard_store_metric *metric = &metrics[i];

		(void)snprintf(metric->name, sizeof(metric->name), "%s", own[i].name);
		(void)snprintf(metric->title, sizeof(metric->title), "%s", own[i].label);
		(void)snprintf(metric->help, sizeof(metric->help), "%s", own[i].help);
		metric->kind = own[i].is_counter ? METRIC_COUNTER : METRIC_LEVEL;
	}
	scoreboard_define_store(stats->shm, metrics, stats->own_count);
}

void writer_stats_restore(struct writer_stats *stats)
{
	stats->is_defined = false;
}

void writer_stats_update(struct writer_stats *stats, struct store *store)
{
	if (!stats->is_defined)
		define_own(stats, store);
	stats->is_defined = true;
	store_stats(store, on_stats, stats);
}

enum rc writer_stats_maintain(struct writer_stats *stats, struct store *store)
{
	uint64_t begun = clock_us();
	enum rc rc = store_maintain(store);

	stats->upkeep = clock_us() - begun;
	writer_stats_update(stats, store);
	return rc;
}
