/* A set of ids in a temporary database of its own, which lies in memory while it is
 * small and in a nameless file beyond that. */
#include "store/sqlite/sqlite.h"

#include "store/sqlite/fault_vfs.h"

#include "base/mem.h"

#include <stdlib.h>

struct store_ids {
	sqlite3 *db;
	sqlite3_stmt *add;
	sqlite3_stmt *find;
};

static enum rc ids_fail(const struct store_ids *ids, int code, struct error *err)
{
	return error_set(err, sql_rc(ids->db, code), "the temporary list of ids cannot be kept: %s",
			 sqlite3_errmsg(ids->db));
}

static int ids_prepare(struct store_ids *ids)
{
	static const char setup[] =
		"PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		"PRAGMA cache_size = -8192; PRAGMA locking_mode = EXCLUSIVE;"
		"CREATE TABLE ids (id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID; "
		"BEGIN";
	int code = sqlite3_exec(ids->db, setup, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(ids->db,
					  "INSERT INTO ids VALUES (?1, ?2) ON CONFLICT DO NOTHING",
					  -1, &ids->add, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(ids->db, "SELECT number FROM ids WHERE id = ?1", -1,
					  &ids->find, NULL);
	return code;
}

enum rc store_ids_new(struct store_ids **out, struct error *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_EXRESCODE;
	struct store_ids *ids = mem_alloc(sizeof(*ids));
	enum rc rc = RC_OK;
	int code;

	fault_vfs_disk();
	code = sqlite3_open_v2("", &ids->db, flags, NULL);
	if (code == SQLITE_OK)
		code = ids_prepare(ids);
	if (code != SQLITE_OK) {
		rc = ids_fail(ids, code, err);
		store_ids_free(ids);
		ids = NULL;
	}
	*out = ids;
	return rc;
}

void store_ids_free(struct store_ids *ids)
{
	if (ids == NULL)
		return;
	sqlite3_finalize(ids->add);
	sqlite3_finalize(ids->find);
	sqlite3_close(ids->db);
	free(ids);
}

static int find(struct store_ids *ids, struct slice id, uint64_t *number)
{
	int code;

	sql_bind_bytes(ids->find, 1, id.data, id.len);
	code = sqlite3_step(ids->find);
	if (code == SQLITE_ROW)
		*number = sql_number(ids->find, 0);
	sqlite3_reset(ids->find);
	return code;
}

enum rc store_ids_add(struct store_ids *ids, struct slice id, uint64_t number, uint64_t *first,
		      struct error *err)
{
	int code;

	sql_bind_bytes(ids->add, 1, id.data, id.len);
	sql_bind_number(ids->add, 2, number);
	code = sqlite3_step(ids->add);
	sqlite3_reset(ids->add);
	*first = number;
	if (code == SQLITE_DONE && sqlite3_changes(ids->db) == 0)
		code = find(ids, id, first);
	return code == SQLITE_DONE || code == SQLITE_ROW ? RC_OK : ids_fail(ids, code, err);
}
