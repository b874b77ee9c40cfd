/* Statistics of an SQLite database, maintained and counted. */
#ifndef STORE_SQLITE_STATS_H
#define STORE_SQLITE_STATS_H

#include "store/store.h"

#include <sqlite3.h>

enum sqlite_own { SQLITE_OWN_DATABASE_BYTES, SQLITE_OWN_WAL_BYTES, SQLITE_OWN_COUNT };

extern const struct store_stat sqlite_own_stats[SQLITE_OWN_COUNT];

/* Count in a database of any schema. Both return an SQLite result code. */
MUST_USE int stats_count(sqlite3 *db, struct store_stats_full *out);
/* The number of values in the table of large values. */
MUST_USE int stats_count_large(sqlite3 *db, uint64_t *large);

#endif
