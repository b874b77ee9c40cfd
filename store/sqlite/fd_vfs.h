/* A database file that is already open, for SQLite, which otherwise opens every file by
 * name. For the copy that copy.c writes: a file with no journal, log or lock beside
 * it. */
#ifndef STORE_SQLITE_FD_VFS_H
#define STORE_SQLITE_FD_VFS_H

#include <sqlite3.h>

/* Opens the file for reading and writing, as sqlite3_open_v2. The descriptor remains
 * the caller's, and open at least as long as the connection. One connection at a time;
 * no other process may use the file. */
int fd_vfs_open(int fd, int flags, sqlite3 **db);

#endif
