/* The handle of an SQLite database, its prepared statements, and functions to run
 * them. The SQL that serves is in statements.c and schema.c; statistics, copies and
 * checks have their own. */
#ifndef STORE_SQLITE_STATEMENTS_H
#define STORE_SQLITE_STATEMENTS_H

#include "store/backend.h"
#include "store/rules.h"
#include "store/sqlite/files.h"

#include <sqlite3.h>

enum sql {
	SQL_BEGIN,
	SQL_ROLLBACK,
	SQL_STATE,
	SQL_LATEST,
	SQL_SOURCES,
	SQL_OWN,
	SQL_NESTED,
	SQL_OWN_META,
	SQL_NESTED_META,
	SQL_CHANGED_GROUPS,
	SQL_LARGE,
	SQL_SCAN,
	SQL_SCAN_BY_ID,
	SQL_FIND,
	SQL_VERSION,
	SQL_MARK_FROM,
	SQL_TOKEN,
	SQL_READER_COUNT, /* those below are the writer's */
	SQL_BEGIN_IMMEDIATE = SQL_READER_COUNT,
	SQL_COMMIT,
	SQL_SET_STATE,
	SQL_SET_HISTORY,
	SQL_GROUP,
	SQL_ADD_GROUP,
	SQL_SET_GROUP,
	SQL_GROUP_NAME,
	SQL_ANCESTOR,
	SQL_ADD_ANCESTOR,
	SQL_DROP_ANCESTOR,
	SQL_ADD_NESTED,
	SQL_SET_NESTED,
	SQL_DROP_NESTED,
	SQL_HELD,
	SQL_IS_THERE,
	SQL_SAVEPOINT,
	SQL_ROLLBACK_TO,
	SQL_RELEASE,
	SQL_PUT_DOC,
	SQL_PUT_DOCS, /* ROWS_TOGETHER of them */
	SQL_ADD_DOC,
	SQL_SET_DOC,
	SQL_ADD_LARGE,
	SQL_DROP_LARGE,
	SQL_KEEP_VERSION,
	SQL_MARKS,
	SQL_LINK,
	SQL_ENDED_AFTER,
	SQL_PRUNE_DELETED,
	SQL_DROP_VERSION,
	SQL_PURGE,
	SQL_DROP_GROUP,
	SQL_TOKENS,
	SQL_ADD_TOKEN,
	SQL_ADD_GRANT,
	SQL_SET_EXPIRY,
	SQL_KEEP_REVOKED,
	SQL_DROP_TOKEN,
	SQL_DROP_GRANTS,
	SQL_SET_QUOTA,
	SQL_SET_NOTE,
	SQL_SET_USED,
	SQL_SET_RETRY,
	SQL_HAS_USER,
	SQL_JOINED,
	SQL_WAS_REVOKED,
	SQL_INVITE,
	SQL_INVITES,
	SQL_ADD_INVITE,
	SQL_ADD_INVITE_GRANT,
	SQL_COUNT_INVITE,
	SQL_DROP_INVITE,
	SQL_DROP_INVITE_GRANTS,
	SQL_DROP_REVOKED,
	SQL_DROP_DEVICES,
	SQL_HAS_QUOTAS,
	SQL_PAYER,
	SQL_ADD_ACCOUNT,
	SQL_CHARGE,
	SQL_COUNT
};

/* Longer values are in a table of their own, so that pulls and updates of their
 * neighbours are faster. */
#define SQLITE_VALUE_INLINE 1024

/* Has any token a limit of its own, or any user an account? (quota.h) */
enum quotas { QUOTAS_UNKNOWN, QUOTAS_UNUSED, QUOTAS_USED };

struct sqlite {
	struct store store; /* first: the door's part of the handle */
	sqlite3 *db;
	struct files files;
	const uint64_t *index_head; /* wal_index.c; NULL: not found yet */
	sqlite3_stmt *sql[SQL_COUNT];
	int log_pages;  /* frames in the write-ahead log after the last commit */
	int log_grown;  /* frames of the last commit */
	int log_large;  /* frames of large commits since the last checkpoint */
	int log_copied; /* how many of them the last checkpoint had copied, or tried to */
	int log_cut;    /* from how many on a checkpoint waits for readers */
	uint64_t checkpoints;
	/* Of a writer. */
	enum quotas quotas;
	struct payers *payers; /* NULL: none yet */
	/* What the next commit of a writer says of the file (log_owner.h). */
	uint64_t head;  /* of the last commit */
	int64_t copied; /* the head when the log was last copied as a whole; -1: never */
	int cookie;
	bool has_log; /* commits were in the log when it was opened */
};

/* Versions are numbers of JavaScript. */
#define VERSION_END (UINT64_C(1) << 53)

/* The back end's own view of a handle. */
static inline struct sqlite *sqlite_of(struct store *store)
{
	return (struct sqlite *)store;
}

/* Prepares all statements for the role of the handle. */
MUST_USE enum rc sql_prepare(struct sqlite *sqlite);
void sql_finalize(struct sqlite *sqlite);

/* The meaning of the connection's last SQLite result code; does not log. */
enum rc sql_rc(sqlite3 *db, int code);

/* Parameters count from 1, columns from 0. Texts are not copied and must stay until
 * the statement has run. */
void sql_bind_number(sqlite3_stmt *stmt, int at, uint64_t number);
void sql_bind_text(sqlite3_stmt *stmt, int at, struct slice text);
void sql_bind_bytes(sqlite3_stmt *stmt, int at, const void *bytes, size_t len);
void sql_bind_null(sqlite3_stmt *stmt, int at);
uint64_t sql_number(sqlite3_stmt *stmt, int at);
bool sql_is_null(sqlite3_stmt *stmt, int at);
/* A version of a document; 0 if it is none that there can be. */
uint64_t sql_version(sqlite3_stmt *stmt, int at);
/* Valid until the next step or reset of the statement. */
struct slice sql_text(sqlite3_stmt *stmt, int at);

/* One step. *row false: the statement is done and was reset, as after an error,
 * which is logged. Callers that stop before that reset the statement themselves. */
MUST_USE enum rc sql_step(sqlite3_stmt *stmt, bool *row);
/* Runs a statement without result rows. */
MUST_USE enum rc sql_run(sqlite3_stmt *stmt);

/* Rolls back the transaction, if there is one; also to end one that only read. */
void sql_rollback(struct sqlite *sqlite);

MUST_USE enum rc sql_read_state(struct sqlite *sqlite, struct store_state *out);
/* Appends the value with this number from the table of large values. */
MUST_USE enum rc sql_read_large(struct sqlite *sqlite, uint64_t seq, struct buf *out);

#endif
