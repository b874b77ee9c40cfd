/* The score board: who runs in each slot and what it has done. Slots 0 to shm_slots - 1 are the workers', board_writer is the writer's.
 * Everything is a number that one process changes and any may read at any time; numbers of one slot need not fit each other. */
#ifndef SHM_SCOREBOARD_H
#define SHM_SCOREBOARD_H

#include "base/buf.h"
#include "base/slice.h"
#include "shm/shm.h"

#include <stdint.h>
#include <sys/types.h>

/*  GONE ─board_born▶ STARTING ─▶ SERVING ─▶ DRAINING ─board_died▶ GONE */
enum board_state { BOARD_GONE, BOARD_STARTING, BOARD_SERVING, BOARD_DRAINING };

/* What requests are counted by, besides their status. */
enum board_route {
	BOARD_PULL,
	BOARD_PUSH,
	BOARD_STREAM, /* how long it took to open */
	BOARD_PAGE,   /* the page and the files beside it */
	BOARD_HEALTH,
	BOARD_METRICS,
	BOARD_OTHER, /* refused before it was known what it would be, and preflights */
	BOARD_ROUTES
};

enum board_histogram {
	BOARD_LATENCY,              /* one for each route, microseconds */
	BOARD_BATCH = BOARD_ROUTES, /* requests committed together */
	BOARD_COMMIT_TIME,          /* microseconds */
	BOARD_CHECKPOINT_TIME,      /* microseconds */
	BOARD_HISTOGRAMS
};

#define BOARD_STATUSES 25 /* that are counted apart; all others together are one more */
#define BOARD_BUCKETS 16  /* of a histogram, at most; what is beyond the last bound is one more, and then comes the sum */

enum board_value {
	/* How many there are now; zero again when the process ends. */
	BOARD_CONNECTIONS,
	BOARD_STREAMS,
	BOARD_QUEUED, /* requests that wait for the writer */
	BOARD_GAUGES, /* not a value: how many of the above */
	/* How much there is in the database, as the writer last looked; stays when it ends. */
	BOARD_DOCUMENTS = BOARD_GAUGES,
	BOARD_TOMBSTONES,
	BOARD_SEQUENCE,
	BOARD_FILE_BYTES,
	BOARD_LOG_BYTES,
	/* How many there were since the server's start. */
	BOARD_REQUESTS,
	BOARD_REFUSED,   /* answered with 4xx or 5xx */
	BOARD_PULLS,     /* pages read */
	BOARD_PUSHES,    /* pushes that came in */
	BOARD_COMMITTED, /* requests committed, pushes and others */
	BOARD_DOCS,      /* documents written */
	BOARD_CONFLICTS, /* documents refused */
	BOARD_COMMITS,   /* transactions */
	BOARD_FAILURES,  /* transactions that failed */
	BOARD_OPENED,    /* streams opened */
	BOARD_EVENTS,    /* events sent to streams */
	BOARD_DENIED,    /* tokens presented that were not valid */
	BOARD_THROTTLED, /* tokens not looked at, as too many such came from their address */
	BOARD_OVERDUE,   /* connections closed because a request did not arrive in time */
	BOARD_OUTBID,    /* connections closed because slow clients held too much memory */
	BOARD_SLOW,      /* streams cut off because they did not read */
	BOARD_LOST,      /* times that the ring lapped this reader */
	BOARD_RESPAWNS,  /* processes of this slot that ended without being told to; the master counts */
	/* Rows of the tables of shm/histogram.h. */
	BOARD_ANSWERS,
	BOARD_HISTOGRAM = BOARD_ANSWERS + BOARD_ROUTES * (BOARD_STATUSES + 1),
	BOARD_VALUES = BOARD_HISTOGRAM + BOARD_HISTOGRAMS * (BOARD_BUCKETS + 2) /* not a value: how many there are */
};

/* The writer's slot. */
unsigned board_writer(const struct shm *shm);

/* The caller is the slot's new process; its first act after the fork. */
void board_born(struct shm *shm, unsigned slot);
/* The slot's process `pid` has ended; for the master, who reaped it. Nothing is done where the slot has another one by now. */
void board_died(struct shm *shm, unsigned slot, pid_t pid);
/* The process has come round its loop: it serves and does not hang. Keeps the time (clock_ms). */
void board_beat(struct shm *shm, unsigned slot);
uint64_t board_beaten(const struct shm *shm, unsigned slot);
#define BOARD_BEAT_MS 1000 /* how often at the least */
void board_set_state(struct shm *shm, unsigned slot, enum board_state state);

/* 0 where there is none. */
pid_t board_pid(const struct shm *shm, unsigned slot);
enum board_state board_state(const struct shm *shm, unsigned slot);
/* How many processes have been started in the slot. */
uint64_t board_starts(const struct shm *shm, unsigned slot);

void board_set(struct shm *shm, unsigned slot, enum board_value value, int64_t number);
/* n may be negative. */
void board_add(struct shm *shm, unsigned slot, enum board_value value, int64_t n);
int64_t board_get(const struct shm *shm, unsigned slot, enum board_value value);

/* ---- The whole board ------------------------------------------------------------------------------------------------------- */

struct board_cell {
	int64_t pid; /* 0: there is none */
	int64_t state;
	int64_t starts;
	int64_t values[BOARD_VALUES];
};

struct board_view {
	int64_t started;  /* of the server, seconds since 1970 */
	unsigned workers; /* their cells come first, then the writer's */
	struct board_cell *cells;
};

void board_view_take(const struct shm *shm, struct board_view *out);
/* As bytes, for another process. RC_MALFORMED: they are not of this program, or of another version of it. */
void board_view_pack(const struct board_view *view, struct buf *out);
MUST_USE enum rc board_view_unpack(struct slice bytes, struct board_view *out);
/* A zeroed one is fine. */
void board_view_clear(struct board_view *view);
/* Of all processes. */
int64_t board_view_sum(const struct board_view *view, enum board_value value);

#endif
