/* Statistics. The store's door calls sqlite_stats and sqlite_stats_full; copies and
 * checks count with stats_count. */
#include "store/sqlite/stats.h"

#include "store/sqlite/operations.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"

#include "base/log.h"

#include <sys/stat.h>

const struct store_stat sqlite_own_stats[SQLITE_OWN_COUNT] = {
	[SQLITE_OWN_DATABASE_BYTES] = { .name = "database_bytes",
					.title = "File",
					.label = "file",
					.help = "Size of the database file." },
	[SQLITE_OWN_WAL_BYTES] = { .name = "wal_bytes",
				   .title = "Log (WAL)",
				   .label = "log",
				   .help = "Size of the write-ahead log beside it." },
};

/* ---- Cheap ---- */

/* 0: there is no such file. */
static uint64_t file_size(const char *path)
{
	struct stat status;

	return path && stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

void sqlite_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	struct sqlite *sqlite = sqlite_of(store);
	const char *path = sqlite3_db_filename(sqlite->db, "main");
	struct store_state state = { 0 };
	enum rc rc = sql_read_state(sqlite, &state);
	const struct store_stats stats = {
		.head = { .epoch = state.epoch, .seq = state.head },
		.horizon = state.horizon,
		.horizons = { .epoch = state.epoch, .lanes = 1, .seqs = { state.horizon } },
		.documents = state.documents,
		.tombstones = state.tombstones,
		.maintained = sqlite->checkpoints,
		.own = { [SQLITE_OWN_DATABASE_BYTES] = file_size(path),
			 [SQLITE_OWN_WAL_BYTES] = file_size(sqlite3_filename_wal(path)) },
	};

	on_stats(arg, rc, rc == RC_OK ? &stats : NULL);
}

/* ---- Counted ---- */

/* Beside a server: documents are never counted, only what there is little of. The
 * columns are those of stats_read. */
static const char serving_sql[] =
	"SELECT epoch, seq, (SELECT count(*) FROM grp), documents + tombstones, tombstones, "
	"(SELECT count(*) FROM token) FROM meta";

/* To verify a database. Tables of tokens came with schema 2. Tombstones are counted by
 * their index, all documents by the smallest one; the difference is alive. */
#define COUNTED \
	"SELECT (SELECT epoch FROM meta), (SELECT seq FROM meta), (SELECT count(*) FROM grp), " \
	"(SELECT count(*) FROM doc)," \
	" (SELECT count(*) FROM doc WHERE deleted_at IS NOT NULL), "
static const char counted_sql[] = COUNTED "(SELECT count(*) FROM token)";
static const char counted_1_sql[] = COUNTED "0";
static const char large_sql[] = "SELECT count(*) FROM large";

/* The statement on its one row; finalized by the caller also after a failure. */
static int first_row(sqlite3 *db, const char *sql, sqlite3_stmt **stmt)
{
	int code = sqlite3_prepare_v2(db, sql, -1, stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(*stmt);
	return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

static int stats_read(sqlite3 *db, const char *sql, struct store_stats_full *out)
{
	sqlite3_stmt *stmt = NULL;
	int code = first_row(db, sql, &stmt);

	if (code == SQLITE_OK)
		*out = (struct store_stats_full){
			.epoch = sql_number(stmt, 0),
			.head = sql_number(stmt, 1),
			.groups = sql_number(stmt, 2),
			.documents = sql_number(stmt, 3) - sql_number(stmt, 4),
			.tombstones = sql_number(stmt, 4),
			.tokens = sql_number(stmt, 5),
		};
	sqlite3_finalize(stmt);
	return code;
}

int stats_count(sqlite3 *db, struct store_stats_full *out)
{
	int schema = 0, code = schema_version(db, &schema);

	if (code != SQLITE_OK)
		return code;
	return stats_read(db, schema < 2 ? counted_1_sql : counted_sql, out);
}

int stats_count_large(sqlite3 *db, uint64_t *large)
{
	sqlite3_stmt *stmt = NULL;
	int code = first_row(db, large_sql, &stmt);

	if (code == SQLITE_OK)
		*large = sql_number(stmt, 0);
	sqlite3_finalize(stmt);
	return code;
}

void sqlite_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg)
{
	sqlite3 *db = sqlite_of(store)->db;
	struct store_stats_full stats = { .epoch = 0 };
	int code = stats_read(db, serving_sql, &stats);
	enum rc rc = sql_rc(db, code);

	if (rc != RC_OK)
		log_error("store_failed", LOG_NUMBER("code", code),
			  LOG_TEXT("reason", sqlite3_errmsg(db)));
	on_stats(arg, rc, rc == RC_OK ? &stats : NULL);
}
