/* Whether the database and its lock are still where they were opened. While they are
 * not, nothing is committed or acknowledged: it might be lost with the files, or
 * another server might write to the ones at the names. */
#ifndef WRITER_PRESENCE_H
#define WRITER_PRESENCE_H

#include "ipc/lock.h"

#include <stdbool.h>
#include <stdint.h>

struct shm;
struct store;

struct presence {
	struct shm *shm;
	struct store *store;
	int lock; /* -1: none */
	char lock_path[LOCK_PATH_MAX];
	uint64_t check_at; /* clock_ms() of the next check without a commit */
	bool is_gone;
};

/* place NULL: there is no lock. Before the sandbox. */
MUST_USE enum rc presence_start(struct presence *presence, struct shm *shm, struct store *store,
				int lock, const struct db_place *place, struct error *err);
/* Checks now. A change is logged, and counted for /readyz. */
bool presence_check(struct presence *presence);
/* The same, once a second. */
void presence_watch(struct presence *presence);

#endif
