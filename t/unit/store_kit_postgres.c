/* See store_kit_postgres.h. In a build without PostgreSQL a test that asks for it
 * fails. */
#include "store_kit_postgres.h"

#include "store_kit.h"

#ifdef HAVE_POSTGRESQL
#include "store/postgres/backend.h"
#include "store/postgres/libpq.h"

#include <stdio.h>

const char *kit_postgres_ask(const char *url, const char *sql)
{
	static char answer[4096];
	struct error err;
	PGconn *conn;
	PGresult *result;

	if (libpq_load(&err) != RC_OK)
		fail_msg("%s", err.text);
	conn = PQconnectdb(url);
	PQclear(PQexec(conn, "SET client_min_messages = warning; SET search_path = pocketbook"));
	result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	(void)snprintf(answer, sizeof(answer), "%s",
		       PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(conn);
	return answer;
}

void *kit_postgres_hold(const char *url, int lane)
{
	PGconn *conn = PQconnectdb(url);
	char sql[80];

	(void)snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(7216171, %d)", 100 + lane);
	PQclear(PQexec(conn, sql));
	assert_int_equal(PQtransactionStatus(conn), PQTRANS_IDLE);
	return conn;
}

void kit_postgres_release(void *session)
{
	PQfinish(session);
}

void kit_postgres_setup(const char *url, char *path, size_t size)
{
	store_add_backend(&backend_postgres);
	(void)snprintf(path, size, "%s", url);
	/* What an earlier test left unanswered. */
	(void)kit_postgres_ask(url, "SELECT count(pg_terminate_backend(pid, 5000)) FROM "
				    "pg_stat_activity WHERE usename = current_user AND pid <> "
				    "pg_backend_pid()");
	(void)kit_postgres_ask(url, "DROP SCHEMA IF EXISTS pocketbook CASCADE");
}
#else
void *kit_postgres_hold(const char *url, int lane)
{
	(void)lane;
	(void)kit_postgres_ask(url, "");
	return NULL;
}

void kit_postgres_release(void *session)
{
	(void)session;
}

const char *kit_postgres_ask(const char *url, const char *sql)
{
	(void)sql;
	fail_msg("this build is without PostgreSQL: %s", url);
	return NULL;
}

void kit_postgres_setup(const char *url, char *path, size_t size)
{
	(void)path;
	(void)size;
	(void)kit_postgres_ask(url, "");
}
#endif
