#include "store/sqlite.h"

#include "base/log.h"

#include <assert.h>

enum rc sql_rc(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_BUSY;
	/* Statements are fixed and their parameters checked: what they trip over is the content of the file. */
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_SCHEMA:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RC_CORRUPT;
	case SQLITE_IOERR:
		/* A failed sync may have dropped what was written before: what is on the disk is unknown from here on. */
		return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC ? RC_UNAVAILABLE : RC_IO;
	default:
		return RC_IO;
	}
}

/* A parameter number that is none, a statement still running: our own mistakes. */
static void sql_bound(int code)
{
	assert(code == SQLITE_OK);
	(void)code;
}

void sql_bind_number(sqlite3_stmt *stmt, int at, uint64_t number)
{
	sql_bound(sqlite3_bind_int64(stmt, at, (sqlite3_int64)number));
}

void sql_bind_text(sqlite3_stmt *stmt, int at, struct slice text)
{
	sql_bound(sqlite3_bind_text64(stmt, at, text.len ? text.data : "", text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void sql_bind_bytes(sqlite3_stmt *stmt, int at, const void *bytes, size_t len)
{
	sql_bound(sqlite3_bind_blob64(stmt, at, bytes, len, SQLITE_STATIC));
}

void sql_bind_null(sqlite3_stmt *stmt, int at)
{
	sql_bound(sqlite3_bind_null(stmt, at));
}

uint64_t sql_number(sqlite3_stmt *stmt, int at)
{
	return (uint64_t)sqlite3_column_int64(stmt, at);
}

bool sql_is_null(sqlite3_stmt *stmt, int at)
{
	return sqlite3_column_type(stmt, at) == SQLITE_NULL;
}

struct slice sql_text(sqlite3_stmt *stmt, int at)
{
	const char *data = sqlite3_column_blob(stmt, at);

	return slice_make(data, (size_t)sqlite3_column_bytes(stmt, at));
}

enum rc sql_step(sqlite3_stmt *stmt, bool *row)
{
	int code = sqlite3_step(stmt);

	*row = code == SQLITE_ROW;
	if (*row)
		return RC_OK;
	if (code != SQLITE_DONE)
		log_error("store_failed", LOG_NUMBER("code", code), LOG_TEXT("reason", sqlite3_errmsg(sqlite3_db_handle(stmt))),
			  LOG_TEXT("statement", sqlite3_sql(stmt)));
	sqlite3_reset(stmt);
	return sql_rc(code);
}

enum rc sql_run(sqlite3_stmt *stmt)
{
	bool row;
	enum rc rc = sql_step(stmt, &row);

	assert(!row);
	return rc;
}

void sql_rollback(struct store *store)
{
	/* After some failures SQLite has rolled back by itself. */
	if (sqlite3_get_autocommit(store->db) == 0 && sql_run(store->sql[SQL_ROLLBACK]) != RC_OK)
		log_error("store_rollback_failed");
}
