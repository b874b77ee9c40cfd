/* A transaction of the writer and its current group. Called by push.c and purge.c;
 * commit.c begins and ends it. */
#include "store/sqlite/transaction.h"

enum rc transaction_leave(struct transaction *transaction)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_SET_GROUP];
	struct transaction_group left = transaction->group;

	transaction->group = (struct transaction_group){ .gid = 0 };
	if (left.seq == 0)
		return RC_OK;
	sql_bind_number(stmt, 1, left.gid);
	sql_bind_number(stmt, 2, left.seq);
	return sql_run(stmt);
}

static enum rc find_group(struct transaction *transaction, struct slice name, uint64_t *gid)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_GROUP];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, name);
	rc = sql_step(stmt, &row);
	if (row)
		*gid = sql_number(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

enum rc transaction_enter(struct transaction *transaction, struct slice name)
{
	enum rc rc;

	if (slice_equal(transaction->group.name, name))
		return RC_OK;
	rc = transaction_leave(transaction);
	if (rc == RC_OK)
		rc = find_group(transaction, name, &transaction->group.gid);
	if (rc == RC_OK)
		transaction->group.name = name;
	return rc;
}

enum rc transaction_add_group(struct transaction *transaction, uint64_t account)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_ADD_GROUP];
	enum rc rc;

	sql_bind_text(stmt, 1, transaction->group.name);
	sql_bind_number(stmt, 2, account);
	rc = sql_run(stmt);
	if (rc == RC_OK)
		transaction->group.gid =
			(uint64_t)sqlite3_last_insert_rowid(transaction->sqlite->db);
	return rc;
}
