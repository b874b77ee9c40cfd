/* Watches over the shared memory, to which every worker can write, also one that an
 * attacker has taken over. The writer alone publishes there (ring, generations) and
 * knows what it has published, so it is the one to notice, and to put it right. */
#ifndef WRITER_SHM_WATCH_H
#define WRITER_SHM_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct shm;

struct shm_watch {
	struct shm *shm;
	uint64_t check_at; /* clock_ms() */
};

/* Checks once a second, and at once if `now`. If the memory is not as this process has
 * left it, logs that, repairs it and has every worker ask the database about
 * everything. Returns true then: what else the caller has written there is to be
 * written again. */
bool shm_watch_check(struct shm_watch *watch, bool now);
/* Logs a repair, and tells the workers. */
void shm_watch_repaired(struct shm *shm);

#endif
