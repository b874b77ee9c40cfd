/* Makes the schema of a database and migrates it. Called by open.c when a writer or
 * `pocketbook init` opens it, and by load.c. */
#include "store/postgres/migrate.h"

#include "base/log.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define ATTEMPTS 30
#define PAUSE_MS 700
#define NOTHING_DONE (-1)

/* ---- In the transaction ---- */

static const char begin_sql[] =
	"BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0;"
	" SET LOCAL search_path = " SCHEMA_NAME ", pg_temp;"
	" SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock(7216171, 0)";

/* Commits are kept out first: they take their lane before they use a table. */
static const char lock_sql[] =
	"SAVEPOINT tables; SET LOCAL lock_timeout = '15s';"
	" SELECT pg_advisory_xact_lock(7216171, 100 + l) FROM generate_series(0, (SELECT lanes - 1 "
	"FROM meta)) l ORDER BY l;"
	" SET LOCAL lock_timeout = " MIGRATE_LOCK_MS;

static enum rc run_migrations(PGconn *conn, int from, struct error *err)
{
	enum rc rc = RC_OK;

	for (int i = from; rc == RC_OK && i < postgres_migration_count; i++)
		rc = pg_schema_query(conn, postgres_migrations[i], NULL, err);
	return rc == RC_OK ? pg_schema_query(conn, postgres_functions, NULL, err) : rc;
}

static enum rc note_migrations(PGconn *conn, struct error *err)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE meta SET schema = %d, compatible = %d, functions = '%s'",
		       postgres_migration_count, MIGRATIONS_COMPATIBLE, postgres_functions_sum);
	return pg_schema_query(conn, sql, NULL, err);
}

/* A reader, such as pg_dump, may hold a table for long. Sessions that come after a
 * waiting migration would wait with it, so it waits for a short time, and lets them
 * pass. */
static enum rc migrate(PGconn *conn, int from, struct error *err)
{
	enum rc rc = RC_BUSY;

	for (int attempt = 0; rc == RC_BUSY && attempt < ATTEMPTS; attempt++) {
		if (attempt == 1)
			log_warn("schema_waits", LOG_TEXT("reason", err->text));
		if (attempt > 0)
			(void)poll(NULL, 0, PAUSE_MS);
		rc = pg_schema_query(conn, lock_sql, NULL, err);
		if (rc == RC_OK)
			rc = run_migrations(conn, from, err);
		if (rc == RC_BUSY && pg_schema_query(conn, "ROLLBACK TO tables", NULL, NULL))
			return rc;
	}
	return rc == RC_OK ? note_migrations(conn, err) : rc;
}

/* CREATE SCHEMA needs a right that the owner of an existing schema may lack. */
static enum rc make_namespace(PGconn *conn, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(
		conn, "SELECT count(*) FROM pg_namespace WHERE nspname = '" SCHEMA_NAME "'",
		&result, err);
	bool is_there;

	if (rc != RC_OK)
		return rc;
	is_there = atoi(PQgetvalue(result, 0, 0)) > 0;
	PQclear(result);
	return is_there ? RC_OK : pg_schema_query(conn, "CREATE SCHEMA " SCHEMA_NAME, NULL, err);
}

static enum rc make(PGconn *conn, int lanes, struct error *err)
{
	char sql[512];
	enum rc rc = make_namespace(conn, err);

	assert(lanes >= 1);
	if (rc == RC_OK)
		rc = run_migrations(conn, 0, err);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO meta (program, schema, lanes) VALUES ('pocketbook', 0, %d);"
		       "INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, "
		       "groups, seqs)"
		       " SELECT l, 0, 0, 0, 0, 0, '{}', '{}' FROM generate_series(0, %d) l;"
		       "SELECT epoch_check('created', false)",
		       lanes, lanes - 1);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, sql, NULL, err);
	return rc == RC_OK ? note_migrations(conn, err) : rc;
}

static enum rc make_or_migrate(PGconn *conn, int lanes, int *from, struct error *err)
{
	struct pg_schema there;
	enum rc rc = pg_schema_look(conn, &there, err);

	*from = NOTHING_DONE;
	if (rc == RC_NOT_FOUND) {
		*from = 0;
		return make(conn, lanes, err);
	}
	if (rc != RC_OK || !there.is_behind)
		return rc;
	*from = there.migrations;
	return migrate(conn, there.migrations, err);
}

/* ---- The transaction ---- */

/* Names who can do what this user may not. */
static enum rc explain(PGconn *conn, int from, struct error *err)
{
	PGresult *result;
	struct error ignored;

	if (pg_schema_query(conn,
			    "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = "
			    "'" SCHEMA_NAME "'",
			    &result, &ignored) != RC_OK)
		return RC_DENIED;
	if (PQntuples(result) == 1)
		(void)error_set(err, RC_DENIED,
				"the database %s has an older schema (%d of %d), which the user %s "
				"may not change; run 'pocketbook init' once as its owner %s",
				PQdb(conn), from, postgres_migration_count, PQuser(conn),
				PQgetvalue(result, 0, 0));
	PQclear(result);
	return RC_DENIED;
}

static enum rc begin(PGconn *conn, int lanes, int *from, struct error *err)
{
	enum rc rc = pg_schema_query(conn, begin_sql, NULL, err);

	*from = NOTHING_DONE;
	if (rc == RC_OK)
		rc = make_or_migrate(conn, lanes, from, err);
	if (rc != RC_OK && pg_schema_query(conn, "ROLLBACK", NULL, NULL) != RC_OK)
		return rc; /* the connection is gone, and with it the transaction */
	return rc == RC_DENIED && *from > 0 ? explain(conn, *from, err) : rc;
}

enum rc pg_schema_begin(PGconn *conn, int lanes, struct error *err)
{
	int from;

	return begin(conn, lanes, &from, err);
}

enum rc pg_schema_make(PGconn *conn, int lanes, struct error *err)
{
	int from;
	enum rc rc = begin(conn, lanes, &from, err);

	if (rc == RC_OK)
		rc = pg_schema_query(conn, "COMMIT", NULL, err);
	if (rc == RC_OK && from > 0)
		log_info("schema_migrated", LOG_NUMBER("from", from),
			 LOG_NUMBER("to", postgres_migration_count));
	return rc;
}

enum rc pg_schema_ensure(PGconn *conn, struct pg_schema *out, struct error *err)
{
	enum rc rc = pg_schema_look(conn, out, err);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && out->is_behind)) {
		rc = pg_schema_make(conn, 1, err);
		if (rc == RC_OK)
			rc = pg_schema_look(conn, out, err);
	}
	return rc;
}
