/* The score board: who runs in each slot and what it has done. Slots 0 to shm_slots - 1
 * are the workers', scoreboard_writer is the writer's. Everything is a number that one
 * process changes and any may read at any time; numbers of one slot need not fit each
 * other. */
#ifndef SHM_SCOREBOARD_H
#define SHM_SCOREBOARD_H

#include "base/buf.h"
#include "base/slice.h"
#include "shm/shm.h"

#include <stdint.h>
#include <sys/types.h>

/*  GONE ─scoreboard_born▶ STARTING ─▶ SERVING ─▶ DRAINING ─scoreboard_died▶ GONE */
enum slot_state { SLOT_GONE, SLOT_STARTING, SLOT_SERVING, SLOT_DRAINING };

/* What requests are counted by, besides their status. */
enum scoreboard_route {
	SCOREBOARD_PULL,
	SCOREBOARD_PUSH,
	SCOREBOARD_STREAM, /* how long it took to open */
	SCOREBOARD_PAGE,   /* the page and the files beside it */
	SCOREBOARD_HEALTH,
	SCOREBOARD_METRICS,
	SCOREBOARD_OTHER, /* refused before it was known what it would be, and preflights */
	SCOREBOARD_ROUTES
};

enum histogram_kind {
	HISTOGRAM_LATENCY,                   /* one for each route, microseconds */
	HISTOGRAM_BATCH = SCOREBOARD_ROUTES, /* requests committed together */
	HISTOGRAM_COMMIT_TIME,               /* microseconds */
	HISTOGRAM_CHECKPOINT_TIME,           /* microseconds */
	HISTOGRAM_KINDS
};

#define SCOREBOARD_STATUSES 25 /* that are counted apart; all others together are one more */
#define HISTOGRAM_BUCKETS \
	16 /* of a histogram, at most; what is beyond the last bound is one more, and then comes \
	      the sum */

enum metric {
	/* How many there are now; zero again when the process ends. */
	METRIC_CONNECTIONS,
	METRIC_STREAMS,
	METRIC_QUEUED, /* requests that wait for the writer */
	METRIC_GAUGES, /* not a value: how many of the above */
	/* How much there is in the database, as the writer last looked; stays when it
	 * ends. */
	METRIC_DOCUMENTS = METRIC_GAUGES,
	METRIC_TOMBSTONES,
	METRIC_SEQUENCE,
	METRIC_FILE_BYTES,
	METRIC_LOG_BYTES,
	/* How many there were since the server's start. */
	METRIC_REQUESTS,
	METRIC_REFUSED,       /* answered with 4xx or 5xx */
	METRIC_PULLS,         /* pages read */
	METRIC_PUSHES,        /* pushes that came in */
	METRIC_COMMITTED,     /* requests committed, pushes and others */
	METRIC_DOCS,          /* documents written */
	METRIC_CONFLICTS,     /* documents refused */
	METRIC_COMMITS,       /* transactions */
	METRIC_FAILURES,      /* transactions that failed */
	METRIC_OPENED,        /* streams opened */
	METRIC_EVENTS,        /* events sent to streams */
	METRIC_DENIED,        /* tokens presented that were not valid */
	METRIC_THROTTLED,     /* tokens not looked at, as too many such came from their address */
	METRIC_TIMEOUTS,      /* connections closed because a request did not arrive in time */
	METRIC_SLOW_CLIENTS,  /* connections closed because slow clients held too much memory */
	METRIC_SLOW,          /* streams cut off because they did not read */
	METRIC_RING_OVERRUNS, /* times that the ring lapped this reader */
	METRIC_RESPAWNS,      /* processes of this slot that ended without being told to; the master
				 counts */
	/* Rows of the tables of shm/histogram.h. */
	METRIC_ANSWERS,
	METRIC_HISTOGRAM = METRIC_ANSWERS + SCOREBOARD_ROUTES * (SCOREBOARD_STATUSES + 1),
	METRIC_VALUES =
		METRIC_HISTOGRAM +
		HISTOGRAM_KINDS * (HISTOGRAM_BUCKETS + 2) /* not a value: how many there are */
};

/* The writer's slot. */
unsigned scoreboard_writer(const struct shm *shm);

/* The caller is the slot's new process; its first act after the fork. */
void scoreboard_born(struct shm *shm, unsigned slot);
/* The slot's process `pid` has ended; for the master, who reaped it. Nothing is done
 * where the slot has another one by now. */
void scoreboard_died(struct shm *shm, unsigned slot, pid_t pid);
/* The process has come round its loop: it serves and does not hang. Keeps the time
 * (clock_ms). */
void scoreboard_beat(struct shm *shm, unsigned slot);
uint64_t scoreboard_beaten(const struct shm *shm, unsigned slot);
#define SCOREBOARD_BEAT_MS 1000 /* how often at the least */
void scoreboard_set_state(struct shm *shm, unsigned slot, enum slot_state state);

/* 0 where there is none. */
pid_t scoreboard_pid(const struct shm *shm, unsigned slot);
enum slot_state scoreboard_state(const struct shm *shm, unsigned slot);
/* How many processes have been started in the slot. */
uint64_t scoreboard_starts(const struct shm *shm, unsigned slot);

void scoreboard_set(struct shm *shm, unsigned slot, enum metric value, int64_t number);
/* n may be negative. */
void scoreboard_add(struct shm *shm, unsigned slot, enum metric value, int64_t n);
int64_t scoreboard_get(const struct shm *shm, unsigned slot, enum metric value);

/* ---- The whole board ---- */

struct scoreboard_cell {
	int64_t pid; /* 0: there is none */
	int64_t state;
	int64_t starts;
	int64_t values[METRIC_VALUES];
};

struct scoreboard_view {
	int64_t started;  /* of the server, seconds since 1970 */
	unsigned workers; /* their cells come first, then the writer's */
	struct scoreboard_cell *cells;
};

void scoreboard_view_take(const struct shm *shm, struct scoreboard_view *out);
/* As bytes, for another process. RC_MALFORMED: they are not of this program, or of
 * another version of it. */
void scoreboard_view_pack(const struct scoreboard_view *view, struct buf *out);
MUST_USE enum rc scoreboard_view_unpack(struct slice bytes, struct scoreboard_view *out);
/* A zeroed one is fine. */
void scoreboard_view_clear(struct scoreboard_view *view);
/* Of all processes. */
int64_t scoreboard_view_sum(const struct scoreboard_view *view, enum metric value);

#endif
