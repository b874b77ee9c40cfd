/* Reads results of libpq. Called by all files of the PostgreSQL back end. */
#include "store/postgres/result.h"

#include "base/log.h"
#include "transit/transit.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>

/* ---- Columns ---- */

static const char *column_of(const PGresult *result, int row, int column, int length)
{
	if (PQgetisnull(result, row, column))
		return NULL;
	assert(PQfformat(result, column) == 1 && PQgetlength(result, row, column) == length);
	return PQgetvalue(result, row, column);
}

int64_t result_int64(const PGresult *result, int row, int column)
{
	return (int64_t)result_number(result, row, column);
}

uint64_t result_number(const PGresult *result, int row, int column)
{
	const char *bytes = column_of(result, row, column, sizeof(uint64_t));
	uint64_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

int result_int(const PGresult *result, int row, int column)
{
	const char *bytes = column_of(result, row, column, sizeof(uint32_t));
	uint32_t number = 0;

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return (int)be32toh(number);
}

bool result_bool(const PGresult *result, int row, int column)
{
	const char *bytes = column_of(result, row, column, 1);

	return bytes && *bytes;
}

struct slice result_text(const PGresult *result, int row, int column)
{
	return slice_make(PQgetvalue(result, row, column),
			  (size_t)PQgetlength(result, row, column));
}

struct slice result_value(const PGresult *result, int row, int column)
{
	const struct slice text = result_text(result, row, column);

	return transit_is_value(text) ? text : slice_make("", 0);
}

/* ---- Errors ---- */

int first_line_length(const char *message)
{
	return message ? (int)strcspn(message, "\n") : 0;
}

static const struct {
	const char *state; /* the whole code, or the class */
	enum rc rc;
} states[] = {
	{ "40001", RC_BUSY },        /* serialization_failure */
	{ "40P01", RC_BUSY },        /* deadlock_detected */
	{ "57014", RC_BUSY },        /* query_canceled: statement_timeout */
	{ "55P03", RC_BUSY },        /* lock_not_available: lock_timeout */
	{ "53100", RC_FULL },        /* disk_full */
	{ "53", RC_BUSY },           /* insufficient_resources */
	{ "25006", RC_UNAVAILABLE }, /* read_only_sql_transaction: it was demoted */
	{ "57P", RC_UNAVAILABLE },   /* admin_shutdown, crash_shutdown, cannot_connect_now */
	{ "08", RC_UNAVAILABLE },    /* connection_exception */
	/* Of what a request or its documents have. */
	{ "22", RC_CORRUPT },    /* data_exception */
	{ "54", RC_CORRUPT },    /* program_limit_exceeded */
	{ "23", RC_CORRUPT },    /* integrity_constraint_violation */
	{ "XX001", RC_CORRUPT }, /* data_corrupted */
	{ "XX002", RC_CORRUPT }, /* index_corrupted */
	{ "42501", RC_DENIED },  /* insufficient_privilege */
};

static enum rc rc_of_state(const char *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
			return states[i].rc;
	return RC_IO;
}

static void log_failure(const PGresult *result, const char *state)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char reason[256];

	(void)snprintf(reason, sizeof(reason), "%.*s", first_line_length(message),
		       message ? message : "");
	log_error("database_refused", LOG_TEXT("state", state), LOG_TEXT("reason", reason));
}

enum rc result_code(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);
	const char *state;

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return RC_OK;
	state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	/* Without one it is libpq's own failure: the connection was lost. */
	return state ? rc_of_state(state) : RC_UNAVAILABLE;
}

enum rc result_rc(const PGresult *result)
{
	const enum rc rc = result_code(result);

	if (rc == RC_IO || rc == RC_CORRUPT || rc == RC_DENIED || rc == RC_FULL)
		log_failure(result, PQresultErrorField(result, PG_DIAG_SQLSTATE));
	return rc;
}

bool result_is_conflict(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	return state && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0);
}
