/* Reads a database as records. */
#ifndef STORE_SQLITE_DUMP_H
#define STORE_SQLITE_DUMP_H

#include "store/record.h"

#include <sqlite3.h>

/* In one transaction, of a database with the current schema. */
MUST_USE enum rc dump_records(sqlite3 *db, const char *name, const struct record_sink *sink,
			      struct error *err);

#endif
