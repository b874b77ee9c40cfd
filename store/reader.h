/* How a reader opens files: none of them to write, not even SQLite's log, which it would. The wal-index alone is shared with the writer. */
#ifndef STORE_READER_H
#define STORE_READER_H

/* The name of the VFS for sqlite3_open_v2, registered at the first call; over whichever is the default then. */
const char *reader_vfs(void);

#endif
