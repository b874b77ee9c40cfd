/* The scoreboard: which process runs in each slot and what it has done. Slots 0 to
 * shm_slots - 1 are the workers'; scoreboard_writer is the writer's. Each number is
 * changed by one process and may be read by any at any time, without locks. Two numbers
 * of one slot are not read at the same moment, so they need not agree with each
 * other. */
#ifndef SHM_SCOREBOARD_H
#define SHM_SCOREBOARD_H

#include "base/buf.h"
#include "base/slice.h"
#include "shm/metric.h"
#include "shm/shm.h"

#include <stdint.h>
#include <sys/types.h>

/*  GONE ─scoreboard_born▶ STARTING ─▶ SERVING ─▶ DRAINING ─scoreboard_died▶ GONE */
enum slot_state { SLOT_GONE, SLOT_STARTING, SLOT_SERVING, SLOT_DRAINING };
#define SLOT_STATES 4

/* "gone", "starting", "serving", "draining" */
const char *slot_state_name(enum slot_state state);

#define SCOREBOARD_STORE_METRICS 8 /* statistics of the back end, at most */
#define SCOREBOARD_STATUSES 25     /* counted one by one; all others together are one more row */
#define HISTOGRAM_BUCKETS 16       /* of a histogram, at most, without the last, unbounded one */

/* Numbers of a slot that follow those of METRIC_TABLE. */
enum {
	METRIC_STORE = METRIC_COUNT,
	METRIC_RESPONSES = METRIC_STORE + SCOREBOARD_STORE_METRICS,
	METRIC_HISTOGRAM = METRIC_RESPONSES + SCOREBOARD_ROUTES * (SCOREBOARD_STATUSES + 1),
	METRIC_VALUES = METRIC_HISTOGRAM + HISTOGRAM_KINDS * (HISTOGRAM_BUCKETS + 2) /* their
											number */
};

/* The writer's slot. */
unsigned scoreboard_writer(const struct shm *shm);

/* The caller is the slot's new process; its first act after the fork. */
void scoreboard_born(struct shm *shm, unsigned slot);
/* The slot's process `pid` has ended; for the master, which reaped it. Does nothing if
 * the slot has another process by now. */
void scoreboard_died(struct shm *shm, unsigned slot, pid_t pid);
/* The process has gone once round its event loop, so it does not hang. Stores the time
 * (clock_ms). */
void scoreboard_beat(struct shm *shm, unsigned slot);
uint64_t scoreboard_beaten(const struct shm *shm, unsigned slot);
#define SCOREBOARD_BEAT_MS 1000 /* the longest time between two beats */
void scoreboard_set_state(struct shm *shm, unsigned slot, enum slot_state state);

/* 0: the slot has no process. */
pid_t scoreboard_pid(const struct shm *shm, unsigned slot);
enum slot_state scoreboard_state(const struct shm *shm, unsigned slot);
/* Number of processes that have been started in the slot. */
uint64_t scoreboard_starts(const struct shm *shm, unsigned slot);

void scoreboard_set(struct shm *shm, unsigned slot, enum metric metric, int64_t number);
/* n may be negative. */
void scoreboard_add(struct shm *shm, unsigned slot, enum metric metric, int64_t n);
int64_t scoreboard_get(const struct shm *shm, unsigned slot, enum metric metric);

/* ---- Statistics of the back end ---- */

/* A statistic that one back end has and another may not, such as the size of its files.
 * Its name comes from the back end and travels with the scoreboard, so that neither
 * workers nor commands know which back end there is. */
struct scoreboard_store_metric {
	char name[40];  /* as in METRIC_TABLE; one that ends in _bytes is a size */
	char title[24]; /* in `stats` and `top`, lower case */
	char help[88];
	int64_t kind; /* enum metric_kind */
};

/* Defines the statistics, at most SCOREBOARD_STORE_METRICS, in the order of
 * scoreboard_set_store. For the writer, before its first scoreboard_set_store; the next
 * writer of the same server defines the same, which changes nothing. */
void scoreboard_define_store(struct shm *shm, const struct scoreboard_store_metric *metrics,
			     size_t count);
/* Sets the statistic at `index` of the definition. */
void scoreboard_set_store(struct shm *shm, size_t index, int64_t number);

/* ---- The whole scoreboard ---- */

struct scoreboard_cell {
	int64_t pid; /* 0: no process */
	int64_t state;
	int64_t starts;
	int64_t values[METRIC_VALUES];
};

struct scoreboard_view {
	int64_t started;  /* of the server, seconds since 1970 */
	unsigned workers; /* their cells come first, then the writer's */
	struct scoreboard_cell *cells;
	struct scoreboard_store_metric store[SCOREBOARD_STORE_METRICS];
	size_t store_count;
};

void scoreboard_view_take(const struct shm *shm, struct scoreboard_view *out);
/* As bytes, for another process. RC_MALFORMED: they do not come from this program or
 * come from another version of it. */
void scoreboard_view_pack(const struct scoreboard_view *view, struct buf *out);
MUST_USE enum rc scoreboard_view_unpack(struct slice bytes, struct scoreboard_view *out);
/* A zeroed view is fine. */
void scoreboard_view_clear(struct scoreboard_view *view);
/* Of all processes together. */
int64_t scoreboard_view_sum(const struct scoreboard_view *view, enum metric metric);
/* The back end's statistic at `index` (below store_count). */
int64_t scoreboard_view_store(const struct scoreboard_view *view, size_t index);

#endif
