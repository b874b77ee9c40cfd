/* Connects for the first time, checks a database and creates its schema. Called by
 * open.c and by commands on whole databases (whole.c, check.c). */
#include "store/postgres/schema.h"

#include "base/array.h"
#include "base/mem.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_VERSION 1
#define SERVER_VERSION_MIN 150000

/* ---- Connecting ---- */

/* libpq of Debian 12 has no SQLSTATE for a failed connection. A server may report in
 * another language; then the general text is used. */
static const struct {
	const char *part; /* of the server's message */
	enum rc rc;
	const char *advice;
} refusals[] = {
	{ "password authentication failed", RC_DENIED,
	  "write the right password into the file of --db-password-file or PGPASSFILE" },
	{ "no password supplied", RC_DENIED,
	  "write the password into the file of --db-password-file or PGPASSFILE" },
	{ "pg_hba.conf", RC_DENIED, "allow this user and host in pg_hba.conf of the server" },
	{ "role \"", RC_DENIED, "make that role (createuser), or name another user in the URL" },
	{ "database \"", RC_DENIED,
	  "make that database (createdb --encoding UTF8), or name another one in the URL" },
	{ "read-only", RC_UNAVAILABLE, "it is a standby; name the primary too" },
	{ "hot standby", RC_UNAVAILABLE, "it is a standby; name the primary too" },
};

static enum rc connect_failed(const PGconn *conn, struct error *err)
{
	const char *message = PQerrorMessage(conn);

	for (size_t i = 0; i < COUNT(refusals); i++)
		if (strstr(message, refusals[i].part))
			return error_set(err, refusals[i].rc,
					 "the database server refuses the connection (%.*s); %s",
					 first_line_length(message), message, refusals[i].advice);
	return error_set(err, RC_UNAVAILABLE,
			 "cannot connect to the database server (%.*s); check the URL, and that "
			 "the server runs",
			 first_line_length(message), message);
}

static enum rc check_server(const PGconn *conn, struct error *err)
{
	const char *encoding = PQparameterStatus(conn, "server_encoding");
	const int version = PQserverVersion(conn);

	if (version < SERVER_VERSION_MIN)
		return error_set(err, RC_MALFORMED,
				 "the database server is PostgreSQL %d; version 15 or newer is "
				 "needed",
				 version / 10000);
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return error_set(err, RC_MALFORMED,
				 "the database %s has the encoding %s; make one in UTF-8 (createdb "
				 "--template template0 --encoding UTF8)",
				 PQdb(conn), encoding ? encoding : "?");
	return RC_OK;
}

enum rc pg_schema_connect(const struct conninfo *conninfo, PGconn **out, struct error *err)
{
	enum rc rc = RC_UNAVAILABLE;

	*out = NULL;
	for (size_t host = 0; rc == RC_UNAVAILABLE && host < conninfo_hosts(conninfo); host++) {
		struct conninfo_parameters parameters;

		PQfinish(*out);
		conninfo_for_host(conninfo, host, &parameters);
		*out = PQconnectdbParams(parameters.keywords, parameters.values, 0);
		rc = PQstatus(*out) == CONNECTION_OK ? check_server(*out, err)
						     : connect_failed(*out, err);
	}
	if (rc != RC_OK) {
		PQfinish(*out);
		*out = NULL;
	}
	return rc;
}

/* ---- Statements ---- */

static enum rc query_failed(PGconn *conn, const PGresult *result, struct error *err)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const enum rc rc = result_code(result);

	if (message == NULL)
		message = PQerrorMessage(conn);
	if (rc == RC_DENIED)
		return error_set(err, rc,
				 "the database user %s lacks a right (%.*s); make it the owner of "
				 "the schema " SCHEMA_NAME ", or let it create one (GRANT CREATE "
				 "ON DATABASE)",
				 PQuser(conn), first_line_length(message), message);
	return error_set(err, rc, "the database server refuses (%.*s)", first_line_length(message),
			 message);
}

enum rc pg_schema_query(PGconn *conn, const char *sql, PGresult **out, struct error *err)
{
	PGresult *result = PQexec(conn, sql);
	const ExecStatusType status = PQresultStatus(result);
	enum rc rc = RC_OK;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		rc = query_failed(conn, result, err);
	if (rc == RC_OK && out) {
		*out = result;
		return rc;
	}
	PQclear(result);
	return rc;
}

/* ---- The schema ---- */

static enum rc another_program(const PGconn *conn, struct error *err)
{
	return error_set(err, RC_CORRUPT,
			 "the schema " SCHEMA_NAME " in database %s is another program's; name "
			 "another database",
			 PQdb(conn));
}

static enum rc check_meta(PGconn *conn, int *lanes, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(
		conn, "SELECT program, schema, lanes FROM " SCHEMA_NAME ".meta", &result, err);
	int version;

	if (rc != RC_OK)
		return rc;
	if (PQntuples(result) != 1 || strcmp(PQgetvalue(result, 0, 0), "pocketbook") != 0) {
		PQclear(result);
		return another_program(conn, err);
	}
	version = atoi(PQgetvalue(result, 0, 1));
	*lanes = atoi(PQgetvalue(result, 0, 2));
	PQclear(result);
	if (version > SCHEMA_VERSION)
		return error_set(err, RC_NEWER,
				 "the database %s was made by a newer version of this program "
				 "(schema %d, this one knows %d); upgrade",
				 PQdb(conn), version, SCHEMA_VERSION);
	return RC_OK;
}

/* Counts what there is in the schema: -1 if there is none, else the number of
 * relations, and of columns by which `meta` is recognized. */
static const char look_sql[] =
	"SELECT CASE WHEN n.oid IS NULL THEN -1 ELSE (SELECT count(*) FROM pg_class WHERE "
	"relnamespace = n.oid) END,"
	" (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE "
	"c.relnamespace = n.oid"
	" AND c.relname = 'meta' AND a.attname IN ('program', 'schema', 'lanes'))"
	" FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = '" SCHEMA_NAME "'";

enum rc pg_schema_check(PGconn *conn, int *lanes, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(conn, look_sql, &result, err);
	int relations, columns;

	*lanes = 1;
	if (rc != RC_OK)
		return rc;
	relations = atoi(PQgetvalue(result, 0, 0));
	columns = atoi(PQgetvalue(result, 0, 1));
	PQclear(result);
	if (relations <= 0)
		return error_set(err, RC_NOT_FOUND,
				 "the database %s has no schema " SCHEMA_NAME
				 " yet; make it with 'pocketbook init'",
				 PQdb(conn));
	return columns == 3 ? check_meta(conn, lanes, err) : another_program(conn, err);
}

static enum rc fill(PGconn *conn, int lanes, struct error *err)
{
	char sql[512];
	enum rc rc = pg_schema_query(conn, schema_sql, NULL, err);

	assert(lanes >= 1);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO meta (program, schema, lanes) VALUES ('pocketbook', %d, %d);"
		       "INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, "
		       "groups, seqs)"
		       " SELECT l, 0, 0, 0, 0, 0, '{}', '{}' FROM generate_series(0, %d) l;"
		       "SELECT epoch_check('created', false)",
		       SCHEMA_VERSION, lanes, lanes - 1);
	return rc == RC_OK ? pg_schema_query(conn, sql, NULL, err) : rc;
}

/* CREATE SCHEMA needs a right that whoever owns an existing one may lack. */
static enum rc make_schema(PGconn *conn, struct error *err)
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

enum rc pg_schema_begin(PGconn *conn, int lanes, struct error *err)
{
	int there;
	enum rc rc =
		pg_schema_query(conn,
				"BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL search_path = "
				"" SCHEMA_NAME ", pg_temp;"
				" SET LOCAL client_min_messages = warning;"
				" SELECT pg_advisory_xact_lock(7216171, 0)",
				NULL, err);

	if (rc == RC_OK)
		rc = pg_schema_check(conn, &there, err);
	if (rc == RC_NOT_FOUND) {
		rc = make_schema(conn, err);
		if (rc == RC_OK)
			rc = fill(conn, lanes, err);
	}
	if (rc != RC_OK && pg_schema_query(conn, "ROLLBACK", NULL, NULL) != RC_OK)
		return rc; /* the connection is gone, and with it the transaction */
	return rc;
}

enum rc pg_schema_make(PGconn *conn, int lanes, struct error *err)
{
	enum rc rc = pg_schema_begin(conn, lanes, err);

	return rc == RC_OK ? pg_schema_query(conn, "COMMIT", NULL, err) : rc;
}
