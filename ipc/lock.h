/* The lock of a database: which process may write to it. An flock(2) on a file beside
 * the database, or in the runtime directory if the database is a server's
 * (ipc/place.h). */
#ifndef IPC_LOCK_H
#define IPC_LOCK_H

#include "ipc/place.h"

#include <stdbool.h>

/* Takes the lock. It is held until *lock and all copies of it in children are closed.
 * RC_BUSY: another process has it; RC_DENIED: one writes to the database by another
 * name, or beside a lock that was removed; RC_IO. For a process that has no handle of
 * the database (os/file_lock.h). */
MUST_USE enum rc lock_take(const struct db_place *place, int *lock, struct error *err);

#define LOCK_PATH_MAX 4096

/* The path of the lock, for lock_is_named. Fails as lock_take does. */
MUST_USE enum rc lock_path(const struct db_place *place, char out[LOCK_PATH_MAX],
			   struct error *err);
/* Is the lock that was taken still the file at its path? Otherwise others could take
 * another one there. */
bool lock_is_named(int lock, const char *path);

#endif
