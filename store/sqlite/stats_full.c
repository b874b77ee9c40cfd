#include "store/sqlite/stats_full.h"

#include "store/sqlite/sqlite.h"

static const char tally_sql[] =
	"SELECT (SELECT epoch FROM meta), (SELECT seq FROM meta), (SELECT count(*) FROM grp), "
	"(SELECT count(*) "
	"FROM doc WHERE deleted_at IS NULL),"
	" (SELECT count(*) FROM doc WHERE deleted_at IS NOT NULL), (SELECT count(*) FROM large)";

int tally_read(sqlite3 *db, struct store_tally *out)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, tally_sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*out = (struct store_tally){
			.epoch = sql_number(stmt, 0),
			.head = sql_number(stmt, 1),
			.groups = sql_number(stmt, 2),
			.documents = sql_number(stmt, 3),
			.tombstones = sql_number(stmt, 4),
			.large = sql_number(stmt, 5),
		};
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? SQLITE_OK : code;
}
