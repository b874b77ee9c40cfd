/* Opening a database that is not to be served from. */
#ifndef STORE_SQLITE_OPEN_H
#define STORE_SQLITE_OPEN_H

#include "base/error.h"
#include "base/rc.h"

#include <sqlite3.h>

/* Configures SQLite, before the first use of it by this process. */
void sql_start(void);

/* A separate connection that only reads and never checkpoints, to a database of
 * Pocketbook of any schema. Close it with sqlite3_close. Fails as store_open does. */
MUST_USE enum rc sql_open_source(const char *path, sqlite3 **db, struct error *err);

/* Lets nothing run that the schema of a file contains: triggers, views, functions in
 * expressions. Returns an SQLite result code. */
MUST_USE int sql_distrust(sqlite3 *db);

#endif
