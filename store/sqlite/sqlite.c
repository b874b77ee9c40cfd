#include "store/sqlite/sqlite.h"

#include "base/log.h"

#include <assert.h>

/* errno of the last operation that failed on the log, or else on the database;
 * sqlite3_system_errno() does not know it after a COMMIT. */
static int file_error(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int error = 0;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
	    log && log->pMethods)
		(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
	if (error == 0)
		(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

enum rc sql_rc(sqlite3 *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RC_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_BUSY;
	/* Statements are fixed and their parameters checked: what they trip over is the
	 * content of the file. */
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_SCHEMA:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RC_CORRUPT;
	case SQLITE_FULL:
		return RC_FULL;
	case SQLITE_READONLY:
		return RC_READ_ONLY;
	case SQLITE_IOERR:
		/* A failed sync may have dropped what was written before: what is on
		 * the disk is unknown from here on. */
		if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
			return RC_SYNC_FAILED;
		/* All that the log's index needs is room. */
		return code == SQLITE_IOERR_SHMSIZE ? RC_FULL : rc_of_errno(file_error(db));
	case SQLITE_CANTOPEN:
		return rc_of_errno(sqlite3_system_errno(db));
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
	sql_bound(sqlite3_bind_text64(stmt, at, text.len ? text.data : "", text.len, SQLITE_STATIC,
				      SQLITE_UTF8));
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
	sqlite3 *db = sqlite3_db_handle(stmt);
	int code = sqlite3_step(stmt);
	enum rc rc = sql_rc(db, code);

	*row = code == SQLITE_ROW;
	if (*row)
		return RC_OK;
	/* Of a disk that takes nothing more, who commits tells once. */
	if (rc != RC_OK && rc != RC_FULL && rc != RC_READ_ONLY)
		log_error("store_failed", LOG_NUMBER("code", code),
			  LOG_TEXT("reason", sqlite3_errmsg(db)),
			  LOG_TEXT("statement", sqlite3_sql(stmt)));
	sqlite3_reset(stmt);
	return rc;
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
