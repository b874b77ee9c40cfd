#include "store/sqlite/purge.h"

#include "base/fault.h"
#include "base/mem.h"

#include <stdlib.h>

/* The groups that tombstones were taken from; one may be there several times. */
struct touched {
	uint64_t *gids;
	size_t count;
};

static enum rc take(struct transaction *commit, int64_t before, uint64_t limit,
		    struct touched *touched, uint64_t *purged)
{
	sqlite3_stmt *stmt = commit->sqlite->sql[SQL_PURGE];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, (uint64_t)before);
	sql_bind_number(stmt, 2, limit);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		uint64_t gid = sql_number(stmt, 0), seq = sql_number(stmt, 1);

		++*purged;
		commit->state.tombstones--;
		if (seq > commit->state.horizon && !FAULT_MUTANT("horizon_kept"))
			commit->state.horizon = seq;
		if (touched->count == 0 || touched->gids[touched->count - 1] != gid)
			touched->gids[touched->count++] = gid;
	}
	return rc;
}

/* Whoever may have missed the end of such a group has a place before the horizon. */
static enum rc drop_empty(struct transaction *commit, const struct touched *touched)
{
	sqlite3_stmt *stmt = commit->sqlite->sql[SQL_DROP_GROUP];
	enum rc rc = RC_OK;

	for (size_t i = 0; i < touched->count && rc == RC_OK; i++) {
		sql_bind_number(stmt, 1, touched->gids[i]);
		rc = sql_run(stmt);
	}
	return rc;
}

enum rc purge_apply(struct transaction *commit, int64_t before, uint64_t limit, uint64_t *purged)
{
	struct touched touched = { .gids = mem_array(limit, sizeof(*touched.gids)) };
	enum rc rc = transaction_leave(commit); /* its group may go */

	if (rc == RC_OK)
		rc = take(commit, before, limit, &touched, purged);
	if (rc == RC_OK)
		rc = drop_empty(commit, &touched);
	if (rc == RC_OK && FAULT_MUTANT("purge_takes_living"))
		(void)sqlite3_exec(commit->sqlite->db,
				   "DELETE FROM doc WHERE (gid, seq) IN (SELECT gid, seq FROM doc "
				   "WHERE deleted_at IS NULL LIMIT 1)",
				   NULL, NULL, NULL);
	free(touched.gids);
	return rc;
}
