/* Statements on a blocking connection, for commands on whole databases. */
#ifndef STORE_POSTGRES_WHOLE_H
#define STORE_POSTGRES_WHOLE_H

#include "store/postgres/operations.h"

/* Connects and checks the schema; a statement is one snapshot. PQfinish(*out), also
 * after an early end of whole_rows. */
MUST_USE enum rc whole_connect(const struct conninfo *conninfo, PGconn **out, struct error *err);

/* A result of one row, in binary. Anything but RC_OK ends the statement. */
typedef enum rc on_whole_row(void *arg, const PGresult *result);
/* Passes the rows in bounded memory. */
MUST_USE enum rc whole_rows(PGconn *conn, const char *sql, const struct params *params,
			    on_whole_row *on_row, void *arg);

#endif
