/* The write-ahead log of the writer: taking it over, copying it into the database,
 * keeping it short. */
#ifndef STORE_SQLITE_WAL_H
#define STORE_SQLITE_WAL_H

#include "store/sqlite/statements.h"

/* Once, when the writer has opened the database: makes the log of a predecessor
 * durable. Returns an SQLite result code. */
int wal_take_over(struct sqlite *sqlite);
/* Copies all of the log into the database, so that the next commit reuses its space.
 * RC_BUSY: a reader uses it. */
MUST_USE enum rc wal_restart(struct sqlite *sqlite);
/* wal_index.c: does the log have all frames of the commits in its index? If not, it was
 * truncated or overwritten by another program. Costs a read of 32 bytes. */
bool wal_is_whole(struct sqlite *sqlite);

#endif
