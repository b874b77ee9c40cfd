/* Connects for the first time and checks a database. Called by open.c and by commands
 * on whole databases (whole.c, check.c); migrate.c makes the schema. */
#include "store/postgres/schema.h"

#include "base/array.h"
#include "store/postgres/migrate.h"
#include "store/postgres/result.h"

#include <stdlib.h>
#include <string.h>

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
	{ "not in hot standby mode", RC_UNAVAILABLE, "it is a primary; name a hot standby of it" },
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
				 "needed: upgrade it, or name another one in the URL",
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

static enum rc too_old(const PGconn *conn, int migrations, struct error *err)
{
	return error_set(err, RC_NEWER,
			 "the database %s was made by a newer version of this program (schema %d, "
			 "this one knows %d); upgrade",
			 PQdb(conn), migrations, postgres_migration_count);
}

/* Some columns came with a migration. */
static const char meta_sql[] =
	"SELECT program, schema, lanes, coalesce((to_jsonb(m) ->> 'compatible')::int, schema),"
	" coalesce(to_jsonb(m) ->> 'functions', ''), coalesce(to_jsonb(m) ->> 'history', '') "
	"FROM " SCHEMA_NAME ".meta m";

static enum rc look_at_meta(PGconn *conn, struct pg_schema *out, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(conn, meta_sql, &result, err);
	int compatible;

	if (rc != RC_OK)
		return rc;
	if (PQntuples(result) != 1 || strcmp(PQgetvalue(result, 0, 0), "pocketbook") != 0) {
		PQclear(result);
		return another_program(conn, err);
	}
	out->migrations = atoi(PQgetvalue(result, 0, 1));
	out->lanes = atoi(PQgetvalue(result, 0, 2));
	compatible = atoi(PQgetvalue(result, 0, 3));
	out->is_behind = out->migrations < postgres_migration_count ||
			 (out->migrations == postgres_migration_count &&
			  strcmp(PQgetvalue(result, 0, 4), postgres_functions_sum) != 0);
	history_rules_parse(slice_of(PQgetvalue(result, 0, 5)), &out->history);
	PQclear(result);
	return compatible > postgres_migration_count ? too_old(conn, out->migrations, err) : RC_OK;
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

enum rc pg_schema_look(PGconn *conn, struct pg_schema *out, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(conn, look_sql, &result, err);
	int relations, columns;

	*out = (struct pg_schema){ .lanes = 1 };
	if (rc != RC_OK)
		return rc;
	relations = atoi(PQgetvalue(result, 0, 0));
	columns = atoi(PQgetvalue(result, 0, 1));
	PQclear(result);
	if (relations <= 0)
		return error_set(err, RC_NOT_FOUND,
				 "the database %s has no schema " SCHEMA_NAME
				 " yet; make it with 'pocketbook init', or restore a backup if it "
				 "had documents",
				 PQdb(conn));
	return columns == 3 ? look_at_meta(conn, out, err) : another_program(conn, err);
}

enum rc pg_schema_check(PGconn *conn, struct pg_schema *out, struct error *err)
{
	enum rc rc = pg_schema_look(conn, out, err);

	if (rc == RC_OK && out->migrations < postgres_migration_count)
		return error_set(err, RC_UNAVAILABLE,
				 "the database %s has an older schema (%d of %d); bring it up to "
				 "date with 'pocketbook init', or start a server of this version",
				 PQdb(conn), out->migrations, postgres_migration_count);
	return rc;
}
