/* The tables of the SQLite back end: whose file it is, how old its schema is, bringing
 * it up to date. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "base/error.h"

#include <sqlite3.h>

/* Looks without changing anything. RC_OK: ours and current; RC_NOT_FOUND: no tables
 * yet; RC_UNAVAILABLE: ours, of an older schema; RC_NEWER; RC_CORRUPT: not ours, or
 * damaged. All but RC_OK come with a reason. */
MUST_USE enum rc schema_look(sqlite3 *db, const char *path, struct error *err);

/* How many of the migrations the database has seen. Answers an SQLite result code. */
MUST_USE int schema_version(sqlite3 *db, int *version);

/* Makes the tables, or what they lack, in one transaction. */
MUST_USE enum rc schema_migrate(sqlite3 *db, const char *path, struct error *err);

/* Gives the database a new epoch, so that no cursor of before is good any more. */
MUST_USE enum rc schema_renew_epoch(sqlite3 *db, const char *path, struct error *err);

/* The reason for an SQLite error on this file, with its rc. */
MUST_USE enum rc schema_fail(sqlite3 *db, int code, const char *path, struct error *err);

#endif
