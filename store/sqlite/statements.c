/* Every statement that runs on an open database. */
#include "store/sqlite/sqlite.h"

#include "base/log.h"

/* Group ?1 itself and all nested in it, whose names lie from `?1:` (?2) up to `?1;`
 * (?3): `;` comes right after `:`. */
#define IN_GROUP "(name = ?1 OR (name >= ?2 AND name < ?3))"
/* What a pull shows: everything, but in a snapshot no tombstone from before its
 * beginning. */
#define SHOWN(hide) "(deleted_at IS NULL OR seq > " hide ")"

/* A whole document. */
#define DOCUMENT \
	"SELECT doc.seq, id, version, deleted_at, plain, coalesce(doc.value, large.value) FROM " \
	"grp CROSS JOIN doc ON doc.gid = grp.gid" \
	" LEFT JOIN large ON large.seq = doc.seq"
/* In group ?1 (all where that is empty), without tombstones where ?2. */
#define SCANNED \
	"(?1 = '' OR name = ?1 OR (name >= ?1 || ':' AND name < ?1 || ';')) AND NOT (?2 AND " \
	"deleted_at IS NOT NULL)"

static const char *const statements[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_STATE] = "SELECT epoch, seq, horizon, documents, tombstones FROM meta",
	[SQL_LATEST] =
		"SELECT epoch, max(horizon, (SELECT coalesce(max(seq), 0) FROM grp WHERE " IN_GROUP
		")) FROM meta",
	[SQL_RUNS] =
		"SELECT gid, (SELECT seq FROM doc WHERE doc.gid = grp.gid AND seq > ?4 AND " SHOWN(
			"?5") " ORDER BY seq LIMIT 1)"
			      " FROM grp WHERE " IN_GROUP " AND seq > ?4",
	[SQL_RUN] = "SELECT seq, id, version, deleted_at, plain, value FROM doc"
		    " WHERE gid = ?1 AND seq >= ?2 AND " SHOWN("?3") " ORDER BY seq",
	[SQL_COUNTS] = "SELECT (SELECT count(*) FROM grp), (SELECT count(*) FROM token)",
	[SQL_LARGE] = "SELECT value FROM large WHERE seq = ?1",
	[SQL_SCAN] = DOCUMENT " WHERE " SCANNED " ORDER BY name, doc.seq",
	[SQL_SCAN_BY_ID] = DOCUMENT " WHERE " SCANNED " ORDER BY name, id",
	[SQL_FIND] = DOCUMENT " WHERE name = ?1 AND id = ?2",
	[SQL_TOKEN] = "SELECT id, user, hash, created, expires, grp, write FROM token JOIN "
		      "token_grant ON token = id"
		      " WHERE id = ?1 ORDER BY n",

	[SQL_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_SET_STATE] = "UPDATE meta SET seq = ?1, horizon = ?2, documents = ?3, tombstones = ?4",
	[SQL_GROUP] = "SELECT gid FROM grp WHERE name = ?1",
	[SQL_ADD_GROUP] = "INSERT INTO grp (name, seq) VALUES (?1, 0)",
	[SQL_SET_GROUP] = "UPDATE grp SET seq = ?2 WHERE gid = ?1",
	[SQL_HELD] = "SELECT seq, version, deleted_at, op, plain, value FROM doc WHERE gid = ?1 "
		     "AND id = ?2",
	[SQL_ADD_DOC] = "INSERT INTO doc (gid, seq, id, version, deleted_at, op, plain, value) "
			"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_SET_DOC] = "UPDATE doc SET seq = ?2, version = ?4, deleted_at = ?5, op = ?6, plain = "
			"?7, value = ?8"
			" WHERE gid = ?1 AND seq = ?9 AND id = ?3",
	[SQL_ADD_LARGE] = "INSERT INTO large (seq, value) VALUES (?1, ?2)",
	[SQL_DROP_LARGE] = "DELETE FROM large WHERE seq = ?1",
	[SQL_PURGE] = "DELETE FROM doc WHERE (gid, seq) IN (SELECT gid, seq FROM doc WHERE "
		      "deleted_at < ?1 ORDER BY deleted_at LIMIT ?2)"
		      " RETURNING gid, seq",
	[SQL_DROP_GROUP] = "DELETE FROM grp WHERE gid = ?1 AND NOT EXISTS (SELECT 1 FROM doc WHERE "
			   "doc.gid = ?1)",
	[SQL_TOKENS] = "SELECT id, user, hash, created, expires, grp, write FROM token JOIN "
		       "token_grant ON token = id"
		       " ORDER BY created, id, n",
	[SQL_ADD_TOKEN] = "INSERT INTO token (id, user, hash, created, expires) VALUES (?1, ?2, "
			  "?3, ?4, ?5) ON CONFLICT DO NOTHING",
	[SQL_ADD_GRANT] = "INSERT INTO token_grant (token, n, grp, write) VALUES (?1, ?2, ?3, ?4)",
	[SQL_SET_EXPIRY] = "UPDATE token SET expires = ?2 WHERE id = ?1",
	[SQL_DROP_TOKEN] = "DELETE FROM token WHERE id = ?1",
	[SQL_DROP_GRANTS] = "DELETE FROM token_grant WHERE token = ?1",
};

enum rc sql_prepare(struct store *store)
{
	size_t count = store->role == STORE_WRITER ? SQL_COUNT : SQL_READER_COUNT;

	for (size_t i = 0; i < count; i++) {
		int code = sqlite3_prepare_v3(store->db, statements[i], -1,
					      SQLITE_PREPARE_PERSISTENT, &store->sql[i], NULL);

		if (code != SQLITE_OK)
			return sql_rc(store->db, code);
	}
	return RC_OK;
}

void sql_finalize(struct store *store)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(store->sql[i]);
}

enum rc sql_read_state(struct store *store, struct store_state *out)
{
	sqlite3_stmt *stmt = store->sql[SQL_STATE];
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
	return RC_OK;
}

enum rc sql_read_large(struct store *store, uint64_t seq, struct buf *out)
{
	sqlite3_stmt *stmt = store->sql[SQL_LARGE];
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
