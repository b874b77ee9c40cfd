/* How a reader opens files: none of them to write, not even SQLite's log, which it
 * would. The wal-index alone is shared with the writer. */
#ifndef STORE_SQLITE_READONLY_VFS_H
#define STORE_SQLITE_READONLY_VFS_H

#include <sqlite3.h>

/* sqlite3_open_v2 with SQLITE_OPEN_READONLY. */
int reader_connect(const char *name, int flags, sqlite3 **db);

#endif
