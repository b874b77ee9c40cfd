/* Removes old tombstones within a transaction. Called by commit.c. */
#include "store/sqlite/purge.h"

#include "store/sqlite/prune.h"
#include "store/sqlite/quota.h"

#include "base/fault.h"
#include "base/mem.h"

#include <stdlib.h>

/* The tombstones that were removed. */
struct removed {
	uint64_t gid;
	uint64_t seq;
};

struct purge {
	struct transaction *transaction;
	struct removed *removed;
	size_t count;
};

static enum rc take(struct purge *purge, int64_t before, uint64_t limit)
{
	struct transaction *transaction = purge->transaction;
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_PURGE];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, (uint64_t)before);
	sql_bind_number(stmt, 2, limit);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		struct removed removed = { sql_number(stmt, 0), sql_number(stmt, 1) };

		transaction->state.tombstones--;
		if (removed.seq > transaction->state.horizon && !FAULT_MUTANT("horizon_kept"))
			transaction->state.horizon = removed.seq;
		purge->removed[purge->count++] = removed;
	}
	return rc;
}

/* Finds the ancestors of the group of tombstone `i`, unless they are at hand from the
 * one before it. None if the group is gone. */
static enum rc find_ancestors(struct purge *purge, size_t i)
{
	struct transaction *transaction = purge->transaction;
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_GROUP_NAME];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, purge->removed[i].gid);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK && row)
		rc = ancestors_find(transaction->sqlite, transaction->ancestors, sql_text(stmt, 0));
	else
		ancestors_forget(transaction->ancestors);
	sqlite3_reset(stmt);
	return rc;
}

static bool is_first_of_group(const struct purge *purge, size_t i)
{
	return i == 0 || purge->removed[i].gid != purge->removed[i - 1].gid;
}

static enum rc leave_ancestors(struct purge *purge)
{
	struct transaction *transaction = purge->transaction;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < purge->count; i++) {
		if (is_first_of_group(purge, i))
			rc = find_ancestors(purge, i);
		if (rc == RC_OK)
			rc = ancestors_move(transaction->sqlite, transaction->ancestors,
					    purge->removed[i].gid, purge->removed[i].seq, 0);
	}
	return rc;
}

static enum rc drop_if_empty(struct sqlite *sqlite, uint64_t gid)
{
	static const int64_t less[STORE_QUOTA_STORED] = { [STORE_QUOTA_GROUPS] = -1 };
	sqlite3_stmt *stmt = sqlite->sql[SQL_DROP_GROUP];
	uint64_t account = 0;
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, gid);
	rc = sql_step(stmt, &row);
	if (row)
		account = sql_number(stmt, 0);
	sqlite3_reset(stmt);
	return rc == RC_OK && account ? quota_charge(sqlite, account, less) : rc;
}

/* A client that may have missed the end of such a group has a cursor before the
 * horizon. A group may come several times: its ancestors are found at the first. */
static enum rc drop_empty(struct purge *purge)
{
	struct transaction *transaction = purge->transaction;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < purge->count; i++) {
		if (!is_first_of_group(purge, i))
			continue;
		rc = find_ancestors(purge, i);
		if (rc == RC_OK)
			rc = drop_if_empty(transaction->sqlite, purge->removed[i].gid);
		if (rc == RC_OK)
			rc = ancestors_drop_empty(transaction->sqlite, transaction->ancestors);
	}
	return rc;
}

static enum rc purge_tombstones(struct transaction *transaction, int64_t before, uint64_t limit,
				uint64_t *purged)
{
	struct purge purge = { .transaction = transaction,
			       .removed = mem_array(limit, sizeof(*purge.removed)) };
	enum rc rc = transaction_leave(transaction); /* its group may go */

	if (rc == RC_OK)
		rc = take(&purge, before, limit);
	if (rc == RC_OK)
		rc = leave_ancestors(&purge);
	if (rc == RC_OK)
		rc = drop_empty(&purge);
	if (rc == RC_OK && FAULT_MUTANT("purge_takes_living"))
		(void)sqlite3_exec(transaction->sqlite->db,
				   "DELETE FROM doc WHERE (gid, seq) IN (SELECT gid, seq FROM doc "
				   "WHERE deleted_at IS NULL LIMIT 1)",
				   NULL, NULL, NULL);
	*purged = purge.count;
	free(purge.removed);
	return rc;
}

enum rc purge_apply(struct transaction *transaction, const struct store_request *request,
		    struct store_reply *reply, struct buf *bytes)
{
	uint64_t done = 0, pruned = 0;
	enum rc rc = prune_old(transaction, request, reply, bytes, &done);

	if (rc != RC_OK || reply->more)
		return rc;
	rc = prune_deleted(transaction->sqlite, request->before, request->limit - done, &pruned);
	reply->pruned += pruned;
	done += pruned;
	/* If it found fewer, no tombstone that is old enough has versions now. */
	if (rc == RC_OK && done < request->limit)
		rc = purge_tombstones(transaction, request->before, request->limit - done,
				      &reply->purged);
	reply->more = done + reply->purged >= request->limit;
	return rc;
}
