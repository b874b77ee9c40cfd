/* Connects to a PostgreSQL database and recognizes its schema, on a blocking
 * connection. */
#ifndef STORE_POSTGRES_SCHEMA_H
#define STORE_POSTGRES_SCHEMA_H

#include "base/error.h"
#include "base/rc.h"
#include "store/history.h"
#include "store/postgres/conninfo.h"
#include "store/postgres/libpq.h"

#include <stdbool.h>

#define SCHEMA_NAME "pocketbook"

/* What is in the schema of a database. */
struct pg_schema {
	int lanes;
	int migrations;
	bool is_behind; /* this program has more migrations, or other functions */
	struct history_rules history;
};

/* Connects to the first host that accepts writes, waiting for it, and checks that the
 * server can be used. PQfinish(*out). RC_UNAVAILABLE: no host answered, or none
 * accepts writes; RC_DENIED: it refused this user; RC_MALFORMED: it is too old, or the
 * database is not in UTF-8. */
MUST_USE enum rc pg_schema_connect(const struct conninfo *conninfo, PGconn **out,
				   struct error *err);
/* RC_NOT_FOUND: there is none yet; RC_CORRUPT: it is another program's; RC_NEWER: this
 * one is too old for it; RC_DENIED. */
MUST_USE enum rc pg_schema_look(PGconn *conn, struct pg_schema *out, struct error *err);
/* The same for those that cannot migrate it. RC_UNAVAILABLE also if it is older. */
MUST_USE enum rc pg_schema_check(PGconn *conn, struct pg_schema *out, struct error *err);
/* For connections that lock: each statement sees what was committed before it. A query
 * of its own, as it holds from the next transaction on. */
#define PG_READ_COMMITTED "SET default_transaction_isolation = 'read committed'"
/* Runs one statement without parameters; results are text. Names the failure. */
MUST_USE enum rc pg_schema_query(PGconn *conn, const char *sql, PGresult **out, struct error *err);

#endif
