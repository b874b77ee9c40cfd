/* The lock of a database: which process may write to it. An flock(2) on a file beside
 * the database, or in the runtime directory if the database is a server's
 * (ipc/place.h). */
#ifndef IPC_LOCK_H
#define IPC_LOCK_H

#include "ipc/place.h"

/* Takes the lock. It is held until *lock and all copies of it in children are closed.
 * RC_BUSY: another process has it; RC_DENIED, RC_IO. */
MUST_USE enum rc lock_take(const struct db_place *place, int *lock, struct error *err);

#endif
