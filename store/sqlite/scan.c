/* Documents one by one, for an administrator's commands. */
#include "store/sqlite/sqlite.h"

#include "store/docid.h"
#include "base/log.h"

/* The row that a DOCUMENT statement (statements.c) stands on. */
static enum rc hand_over(sqlite3_stmt *stmt, on_store_doc *on_doc, void *arg)
{
	const struct store_doc doc = {
		.seq = sql_number(stmt, 0),
		.id = sql_text(stmt, 1),
		.version = sql_number(stmt, 2),
		.deleted = !sql_is_null(stmt, 3),
		.plain = sql_number(stmt, 4) != 0,
		.value = sql_text(stmt, 5),
	};

	if (!doc.deleted && sql_is_null(stmt, 5)) {
		log_error("store_value_missing", LOG_NUMBER("seq", doc.seq));
		return RC_CORRUPT;
	}
	return on_doc(arg, &doc);
}

enum rc store_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
		   void *arg)
{
	sqlite3_stmt *stmt = store->sql[scan->by_id ? SQL_SCAN_BY_ID : SQL_SCAN];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, scan->group);
	sql_bind_number(stmt, 2, scan->no_tombstones);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		rc = hand_over(stmt, on_doc, arg);
		if (rc != RC_OK)
			break;
	}
	sqlite3_reset(stmt);
	return rc;
}

enum rc store_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg)
{
	sqlite3_stmt *stmt = store->sql[SQL_FIND];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, docid_group(id));
	sql_bind_text(stmt, 2, id);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK)
		rc = row ? hand_over(stmt, on_doc, arg) : RC_NOT_FOUND;
	sqlite3_reset(stmt);
	return rc;
}
