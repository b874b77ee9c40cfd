/* Names of unfinished files, TARGET.unfinished-XXXXXX. The process that writes one
 * holds a lock on it until it ends, however it ends. So a file without a lock was left
 * by a process that was killed. */
#ifndef CLI_TEMP_FILE_H
#define CLI_TEMP_FILE_H

#include "base/rc.h"

#include <limits.h>

/* Creates an empty file for a target of the name `base` in the open directory, mode
 * 0600, and locks it. Close *fd when the file has its name or is gone, and not while
 * SQLite has the file open, as that would drop SQLite's locks. RC_IO with errno. */
MUST_USE enum rc temp_file_make(int dir, const char *base, char name[NAME_MAX + 1], int *fd);
/* Removes unfinished files of this target that are not locked, with the files that
 * SQLite keeps beside them, and reports it. Skips files of other users (except for
 * root), and all files if locks of the file system are not local. */
void temp_file_sweep(int dir, const char *base);

#endif
