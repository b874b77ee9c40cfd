/* The write-ahead log as the writer keeps it: taken over from a predecessor, copied
 * into the database, kept short. */
#ifndef STORE_SQLITE_WAL_H
#define STORE_SQLITE_WAL_H

#include "store/sqlite/statements.h"

/* Once, when the writer has opened the database: makes certain of what a predecessor
 * left. Answers an SQLite code. */
int wal_take_over(struct sqlite *sqlite);
/* Copies all of it into the database, so that the room it takes can be written again.
 * RC_BUSY: a reader needs what is there. */
MUST_USE enum rc wal_restart(struct sqlite *sqlite);

#endif
