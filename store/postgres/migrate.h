/* Makes the schema of a PostgreSQL database, and brings an older one up to date. A
 * migration is added so:
 *
 * 1. store/postgres/migration-N.sql changes tables and types, and is appended to the
 *    list in store/local.mk. It runs while no host commits, and waits for locks of
 *    tables for MIGRATE_LOCK_MS at a time, as all others wait behind it meanwhile. It
 *    must not touch `alive`, which commits read before they have their lane.
 * 2. functions.sql has the functions as they are after the last migration.
 * 3. MIGRATIONS_COMPATIBLE becomes N if servers that know N - 1 migrations cannot go on
 *    with this database; then all hosts must be stopped for it.
 * 4. Rows that a copy must have: store/record.h, dump.c, load.c. Grants of a role that
 *    does not own the tables: deploy/patroni/role.sql.
 * 5. t/0905-postgres-migrations.sh goes through all of them with data. */
#ifndef STORE_POSTGRES_MIGRATE_H
#define STORE_POSTGRES_MIGRATE_H

#include "store/postgres/schema.h"

#define MIGRATIONS_COMPATIBLE 3
#define MIGRATE_LOCK_MS "300"

/* By the build, from the files of SQL. */
extern const char *const postgres_migrations[];
extern const int postgres_migration_count;
extern const char postgres_functions[];
extern const char postgres_functions_sum[];

/* Makes the schema, or migrates it, in one transaction, unless another process has done
 * so meanwhile, for which it waits. RC_BUSY: tables are in use all the time; RC_DENIED:
 * a right is missing. */
MUST_USE enum rc pg_schema_make(PGconn *conn, int lanes, struct error *err);
/* The same, but leaves the transaction open, in which the schema is the search path,
 * and also if there was nothing to do. On failure there is no transaction. */
MUST_USE enum rc pg_schema_begin(PGconn *conn, int lanes, struct error *err);
/* pg_schema_make() with one lane if there is something to do. Returns what there is
 * then. */
MUST_USE enum rc pg_schema_ensure(PGconn *conn, struct pg_schema *out, struct error *err);

#endif
