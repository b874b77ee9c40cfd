/* A lock held by the process that writes to a file, under any name of the file. It lies
 * on one byte far behind the data, so that it meets none of the locks of SQLite, nor
 * those of flock(2). Closing it, as closing any descriptor of the file, drops the POSIX
 * locks that this process has on the file: of SQLite's, among others. */
#ifndef OS_FILE_LOCK_H
#define OS_FILE_LOCK_H

#include "base/rc.h"

#include <stdbool.h>

/* Takes the lock for the open file description `fd`, which can write. It is held until
 * all copies of `fd` are closed, also those in children. RC_BUSY: another one has it;
 * RC_IO with errno. */
MUST_USE enum rc file_lock_take(int fd);
/* Gives it back. */
void file_lock_release(int fd);
/* Does another open file description have the lock? */
bool file_lock_is_taken(int fd);

#endif
