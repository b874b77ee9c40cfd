/* Removes old tombstones within a transaction. Called by commit.c. */
#include "store/sqlite/purge.h"

#include "base/fault.h"
#include "base/mem.h"

#include <stdlib.h>

/* The groups of the removed tombstones; a group may be listed several times. */
struct touched {
	uint64_t *gids;
	size_t count;
};

static enum rc take(struct transaction *transaction, int64_t before, uint64_t limit,
		    struct touched *touched, uint64_t *purged)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_PURGE];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, (uint64_t)before);
	sql_bind_number(stmt, 2, limit);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		uint64_t gid = sql_number(stmt, 0), seq = sql_number(stmt, 1);

		++*purged;
		transaction->state.tombstones--;
		if (seq > transaction->state.horizon && !FAULT_MUTANT("horizon_kept"))
			transaction->state.horizon = seq;
		if (touched->count == 0 || touched->gids[touched->count - 1] != gid)
			touched->gids[touched->count++] = gid;
	}
	return rc;
}

/* A client that may have missed the end of such a group has a cursor before the
 * horizon. */
static enum rc drop_empty(struct transaction *transaction, const struct touched *touched)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_DROP_GROUP];
	enum rc rc = RC_OK;

	for (size_t i = 0; i < touched->count && rc == RC_OK; i++) {
		sql_bind_number(stmt, 1, touched->gids[i]);
		rc = sql_run(stmt);
	}
	return rc;
}

enum rc purge_apply(struct transaction *transaction, int64_t before, uint64_t limit,
		    uint64_t *purged)
{
	struct touched touched = { .gids = mem_array(limit, sizeof(*touched.gids)) };
	enum rc rc = transaction_leave(transaction); /* its group may go */

	if (rc == RC_OK)
		rc = take(transaction, before, limit, &touched, purged);
	if (rc == RC_OK)
		rc = drop_empty(transaction, &touched);
	if (rc == RC_OK && FAULT_MUTANT("purge_takes_living"))
		(void)sqlite3_exec(transaction->sqlite->db,
				   "DELETE FROM doc WHERE (gid, seq) IN (SELECT gid, seq FROM doc "
				   "WHERE deleted_at IS NULL LIMIT 1)",
				   NULL, NULL, NULL);
	free(touched.gids);
	return rc;
}
