/* The schema of a PostgreSQL database, on a blocking connection. */
#ifndef STORE_POSTGRES_SCHEMA_H
#define STORE_POSTGRES_SCHEMA_H

#include "base/error.h"
#include "base/rc.h"
#include "store/postgres/conninfo.h"

#include <libpq-fe.h>

#define SCHEMA_NAME "pocketbook"

/* store/postgres/schema.sql, by the build. */
extern const char schema_sql[];

/* Connects to the first host that accepts writes, waiting for it, and checks that the
 * server can be used. PQfinish(*out). RC_UNAVAILABLE: no host answered, or none
 * accepts writes; RC_DENIED: it refused this user; RC_MALFORMED: it is too old, or the
 * database is not in UTF-8. */
MUST_USE enum rc pg_schema_connect(const struct conninfo *conninfo, PGconn **out,
				   struct error *err);
/* Checks the schema and reads the number of lanes. RC_NOT_FOUND: there is none yet;
 * RC_CORRUPT: it is another program's; RC_NEWER; RC_DENIED. */
MUST_USE enum rc pg_schema_check(PGconn *conn, int *lanes, struct error *err);
/* Makes it, in one transaction, unless another process has done so meanwhile. */
MUST_USE enum rc pg_schema_make(PGconn *conn, int lanes, struct error *err);
/* The same, but leaves the transaction open, in which the schema is the search path,
 * and also if it is there already. On failure there is no transaction. */
MUST_USE enum rc pg_schema_begin(PGconn *conn, int lanes, struct error *err);
/* Runs one statement without parameters; results are text. Names the failure. */
MUST_USE enum rc pg_schema_query(PGconn *conn, const char *sql, PGresult **out, struct error *err);

#endif
