/* The statements that serve, and functions to run them. Called by all code that
 * reads or writes an open database; schema.c has its tables. */
#include "store/sqlite/statements.h"

#include "store/sqlite/checksum.h"

#include "base/log.h"

#include <assert.h>

/* The documents that a pull shows, after ?2: all, except in a snapshot the tombstones
 * from before its beginning, ?3. */
#define SHOWN "doc.seq > ?2 AND (deleted_at IS NULL OR doc.seq > ?3) ORDER BY "
#define SHOWN_COLUMNS "SELECT " ROW_COLUMNS("value") " FROM "
#define SHOWN_META "SELECT " ROW_COLUMNS("value") ", " WRITTEN_COLUMNS " FROM "
#define OWN "doc WHERE gid = ?1 AND " SHOWN "seq"
#define NESTED \
	"nested CROSS JOIN doc ON doc.gid = nested.gid AND doc.seq = nested.seq WHERE aid = ?1 " \
	"AND nested.seq > ?2 AND " SHOWN "nested.seq"

/* A whole document; a version of one has the same columns. */
#define WHOLE(value) "SELECT " ROW_COLUMNS(value) ", " WRITTEN_COLUMNS ", former FROM "
#define DOCUMENT \
	WHOLE("coalesce(doc.value, large.value)") \
	"grp CROSS JOIN doc ON doc.gid = grp.gid LEFT JOIN large ON large.seq = doc.seq"
/* In group ?1 (all if that is empty) and the groups nested in it, whose names lie
 * between `?1:` and `?1;`, as `;` follows `:` in ASCII; without tombstones if ?2. */
#define SCANNED \
	"(?1 = '' OR name = ?1 OR (name >= ?1 || ':' AND name < ?1 || ';')) AND NOT (?2 AND " \
	"deleted_at IS NOT NULL)"

/* A token with its grants, one row for each; quotas in the order of enum
 * store_quota_kind. */
#define TOKEN_COLUMNS \
	"id, token.user, hash, created, expires, grp, write, quota_bytes, quota_documents, " \
	"quota_groups, quota_streams, quota_pushes, note, invite, used"

/* An invitation with its grants, one row for each or one without. */
#define INVITE_COLUMNS \
	"invite.id, invite.hash, source, invite.note, invite.created, invite.expires, uses, " \
	"invite.used, grp, write"
#define INVITE_TABLES "invite LEFT JOIN invite_grant ON invite_grant.invite = invite.id"

/* The number of a former version, if its value lies in `large`. */
#define IN_LARGE "iif(value IS NULL AND deleted_at IS NULL, seq, 0)"
/* The former versions of a document from which those before them are found. */
#define MARKS "history WHERE gid = ?1 AND id = ?2 AND version % 16 = 0"

#define ADD_DOCS \
	"INSERT INTO doc (gid, seq, id, version, deleted_at, op, plain, value, account, charge, " \
	"sum, written_at, written_by, written_sum) VALUES "
#define DOC "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" /* ROW_PARAMETERS */
#define ADD_DOC ADD_DOCS DOC
/* Opening the tables and their indexes for a statement costs as much as a row. */
#define DOCS_4 DOC ", " DOC ", " DOC ", " DOC
#define ADD_DOCS_TOGETHER ADD_DOCS DOCS_4 ", " DOCS_4 ", " DOCS_4 ", " DOCS_4

static const char *const statements[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_STATE] = "SELECT epoch, seq, horizon, documents, tombstones FROM meta",
	[SQL_LATEST] = "SELECT epoch, max(horizon, coalesce((SELECT seq FROM grp WHERE name = ?1), "
		       "0), coalesce((SELECT max(seq) FROM nested WHERE aid = (SELECT aid FROM "
		       "ancestor WHERE name = ?1)), 0)) FROM meta",
	[SQL_SOURCES] = "SELECT (SELECT gid FROM grp WHERE name = ?1), (SELECT aid FROM ancestor "
			"WHERE name = ?1)",
	[SQL_OWN] = SHOWN_COLUMNS OWN,
	[SQL_NESTED] = SHOWN_COLUMNS NESTED,
	[SQL_OWN_META] = SHOWN_META OWN,
	[SQL_NESTED_META] = SHOWN_META NESTED,
	[SQL_CHANGED_GROUPS] =
		"SELECT gid, (SELECT doc.seq FROM doc WHERE doc.gid = grp.gid AND " SHOWN
		"doc.seq LIMIT 1) FROM grp WHERE seq > ?2",
	[SQL_LARGE] = "SELECT value FROM large WHERE seq = ?1",
	[SQL_SCAN] = DOCUMENT " WHERE " SCANNED " ORDER BY name, doc.seq",
	[SQL_SCAN_BY_ID] = DOCUMENT " WHERE " SCANNED " ORDER BY name, id",
	[SQL_FIND] = DOCUMENT " WHERE name = ?1 AND id = ?2",
	/* Skipped versions are read without their values. */
	[SQL_VERSION] = WHOLE(
		"iif(version < ?2, coalesce(doc.value, large.value), NULL)") "history AS doc LEFT "
									     "JOIN large ON "
									     "large.seq = doc.seq "
									     "WHERE key = ?1",
	[SQL_MARK_FROM] = "SELECT key FROM history WHERE gid = (SELECT gid FROM grp WHERE name = "
			  "?1) AND id = ?2 AND version >= ?3 AND version % 16 = 0 ORDER BY version "
			  "LIMIT 1",
	[SQL_TOKEN] = "SELECT " TOKEN_COLUMNS ", 0, 0, 0 FROM token JOIN token_grant ON token = id"
		      " WHERE id = ?1 ORDER BY n",

	[SQL_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_SET_STATE] =
		"UPDATE meta SET seq = ?1, horizon = ?2, documents = ?3, tombstones = ?4, "
		"copied = ?5, cookie = ?6",
	[SQL_SET_HISTORY] = "UPDATE meta SET history = ?1",
	[SQL_GROUP] = "SELECT gid FROM grp WHERE name = ?1",
	[SQL_ADD_GROUP] = "INSERT INTO grp (name, seq, account) VALUES (?1, 0, ?2)",
	[SQL_SET_GROUP] = "UPDATE grp SET seq = ?2 WHERE gid = ?1",
	[SQL_GROUP_NAME] = "SELECT name FROM grp WHERE gid = ?1",
	[SQL_ANCESTOR] = "SELECT aid FROM ancestor WHERE name = ?1",
	[SQL_ADD_ANCESTOR] = "INSERT INTO ancestor (name) VALUES (?1)",
	[SQL_DROP_ANCESTOR] = "DELETE FROM ancestor WHERE aid = ?1 AND NOT EXISTS (SELECT 1 FROM "
			      "nested WHERE nested.aid = ?1)",
	[SQL_ADD_NESTED] = "INSERT INTO nested (aid, seq, gid) VALUES (?1, ?2, ?3)",
	[SQL_SET_NESTED] = "UPDATE nested SET seq = ?3 WHERE aid = ?1 AND seq = ?2",
	[SQL_DROP_NESTED] = "DELETE FROM nested WHERE aid = ?1 AND seq = ?2",
	[SQL_HELD] = "SELECT " ROW_COLUMNS("value") ", account, charge, former FROM doc "
						    "WHERE gid = ?1 AND id = ?2",
	[SQL_IS_THERE] = "SELECT 1 FROM doc WHERE gid = ?1 AND id = ?2",
	[SQL_SAVEPOINT] = "SAVEPOINT push",
	[SQL_ROLLBACK_TO] = "ROLLBACK TO push",
	[SQL_RELEASE] = "RELEASE push",
	[SQL_PUT_DOC] = ADD_DOC " ON CONFLICT (gid, id) DO NOTHING",
	[SQL_PUT_DOCS] = ADD_DOCS_TOGETHER " ON CONFLICT (gid, id) DO NOTHING",
	[SQL_ADD_DOC] = ADD_DOC,
	[SQL_SET_DOC] = "UPDATE doc SET seq = ?2, version = ?4, deleted_at = ?5, op = ?6, plain = "
			"?7, value = ?8, account = ?9, charge = ?10, sum = ?11, written_at = ?12, "
			"written_by = ?13, written_sum = ?14, former = ?16"
			" WHERE gid = ?1 AND seq = ?15 AND id = ?3",
	[SQL_ADD_LARGE] = "INSERT INTO large (seq, value) VALUES (?1, ?2)",
	[SQL_DROP_LARGE] = "DELETE FROM large WHERE seq = ?1",
	/* If it could fail, or replaced a row, SQLite would keep a journal of the
	 * statement, which costs as much as the rest. A key that is there has damaged
	 * something: check reports it. */
	[SQL_KEEP_VERSION] =
		"INSERT OR IGNORE INTO history (key, former, gid, id, version, seq, deleted_at, "
		"ended_at, op, plain, sum, written_at, written_by, written_sum, value) SELECT ?4, "
		"former, gid, id, version, seq, deleted_at, ?3, op, plain, sum, written_at, "
		"written_by, written_sum, value FROM doc WHERE gid = ?1 AND seq = ?2",
	[SQL_MARKS] = "SELECT key, version FROM " MARKS " ORDER BY version LIMIT ?3",
	[SQL_LINK] = "SELECT former, version, " IN_LARGE
		     " FROM history WHERE key = ?3 AND gid = ?1 AND id = ?2",
	[SQL_ENDED_AFTER] = "SELECT key, gid, id, ended_at, " IN_LARGE
			    ", iif(ended_at < ?2, EXISTS (SELECT 1 FROM history AS older WHERE "
			    "older.key = history.former), 1) FROM history WHERE key > ?1 ORDER BY "
			    "key",
	[SQL_PRUNE_DELETED] =
		"SELECT gid, id, newest FROM (SELECT gid, id, former AS newest FROM doc WHERE "
		"deleted_at < ?1 ORDER BY deleted_at LIMIT ?2) WHERE EXISTS (SELECT 1 FROM history "
		"WHERE key = newest)",
	[SQL_DROP_VERSION] = "DELETE FROM history WHERE key = ?1",
	[SQL_PURGE] = "DELETE FROM doc WHERE (gid, seq) IN (SELECT gid, seq FROM doc WHERE "
		      "deleted_at < ?1 ORDER BY deleted_at LIMIT ?2)"
		      " RETURNING gid, seq",
	[SQL_DROP_GROUP] = "DELETE FROM grp WHERE gid = ?1 AND NOT EXISTS (SELECT 1 FROM doc WHERE "
			   "doc.gid = ?1) RETURNING account",
	[SQL_TOKENS] = "SELECT " TOKEN_COLUMNS ", bytes, documents, groups FROM token JOIN "
		       "token_grant ON token = id LEFT JOIN account ON account.user = token.user"
		       " ORDER BY created, id, n",
	[SQL_ADD_TOKEN] =
		"INSERT INTO token (id, user, hash, created, expires, quota_bytes, "
		"quota_documents, quota_groups, quota_streams, quota_pushes, note, invite) VALUES "
		"(?1, ?2, ?3, ?4, ?5, nullif(?6, 0), nullif(?7, 0), nullif(?8, 0), nullif(?9, 0), "
		"nullif(?10, 0), ?11, ?12) ON CONFLICT DO NOTHING",
	[SQL_ADD_GRANT] = "INSERT INTO token_grant (token, n, grp, write) VALUES (?1, ?2, ?3, ?4)",
	[SQL_SET_EXPIRY] = "UPDATE token SET expires = ?2 WHERE id = ?1",
	/* An invitation of a second device is used up by its one join. */
	[SQL_KEEP_REVOKED] =
		"INSERT OR IGNORE INTO revoked_join (invite, retry, user) SELECT invite, retry, "
		"user FROM token WHERE id = ?1 AND retry IS NOT NULL AND invite IN (SELECT id FROM "
		"invite WHERE source = '')",
	[SQL_DROP_TOKEN] = "DELETE FROM token WHERE id = ?1",
	[SQL_DROP_GRANTS] = "DELETE FROM token_grant WHERE token = ?1",
	[SQL_SET_QUOTA] =
		"UPDATE token SET quota_bytes = nullif(?2, 0), quota_documents = nullif(?3, 0), "
		"quota_groups = nullif(?4, 0), quota_streams = nullif(?5, 0), quota_pushes = "
		"nullif(?6, 0) WHERE id = ?1",
	[SQL_SET_NOTE] = "UPDATE token SET note = ?2 WHERE id = ?1",
	[SQL_SET_USED] = "UPDATE token SET used = ?2 WHERE id = ?1 AND used <= ?2 - ?3",
	[SQL_SET_RETRY] = "UPDATE token SET retry = ?2 WHERE id = ?1",
	[SQL_HAS_USER] = "SELECT 1 FROM token WHERE user = ?1 LIMIT 1",
	[SQL_JOINED] = "SELECT id FROM token WHERE retry = ?1 AND retry IS NOT NULL AND invite = "
		       "?2 AND (?3 = '' OR user = ?3) ORDER BY created DESC LIMIT 1",
	[SQL_WAS_REVOKED] = "SELECT 1 FROM revoked_join WHERE invite = ?1 AND retry = ?2 AND (?3 = "
			    "'' OR user = ?3) LIMIT 1",
	[SQL_INVITE] = "SELECT " INVITE_COLUMNS ", '' FROM " INVITE_TABLES
		       " WHERE invite.id = ?1 ORDER BY n",
	[SQL_INVITES] = "SELECT " INVITE_COLUMNS ", coalesce(user, '') FROM " INVITE_TABLES
			" LEFT JOIN token ON token.id = source ORDER BY invite.created, invite.id, "
			"n",
	[SQL_ADD_INVITE] = "INSERT INTO invite (id, hash, source, note, created, expires, uses, "
			   "used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT DO NOTHING",
	[SQL_ADD_INVITE_GRANT] =
		"INSERT INTO invite_grant (invite, n, grp, write) VALUES (?1, ?2, ?3, ?4)",
	[SQL_COUNT_INVITE] = "UPDATE invite SET used = used + 1 WHERE id = ?1",
	[SQL_DROP_INVITE] = "DELETE FROM invite WHERE id = ?1",
	[SQL_DROP_INVITE_GRANTS] = "DELETE FROM invite_grant WHERE invite = ?1",
	[SQL_DROP_REVOKED] = "DELETE FROM revoked_join WHERE invite = ?1",
	[SQL_DROP_DEVICES] =
		"DELETE FROM invite WHERE source <> '' AND (source = ?1 OR expires <= ?2)",
	[SQL_HAS_QUOTAS] = "SELECT EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM token "
			   "WHERE coalesce(quota_bytes, quota_documents, quota_groups) NOTNULL)",
	[SQL_PAYER] =
		"SELECT payer.user, payer.bytes, payer.documents, payer.groups, account, "
		"account.bytes, account.documents, account.groups FROM (SELECT user, quota_bytes "
		"AS bytes, quota_documents AS documents, quota_groups AS groups FROM token WHERE "
		"id = ?1 UNION ALL SELECT substr(?1, 2), NULL, NULL, NULL WHERE substr(?1, 1, 1) "
		"IN ('" STORE_PAYER_ANYONE "', '" STORE_PAYER_USER
		"')) AS payer LEFT JOIN account ON account.user = "
		"payer.user",
	[SQL_ADD_ACCOUNT] = "INSERT INTO account (user) VALUES (?1)",
	[SQL_CHARGE] = "UPDATE account SET bytes = bytes + ?2, documents = documents + ?3, groups "
		       "= groups + ?4 WHERE account = ?1",
};

enum rc sql_prepare(struct sqlite *sqlite)
{
	size_t count = sqlite->store.role == STORE_WRITER ? SQL_COUNT : SQL_READER_COUNT;

	for (size_t i = 0; i < count; i++) {
		int code = sqlite3_prepare_v3(sqlite->db, statements[i], -1,
					      SQLITE_PREPARE_PERSISTENT, &sqlite->sql[i], NULL);

		if (code != SQLITE_OK)
			return sql_rc(sqlite->db, code);
	}
	return RC_OK;
}

void sql_finalize(struct sqlite *sqlite)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(sqlite->sql[i]);
}

enum rc sql_read_state(struct sqlite *sqlite, struct store_state *out)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_STATE];
	bool row;
	enum rc rc = sql_step(stmt, &row);

	if (rc != RC_OK)
		return rc;
	if (!row)
		return RC_CORRUPT;
	*out = (struct store_state){
		.epoch = sql_number(stmt, 0),
		.head = sql_number(stmt, 1),
		.horizon = sql_number(stmt, 2),
		.documents = sql_number(stmt, 3),
		.tombstones = sql_number(stmt, 4),
	};
	sqlite3_reset(stmt);
	return out->epoch ? RC_OK : RC_CORRUPT;
}

enum rc sql_read_large(struct sqlite *sqlite, uint64_t seq, struct buf *out)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_LARGE];
	bool row;
	enum rc rc;

	sql_bind_number(stmt, 1, seq);
	rc = sql_step(stmt, &row);
	if (rc != RC_OK)
		return rc;
	if (!row) {
		log_error("store_value_missing", LOG_NUMBER("seq", seq));
		return RC_CORRUPT;
	}
	buf_put_slice(out, sql_text(stmt, 0));
	sqlite3_reset(stmt);
	return RC_OK;
}

/* ---- Running one ---- */

/* errno of the last operation that failed on the log, or else on the database, which
 * sqlite3_system_errno() does not have after a COMMIT. */
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
	/* The statements are fixed and their parameters checked: these errors come
	 * from the content of the file. */
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
		/* A failed sync may have dropped earlier writes: what is on disk is
		 * unknown. */
		if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
			return RC_SYNC_FAILED;
		/* The index of the log lacks only space. */
		return code == SQLITE_IOERR_SHMSIZE ? RC_FULL : rc_of_errno(file_error(db));
	case SQLITE_CANTOPEN:
		return rc_of_errno(sqlite3_system_errno(db));
	default:
		return RC_IO;
	}
}

/* Fails only for a bad parameter number or a statement that still runs: bugs. */
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

uint64_t sql_version(sqlite3_stmt *stmt, int at)
{
	uint64_t version = sql_number(stmt, at);

	return version < VERSION_END ? version : 0;
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
	/* A full or read-only disk is logged once, by the caller of store_commit. */
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

void sql_rollback(struct sqlite *sqlite)
{
	/* After some failures SQLite has rolled back already. */
	if (sqlite3_get_autocommit(sqlite->db) == 0 && sql_run(sqlite->sql[SQL_ROLLBACK]) != RC_OK)
		log_error("store_rollback_failed");
}
