/* Opens all files of a reader read-only, also SQLite's log, which SQLite would open
 * for writing. Only the wal-index is shared with the writer. */
#ifndef STORE_SQLITE_READONLY_VFS_H
#define STORE_SQLITE_READONLY_VFS_H

#include <sqlite3.h>

/* sqlite3_open_v2 with SQLITE_OPEN_READONLY. */
int readonly_vfs_open(const char *name, int flags, sqlite3 **db);

#endif
