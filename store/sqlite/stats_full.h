/* How much there is of what, counted. */
#ifndef STORE_SQLITE_STATS_FULL_H
#define STORE_SQLITE_STATS_FULL_H

#include "store/store.h"

#include <sqlite3.h>

/* Answers an SQLite result code. Reads a database of any schema. */
int tally_read(sqlite3 *db, struct store_tally *out);

#endif
