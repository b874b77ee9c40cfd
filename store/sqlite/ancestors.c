/* The index of nested documents. A pull of a group shows the documents of all groups
 * nested in it, however many these are, so each document has a row in `nested` for each
 * ancestor of its group, which moves with it. Called by push.c and purge.c; read.c
 * reads it.
 *
 * Why a row for each document, and not one for each group: with the newest number of
 * each group alone a first pull would have to find the oldest documents of all groups
 * before it could show one. Why not for large families only: the rows of a family that
 * becomes large would have to be made at once, in the middle of a push. A document
 * whose group is nested in none has no row. */
#include "store/sqlite/ancestors.h"

#include "base/fault.h"
#include "base/hash.h"
#include "base/log.h"

#include <assert.h>

/* ---- Rows of the table of ancestors ---- */

static enum rc add_ancestor(struct sqlite *sqlite, struct slice name, uint64_t *aid)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_ADD_ANCESTOR];
	enum rc rc;

	sql_bind_text(stmt, 1, name);
	rc = sql_run(stmt);
	if (rc == RC_OK)
		*aid = (uint64_t)sqlite3_last_insert_rowid(sqlite->db);
	return rc;
}

static enum rc find_ancestor(struct sqlite *sqlite, struct slice name, uint64_t *aid)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_ANCESTOR];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, name);
	rc = sql_step(stmt, &row);
	if (rc != RC_OK || !row)
		return rc == RC_OK ? add_ancestor(sqlite, name, aid) : rc;
	*aid = sql_number(stmt, 0);
	sqlite3_reset(stmt);
	return RC_OK;
}

static size_t common_length(const struct ancestors *ancestors, struct slice group)
{
	size_t len = 0;

	while (len < ancestors->len && len < group.len && ancestors->name[len] == group.data[len])
		len++;
	return len;
}

enum rc ancestors_find(struct sqlite *sqlite, struct ancestors *ancestors, struct slice group)
{
	const size_t known = ancestors->count, common = common_length(ancestors, group);
	uint64_t hash = HASH_START;
	struct slice name;
	size_t at = 0, count = 0;
	enum rc rc = RC_OK;

	assert(group.len > 0 && group.len <= GROUP_MAX);
	if (common == group.len && common == ancestors->len)
		return RC_OK;
	while (rc == RC_OK && docid_next_group(group, &at, &hash, &name)) {
		if (count >= known || name.len >= common)
			rc = find_ancestor(sqlite, name, &ancestors->aids[count]);
		count++;
	}
	memcpy(ancestors->name, group.data, group.len);
	ancestors->len = rc == RC_OK ? group.len : 0;
	ancestors->count = rc == RC_OK ? count : 0;
	return rc;
}

void ancestors_forget(struct ancestors *ancestors)
{
	ancestors->len = ancestors->count = 0;
}

enum rc ancestors_drop_empty(struct sqlite *sqlite, struct ancestors *ancestors)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_DROP_ANCESTOR];
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < ancestors->count; i++) {
		sql_bind_number(stmt, 1, ancestors->aids[i]);
		rc = sql_run(stmt);
	}
	ancestors_forget(ancestors);
	return rc;
}

/* ---- Rows of the index ---- */

static enum rc move_one(struct sqlite *sqlite, uint64_t aid, uint64_t gid, uint64_t from,
			uint64_t to)
{
	const enum sql sql = from == 0 ? SQL_ADD_NESTED
			     : to == 0 ? SQL_DROP_NESTED
				       : SQL_SET_NESTED;
	sqlite3_stmt *stmt = sqlite->sql[sql];
	enum rc rc;

	sql_bind_number(stmt, 1, aid);
	sql_bind_number(stmt, 2, sql == SQL_ADD_NESTED ? to : from);
	if (sql != SQL_DROP_NESTED)
		sql_bind_number(stmt, 3, sql == SQL_ADD_NESTED ? gid : to);
	rc = sql_run(stmt);
	if (rc == RC_OK && sqlite3_changes(sqlite->db) != 1) {
		log_error("store_row_missing", LOG_NUMBER("seq", from));
		rc = RC_CORRUPT;
	}
	return rc;
}

enum rc ancestors_move(struct sqlite *sqlite, const struct ancestors *ancestors, uint64_t gid,
		       uint64_t from, uint64_t to)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < ancestors->count; i++)
		rc = move_one(sqlite, ancestors->aids[i], gid, from, to);
	return rc;
}
