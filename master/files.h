/* The files beside the database (master.h has the public part). Where the database's
 * name is a symbolic link they lie beside what it leads to, so that two names of one
 * database meet at one lock. */
#ifndef MASTER_FILES_H
#define MASTER_FILES_H

#include "base/error.h"

/* Makes the control socket PATH.sock, listening, mode 0600. The caller holds the lock:
 * what lies there is stale and goes. RC_IO. */
MUST_USE enum rc files_control_listen(const char *db, int *fd, struct error *err);
/* Removes it; the caller still holds the lock. */
void files_control_remove(const char *db);

#endif
