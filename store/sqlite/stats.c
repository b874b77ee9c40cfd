/* How much is in the database. */
#include "store/sqlite/sqlite.h"

#include <sys/stat.h>

/* 0 where there is none. */
static uint64_t file_size(const char *path)
{
	struct stat status;

	return path && stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

void store_stats(struct store *store, on_store_stats *on_measure, void *arg)
{
	const char *path = sqlite3_db_filename(store->db, "main");
	struct store_state state = { 0 };
	enum rc rc = sql_read_state(store, &state);
	const struct store_stats db_stats = {
		.head = { .epoch = state.epoch, .seq = state.head },
		.horizon = state.horizon,
		.documents = state.documents,
		.tombstones = state.tombstones,
		.file_bytes = file_size(path),
		.log_bytes = file_size(sqlite3_filename_wal(path)),
		.checkpoints = store->checkpoints,
	};

	on_measure(arg, rc, rc == RC_OK ? &db_stats : NULL);
}

void store_count(struct store *store, on_store_counts *on_counts, void *arg)
{
	sqlite3_stmt *stmt = store->sql[SQL_COUNTS];
	struct store_counts counts = { 0 };
	bool row;
	enum rc rc = sql_step(stmt, &row);

	if (row)
		counts = (struct store_counts){ .groups = sql_number(stmt, 0),
						.tokens = sql_number(stmt, 1) };
	sqlite3_reset(stmt);
	on_counts(arg, rc, rc == RC_OK ? &counts : NULL);
}
