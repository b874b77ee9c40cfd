/* A transaction of the writer and the group that it is writing in. Called by what is done
 * in one: push.c, purge.c; commit.c begins and ends it. */
#include "store/sqlite/transaction.h"

enum rc transaction_leave(struct transaction *commit)
{
	sqlite3_stmt *stmt = commit->sqlite->sql[SQL_SET_GROUP];
	struct transaction_group left = commit->group;

	commit->group = (struct transaction_group){ .gid = 0 };
	if (left.seq == 0)
		return RC_OK;
	sql_bind_number(stmt, 1, left.gid);
	sql_bind_number(stmt, 2, left.seq);
	return sql_run(stmt);
}

static enum rc find_group(struct transaction *commit, struct slice name, uint64_t *gid)
{
	sqlite3_stmt *stmt = commit->sqlite->sql[SQL_GROUP];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, name);
	rc = sql_step(stmt, &row);
	if (row)
		*gid = sql_number(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

enum rc transaction_enter(struct transaction *commit, struct slice name)
{
	enum rc rc;

	if (slice_equal(commit->group.name, name))
		return RC_OK;
	rc = transaction_leave(commit);
	if (rc == RC_OK)
		rc = find_group(commit, name, &commit->group.gid);
	if (rc == RC_OK)
		commit->group.name = name;
	return rc;
}

enum rc transaction_add_group(struct transaction *commit)
{
	sqlite3_stmt *stmt = commit->sqlite->sql[SQL_ADD_GROUP];
	enum rc rc;

	sql_bind_text(stmt, 1, commit->group.name);
	rc = sql_run(stmt);
	if (rc == RC_OK)
		commit->group.gid = (uint64_t)sqlite3_last_insert_rowid(commit->sqlite->db);
	return rc;
}
