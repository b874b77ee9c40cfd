/* The schema of the SQLite back end: whether a file is ours, its version,
 * migrations. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "base/error.h"

#include <sqlite3.h>

/* Checks without changing anything, also that the tables are as the migrations make
 * them. RC_OK: ours and current; RC_NOT_FOUND: no tables yet; RC_UNAVAILABLE: ours, of
 * an older schema; RC_NEWER; RC_CORRUPT: not ours, or damaged. All but RC_OK set
 * `err`. */
MUST_USE enum rc schema_check(sqlite3 *db, const char *path, struct error *err);

/* Compares all objects with what the first `version` migrations make, byte for byte: a
 * backup is data, and nothing else in it may run. RC_CORRUPT: `err` names the
 * object. */
MUST_USE enum rc schema_compare(sqlite3 *db, int version, const char *path, struct error *err);

/* SQL, to be followed by a statement: each group (gid) with each group that contains it
 * (above), which is its name up to a colon other than the first character. Part of a
 * migration: never to be changed. */
#define SCHEMA_ANCESTRY \
	"WITH RECURSIVE ancestry (gid, name, colon, above) AS (SELECT gid, name, 1, NULL FROM grp" \
	" UNION ALL SELECT gid, name, colon + instr(substr(name, colon + 1), ':'), substr(name, " \
	"1," \
	" colon + instr(substr(name, colon + 1), ':') - 1)" \
	" FROM ancestry WHERE instr(substr(name, colon + 1), ':') > 0)"

/* SQL: connects the former versions of each document, which are not connected yet. Part
 * of a migration: never to be changed. */
#define SCHEMA_CHAINS \
	"UPDATE history SET former = before FROM (SELECT key AS own, lag(key) OVER (PARTITION BY " \
	"gid, id ORDER BY version) AS before FROM history) WHERE key = own AND before NOTNULL;" \
	"UPDATE doc SET former = newest FROM (SELECT gid AS g, id AS i, key AS newest, " \
	"max(version) FROM history GROUP BY gid, id) WHERE gid = g AND id = i;"

/* Runs the migrations after the first `from`, up to number `to`, in the transaction of
 * the caller. Returns an SQLite result code. */
MUST_USE int schema_run(sqlite3 *db, int from, int to);

/* The number of migrations applied. Returns an SQLite result code. */
MUST_USE int schema_version(sqlite3 *db, int *version);

/* Creates the tables, or migrates them, in one transaction. */
MUST_USE enum rc schema_migrate(sqlite3 *db, const char *path, struct error *err);

/* Gives the database a new epoch, which invalidates all cursors. */
MUST_USE enum rc schema_new_epoch(sqlite3 *db, const char *path, struct error *err);

/* Makes it another file than the one that it was copied from (log_owner.h). Returns an
 * SQLite result code. */
MUST_USE int schema_new_file(sqlite3 *db);

/* Sets `err` to the reason of an SQLite error on this file, and returns its rc. */
MUST_USE enum rc schema_fail(sqlite3 *db, int code, const char *path, struct error *err);

#endif
