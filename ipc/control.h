/* The control socket: by which commands reach the server that runs on a database. It
 * lies beside the database or in the runtime directory (ipc/place.h), mode 0600. */
#ifndef IPC_CONTROL_H
#define IPC_CONTROL_H

#include "ipc/place.h"

/* Creates the socket, listening. The caller holds the lock, so a socket that is there
 * is stale and is replaced. RC_DENIED, RC_IO. */
MUST_USE enum rc control_listen(const struct db_place *place, int *fd, struct error *err);
/* Removes it; the caller still holds the lock. */
void control_remove(const struct db_place *place);
/* Connects to the server that runs on the database. RC_NOT_FOUND: no server does;
 * RC_DENIED, RC_IO. */
MUST_USE enum rc control_connect(const struct db_place *place, int *fd, struct error *err);

#endif
