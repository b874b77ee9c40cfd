/* The score board: who runs in each slot and what it has done. Slots 0 to shm_slots - 1 are the workers', board_writer is the writer's.
 * Everything is a number that one process changes and any may read at any time; numbers of one slot need not fit each other. */
#ifndef SHM_BOARD_H
#define SHM_BOARD_H

#include "shm/shm.h"

#include <stdint.h>
#include <sys/types.h>

/*  GONE ─board_born▶ STARTING ─▶ SERVING ─▶ DRAINING ─board_died▶ GONE */
enum board_state { BOARD_GONE, BOARD_STARTING, BOARD_SERVING, BOARD_DRAINING };

enum board_value {
	/* How many there are now; zero again when the process ends. */
	BOARD_CONNECTIONS,
	BOARD_STREAMS,
	BOARD_QUEUED, /* requests that wait for the writer */
	BOARD_GAUGES, /* not a value: how many of the above */
	/* How many there were since the server's start. */
	BOARD_REQUESTS = BOARD_GAUGES,
	BOARD_REFUSED,   /* answered with 4xx or 5xx */
	BOARD_PULLS,     /* pages read */
	BOARD_PUSHES,    /* pushes that came in; of the writer: requests committed */
	BOARD_DOCS,      /* documents written */
	BOARD_CONFLICTS, /* documents refused */
	BOARD_COMMITS,   /* transactions */
	BOARD_EVENTS,    /* events sent to streams */
	BOARD_LOST,      /* times that the ring lapped this reader */
	BOARD_VALUES     /* not a value: how many there are */
};

/* The writer's slot. */
unsigned board_writer(const struct shm *shm);

/* The caller is the slot's new process; its first act after the fork. */
void board_born(struct shm *shm, unsigned slot);
/* The slot's process has ended; for the master, who reaped it. */
void board_died(struct shm *shm, unsigned slot);
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

#endif
