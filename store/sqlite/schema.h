/* The schema of the SQLite back end: whether a file is ours, its version,
 * migrations. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "base/error.h"

#include <sqlite3.h>

/* Checks without changing anything. RC_OK: ours and current; RC_NOT_FOUND: no tables
 * yet; RC_UNAVAILABLE: ours, of an older schema; RC_NEWER; RC_CORRUPT: not ours, or
 * damaged. All but RC_OK set `err`. */
MUST_USE enum rc schema_check(sqlite3 *db, const char *path, struct error *err);

/* The number of migrations applied. Returns an SQLite result code. */
MUST_USE int schema_version(sqlite3 *db, int *version);

/* Creates the tables, or migrates them, in one transaction. */
MUST_USE enum rc schema_migrate(sqlite3 *db, const char *path, struct error *err);

/* Gives the database a new epoch, which invalidates all cursors. */
MUST_USE enum rc schema_new_epoch(sqlite3 *db, const char *path, struct error *err);

/* Sets `err` to the reason of an SQLite error on this file, and returns its rc. */
MUST_USE enum rc schema_fail(sqlite3 *db, int code, const char *path, struct error *err);

#endif
