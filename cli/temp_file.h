/* Names of files in the making, TARGET.unfinished-XXXXXX. Whoever makes one has it
 * locked until the process ends, however it ends: so one that nobody has locked is what
 * is left of a process that was killed. */
#ifndef CLI_TEMP_FILE_H
#define CLI_TEMP_FILE_H

#include "base/buf.h"
#include "base/rc.h"

/* Makes an empty one beside its target, mode 0600. *path: to be freed; *fd: to be
 * closed once the file has its name or is gone, and not while SQLite has the file open,
 * whose locks it would take along. RC_IO: errno tells. */
MUST_USE enum rc temp_file_make(const char *target, char **path, int *fd);
/* Removes those of this target that nobody has locked, with what SQLite kept beside
 * them, and says so. Leaves what it is not sure of: other users' files (but for root),
 * and all where the file system's locks are not the system's own. */
void temp_file_sweep(const char *target);

#endif
