/* What users have stored. The store's door calls it. */
#include "store/sqlite/operations.h"
#include "store/sqlite/statements.h"

#include "base/buf.h"
#include "base/log.h"

#include <assert.h>

/* A row for each of the first ?1 users, and one, without a name, for all others. */
static const char users_sql[] =
	"SELECT CASE WHEN n <= ?1 THEN user END, sum(bytes), sum(documents), sum(groups), count(*) "
	"FROM (SELECT user, bytes, documents, groups, row_number() OVER (ORDER BY bytes DESC, "
	"user) "
	"AS n FROM account) GROUP BY min(n, ?1 + 1) ORDER BY min(n, ?1 + 1)";

enum { COLUMN_USER, COLUMN_USAGE, COLUMN_COUNT = COLUMN_USAGE + STORE_QUOTA_STORED };

struct reading {
	struct store_user users[STORE_USERS_MAX];
	struct store_users result;
	struct buf names;
};

static void read_row(struct reading *reading, sqlite3_stmt *stmt)
{
	struct store_users *result = &reading->result;
	const bool is_rest = sqlite3_column_type(stmt, COLUMN_USER) == SQLITE_NULL;
	struct store_user *user = &reading->users[result->count];
	uint64_t *usage = is_rest ? result->rest : user->usage;

	for (int i = 0; i < STORE_QUOTA_STORED; i++)
		usage[i] = sql_number(stmt, COLUMN_USAGE + i);
	if (is_rest) {
		result->others = sql_number(stmt, COLUMN_COUNT);
		return;
	}
	user->name = sql_text(stmt, COLUMN_USER);
	buf_put_slice(&reading->names, user->name);
	result->count++;
}

static int read_rows(struct reading *reading, sqlite3_stmt *stmt)
{
	size_t at = 0;
	int code;

	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		read_row(reading, stmt);
	for (size_t i = 0; i < reading->result.count; i++) {
		reading->users[i].name.data = reading->names.data + at;
		at += reading->users[i].name.len;
	}
	reading->result.users = reading->users;
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

void sqlite_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg)
{
	sqlite3 *db = sqlite_of(store)->db;
	struct reading reading = { .names = BUF_EMPTY };
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, users_sql, -1, &stmt, NULL);
	enum rc rc;

	if (code == SQLITE_OK)
		code = sqlite3_bind_int(stmt, 1, (int)limit);
	if (code == SQLITE_OK)
		code = read_rows(&reading, stmt);
	rc = sql_rc(db, code);
	if (rc != RC_OK)
		log_error("store_failed", LOG_NUMBER("code", code),
			  LOG_TEXT("reason", sqlite3_errmsg(db)));
	sqlite3_finalize(stmt);
	on_users(arg, rc, rc == RC_OK ? &reading.result : NULL);
	buf_free(&reading.names);
}
