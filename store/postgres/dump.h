/* Reads a database as records. */
#ifndef STORE_POSTGRES_DUMP_H
#define STORE_POSTGRES_DUMP_H

#include "store/record.h"
#include "store/postgres/libpq.h"

/* In a transaction of the caller, with the schema as the search path. */
MUST_USE enum rc pg_dump_records(PGconn *conn, const struct record_sink *sink, struct error *err);

#endif
