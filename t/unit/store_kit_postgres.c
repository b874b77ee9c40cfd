/* See store_kit_postgres.h. In a build without PostgreSQL a test that asks for it
 * fails. */
#include "store_kit_postgres.h"

#include "store_kit.h"

#include "base/clock.h"

#include <poll.h>
#include <stdlib.h>

int kit_postgres_begin(void **state)
{
	*state = NULL;
	if (getenv("POCKETBOOK_TEST_DB") == NULL)
		return 0;
	return kit_setup(state);
}

int kit_postgres_end(void **state)
{
	return *state ? kit_teardown(state) : 0;
}

const char *kit_superuser(const char *sql)
{
	return kit_postgres_ask(getenv("POCKETBOOK_TEST_SUPERUSER"), sql);
}

void kit_end_sessions(void)
{
	(void)kit_superuser("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
			    "usename = 'app'");
}

void kit_turn(struct store *store)
{
	struct pollfd wanted;
	uint64_t deadline;

	store_poll(store, &wanted.fd, &wanted.events, &deadline);
	(void)poll(&wanted, 1, deadline <= clock_ms() ? 0 : 10);
	store_run(store);
}

static void on_head(void *arg, enum rc rc, const struct store_places *places)
{
	(void)places;
	*(enum rc *)arg = rc;
}

static enum rc ask_head(struct store *store)
{
	enum rc rc = RC_COUNT;

	store_head(store, on_head, &rc);
	store_wait(store);
	return rc;
}

enum rc kit_until_it_answers(struct store *store)
{
	const uint64_t end = clock_ms() + KIT_WAIT_MS;
	enum rc rc;

	while ((rc = ask_head(store)) == RC_UNAVAILABLE && clock_ms() < end)
		kit_turn(store);
	return rc;
}

#ifdef HAVE_POSTGRESQL
#include "store/postgres/backend.h"
#include "store/postgres/libpq.h"
#include "store/postgres/operations.h"

#include <stdio.h>

uint64_t kit_connections(struct store *store)
{
	return kit_stats(store).own[POSTGRES_OWN_CONNECTIONS];
}

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
uint64_t kit_connections(struct store *store)
{
	(void)store;
	return 0;
}

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
