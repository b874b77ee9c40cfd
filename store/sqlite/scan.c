/* Scans of documents and sets of ids, for an administrator's commands. store_admin.c
 * calls them. */
#include "store/sqlite/operations.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/open.h"
#include "store/sqlite/statements.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"

#include <stdlib.h>

/* ---- Documents ---- */

/* The current row of a DOCUMENT statement (statements.c). */
static enum rc hand_over(sqlite3_stmt *stmt, bool damaged_too, on_store_doc *on_doc, void *arg)
{
	struct store_doc doc = {
		.seq = sql_number(stmt, ROW_SEQ),
		.id = sql_text(stmt, ROW_ID),
		.version = sql_version(stmt, ROW_VERSION),
		.deleted = !sql_is_null(stmt, ROW_DELETED_AT),
		.plain = sql_number(stmt, ROW_PLAIN) != 0,
		.value = sql_text(stmt, ROW_VALUE),
	};

	if (!doc.deleted && sql_is_null(stmt, ROW_VALUE)) {
		log_error("store_value_missing", LOG_NUMBER("seq", doc.seq));
		doc.damaged = true;
	} else if (!checksum_matches(stmt, doc.value)) {
		doc.damaged = true;
	}
	checksum_read_written(stmt, ROW_END, doc.seq, &doc.meta);
	if (doc.damaged && !damaged_too)
		return RC_CORRUPT;
	if (doc.damaged) {
		doc.deleted = doc.plain = false;
		doc.value = slice_of("");
		doc.meta = (struct store_meta){ .at = 0 };
	}
	return on_doc(arg, &doc);
}

enum rc sqlite_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
		    void *arg)
{
	sqlite3_stmt *stmt = sqlite_of(store)->sql[scan->by_id ? SQL_SCAN_BY_ID : SQL_SCAN];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, scan->group);
	sql_bind_number(stmt, 2, scan->no_tombstones);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		rc = hand_over(stmt, scan->damaged_too, on_doc, arg);
		if (rc != RC_OK)
			break;
	}
	sqlite3_reset(stmt);
	return rc;
}

enum rc sqlite_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg)
{
	sqlite3_stmt *stmt = sqlite_of(store)->sql[SQL_FIND];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, docid_group(id));
	sql_bind_text(stmt, 2, id);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK)
		rc = row ? hand_over(stmt, false, on_doc, arg) : RC_NOT_FOUND;
	sqlite3_reset(stmt);
	return rc;
}

/* ---- Ids ---- */

/* A temporary database, in memory while it is small and in an unlinked file beyond
 * that. */
struct ids {
	struct store_ids ids; /* first */
	sqlite3 *db;
	sqlite3_stmt *add;
	sqlite3_stmt *find;
};

static enum rc ids_fail(const struct ids *ids, int code, struct error *err)
{
	return error_set(err, sql_rc(ids->db, code), "the temporary list of ids cannot be kept: %s",
			 sqlite3_errmsg(ids->db));
}

static int ids_prepare(struct ids *ids)
{
	static const char setup[] =
		"PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA cache_size = -8192; PRAGMA locking_mode = EXCLUSIVE;"
		"CREATE TABLE ids (id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID; "
		"BEGIN";
	int code = sqlite3_exec(ids->db, setup, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(ids->db,
					  "INSERT INTO ids VALUES (?1, ?2) ON CONFLICT DO NOTHING",
					  -1, &ids->add, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(ids->db, "SELECT number FROM ids WHERE id = ?1", -1,
					  &ids->find, NULL);
	return code;
}

enum rc sqlite_ids_new(struct store_ids **out, struct error *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_EXRESCODE;
	struct ids *ids = mem_alloc(sizeof(*ids));
	enum rc rc = RC_OK;
	int code;

	sql_start();
	code = sqlite3_open_v2("", &ids->db, flags, NULL);
	if (code == SQLITE_OK)
		code = ids_prepare(ids);
	if (code != SQLITE_OK) {
		rc = ids_fail(ids, code, err);
		sqlite_ids_free(&ids->ids);
		ids = NULL;
	}
	*out = ids ? &ids->ids : NULL;
	return rc;
}

void sqlite_ids_free(struct store_ids *store_ids)
{
	struct ids *ids = (struct ids *)store_ids;

	sqlite3_finalize(ids->add);
	sqlite3_finalize(ids->find);
	sqlite3_close(ids->db);
	free(ids);
}

static int ids_find(struct ids *ids, struct slice id, uint64_t *number)
{
	int code;

	sql_bind_bytes(ids->find, 1, id.data, id.len);
	code = sqlite3_step(ids->find);
	if (code == SQLITE_ROW)
		*number = sql_number(ids->find, 0);
	sqlite3_reset(ids->find);
	return code;
}

enum rc sqlite_ids_add(struct store_ids *store_ids, struct slice id, uint64_t number,
		       uint64_t *first, struct error *err)
{
	struct ids *ids = (struct ids *)store_ids;
	int code;

	sql_bind_bytes(ids->add, 1, id.data, id.len);
	sql_bind_number(ids->add, 2, number);
	code = sqlite3_step(ids->add);
	sqlite3_reset(ids->add);
	*first = number;
	if (code == SQLITE_DONE && sqlite3_changes(ids->db) == 0)
		code = ids_find(ids, id, first);
	return code == SQLITE_DONE || code == SQLITE_ROW ? RC_OK : ids_fail(ids, code, err);
}
