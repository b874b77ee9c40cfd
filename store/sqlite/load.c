/* Writes a whole database from records (store/record.h), for a copy from another back
 * end: into a file that has no name yet, with no journal. The store's door calls it. */
#include "store/sqlite/checksum.h"
#include "store/sqlite/dump.h"
#include "store/sqlite/fd_vfs.h"
#include "store/sqlite/open.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"

#include "base/mem.h"

#include <stdlib.h>

#define NAME "the copy"

struct store_load {
	sqlite3 *db;
	sqlite3_stmt *put[RECORD_TABLES];
	sqlite3_stmt *put_large;
};

/* Parameters: the fields, and for a document its checksums. */
static const char *const statements[RECORD_TABLES] = {
	[RECORD_ACCOUNT] = "INSERT INTO account (account, user, bytes, documents, groups) VALUES "
			   "(?1, ?2, ?3, ?4, ?5)",
	[RECORD_GROUP] = "INSERT INTO grp (gid, name, account, seq) VALUES (?1, ?2, ?3, 0)",
	[RECORD_DOC] = "INSERT INTO doc (gid, seq, id, version, deleted_at, op, plain, value, "
		       "written_at, written_by, account, charge, sum, written_sum) VALUES (?1, ?2, "
		       "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	/* The key is another one for a version that was replaced here, but no other
	 * version will have it. */
	[RECORD_HISTORY] = "INSERT INTO history (key, gid, seq, id, version, deleted_at, op, "
			   "plain, value, written_at, written_by, ended_at, sum, written_sum) "
			   "VALUES (?2, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?13, ?14)",
	[RECORD_TOKEN] = "INSERT INTO token (id, user, hash, created, expires, quota_bytes, "
			 "quota_documents, quota_groups, quota_streams, quota_pushes, note, "
			 "invite, retry, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
			 "?11, ?12, ?13, ?14)",
	[RECORD_GRANT] = "INSERT INTO token_grant (token, n, grp, write) VALUES (?1, ?2, ?3, ?4)",
	[RECORD_INVITE] = "INSERT INTO invite (id, hash, source, note, created, expires, uses, "
			  "used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[RECORD_INVITE_GRANT] =
		"INSERT INTO invite_grant (invite, n, grp, write) VALUES (?1, ?2, ?3, ?4)",
	[RECORD_REVOKED_JOIN] =
		"INSERT INTO revoked_join (invite, retry, user) VALUES (?1, ?2, ?3)",
};

/* Derives the other tables from the records. */
static const char end_sql[] =
	"UPDATE grp SET seq = (SELECT max(seq) FROM doc WHERE doc.gid = grp.gid);" SCHEMA_ANCESTRY
	" INSERT INTO ancestor (name) SELECT DISTINCT above FROM ancestry WHERE above IS NOT "
	"NULL;" SCHEMA_ANCESTRY
	" INSERT INTO nested (aid, seq, gid) SELECT aid, doc.seq, doc.gid FROM ancestry CROSS JOIN "
	"ancestor ON ancestor.name = above CROSS JOIN doc ON doc.gid = ancestry.gid;" SCHEMA_CHAINS;

static enum rc load_fail(const struct store_load *load, struct error *err)
{
	const int code = sqlite3_extended_errcode(load->db);

	return error_set(err, sql_rc(load->db, code), NAME " could not be written (%s)",
			 sqlite3_errmsg(load->db));
}

static enum rc load_run(const struct store_load *load, const char *sql, struct error *err)
{
	return sqlite3_exec(load->db, sql, NULL, NULL, NULL) == SQLITE_OK ? RC_OK
									  : load_fail(load, err);
}

/* ---- The file ---- */

/* No other process uses it, and the caller syncs it. */
static const char setup_sql[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; "
				"PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY; "
				"PRAGMA cache_size = -32768";

static enum rc prepare(struct store_load *load, struct error *err)
{
	int code = SQLITE_OK;

	for (int i = 0; code == SQLITE_OK && i < RECORD_TABLES; i++)
		code = sqlite3_prepare_v2(load->db, statements[i], -1, &load->put[i], NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(load->db,
					  "INSERT INTO large (seq, value) VALUES (?1, ?2)", -1,
					  &load->put_large, NULL);
	return code == SQLITE_OK ? RC_OK : load_fail(load, err);
}

static enum rc load_open(const struct db_url *db, int fd, int lanes, struct store_load **out,
			 struct error *err)
{
	struct store_load *load = mem_alloc(sizeof(*load));
	enum rc rc = RC_OK;

	(void)db;
	*out = load;
	if (lanes != 1)
		rc = error_set(err, RC_DENIED,
			       "a database in a file has one lane; lanes are for PostgreSQL");
	else if (fd_vfs_open(fd, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, &load->db) !=
			 SQLITE_OK ||
		 sql_distrust(load->db) != SQLITE_OK)
		rc = load_fail(load, err);
	if (rc == RC_OK)
		rc = load_run(load, setup_sql, err);
	if (rc == RC_OK)
		rc = schema_migrate(load->db, NAME, err);
	if (rc == RC_OK)
		rc = load_run(load, "BEGIN", err);
	return rc == RC_OK ? prepare(load, err) : rc;
}

static void load_free(struct store_load *load)
{
	for (int i = 0; i < RECORD_TABLES; i++)
		sqlite3_finalize(load->put[i]);
	sqlite3_finalize(load->put_large);
	sqlite3_close(load->db);
	free(load);
}

/* ---- Content ---- */

static enum rc run_put(const struct store_load *load, sqlite3_stmt *stmt, struct error *err)
{
	const int code = sqlite3_step(stmt);
	const enum rc rc = code == SQLITE_DONE ? RC_OK : load_fail(load, err);

	sqlite3_reset(stmt);
	return rc;
}

static enum rc load_begin(struct store_load *load, const struct record_state *state,
			  struct error *err)
{
	const struct record_lane *lane = &state->of[0];
	struct buf rules = BUF_EMPTY;
	sqlite3_stmt *stmt = NULL;
	enum rc rc;

	if (state->lanes != 1)
		return error_set(err, RC_DENIED,
				 "the database has %d lanes, and one in a file has one: its "
				 "numbers cannot be kept; use export and import",
				 state->lanes);
	if (sqlite3_prepare_v2(load->db,
			       "UPDATE meta SET epoch = ?1, seq = ?2, horizon = ?3, documents = "
			       "?4, tombstones = ?5, history = ?6",
			       -1, &stmt, NULL) != SQLITE_OK)
		return load_fail(load, err);
	sql_bind_number(stmt, 1, state->epochs[state->epoch_count - 1].epoch);
	sql_bind_number(stmt, 2, lane->head);
	sql_bind_number(stmt, 3, lane->horizon);
	sql_bind_number(stmt, 4, lane->documents);
	sql_bind_number(stmt, 5, lane->tombstones);
	sql_bind_text(stmt, 6, history_rules_put(&rules, &state->history));
	rc = run_put(load, stmt, err);
	sqlite3_finalize(stmt);
	buf_free(&rules);
	return rc;
}

static void bind_field(sqlite3_stmt *stmt, int at, const struct field *field, enum field_kind kind)
{
	if (field->is_null)
		sql_bind_null(stmt, at);
	else if (kind == FIELD_TEXT)
		sql_bind_text(stmt, at, field->bytes);
	else if (kind == FIELD_BYTES)
		sql_bind_bytes(stmt, at, field->bytes.data, field->bytes.len);
	else
		sql_bind_number(stmt, at, (uint64_t)field->number);
}

static int64_t sum_of(const struct record *record)
{
	const struct field *fields = record->fields;
	const struct checksum_of of = {
		.id = fields[RECORD_DOC_ID].bytes,
		.op = fields[RECORD_DOC_OP].bytes,
		.value = fields[RECORD_DOC_VALUE].bytes,
		.seq = (uint64_t)fields[RECORD_DOC_SEQ].number,
		.version = (uint64_t)fields[RECORD_DOC_VERSION].number,
		.is_deleted = !fields[RECORD_DOC_DELETED_AT].is_null,
		.deleted_at = (uint64_t)fields[RECORD_DOC_DELETED_AT].number,
		.plain = fields[RECORD_DOC_PLAIN].number != 0,
	};

	return checksum_make(&of);
}

static void bind_written_sum(sqlite3_stmt *stmt, const struct record *record)
{
	const struct field *at = &record->fields[RECORD_DOC_AT];
	const struct store_meta meta = { .at = at->number,
					 .by = record->fields[RECORD_DOC_BY].bytes };
	const uint64_t seq = (uint64_t)record->fields[RECORD_DOC_SEQ].number;

	if (at->is_null)
		sql_bind_null(stmt, RECORD_DOC_FIELDS + 2);
	else
		sql_bind_number(stmt, RECORD_DOC_FIELDS + 2,
				(uint64_t)checksum_written(seq, &meta));
}

/* The op is text here, and a long value lies in a table of its own. */
static enum rc bind_doc(const struct store_load *load, sqlite3_stmt *stmt,
			const struct record *record, struct error *err)
{
	const struct slice value = record->fields[RECORD_DOC_VALUE].bytes;

	sql_bind_text(stmt, RECORD_DOC_OP + 1, record->fields[RECORD_DOC_OP].bytes);
	sql_bind_number(stmt, RECORD_DOC_FIELDS + 1, (uint64_t)sum_of(record));
	bind_written_sum(stmt, record);
	if (value.len <= SQLITE_VALUE_INLINE)
		return RC_OK;
	sql_bind_null(stmt, RECORD_DOC_VALUE + 1);
	sql_bind_number(load->put_large, 1, (uint64_t)record->fields[RECORD_DOC_SEQ].number);
	sql_bind_text(load->put_large, 2, value);
	return run_put(load, load->put_large, err);
}

static enum rc load_put(struct store_load *load, const struct record *record, struct error *err)
{
	const struct record_shape *shape = &record_shapes[record->table];
	sqlite3_stmt *stmt = load->put[record->table];
	enum rc rc = RC_OK;

	for (size_t i = 0; i < shape->count; i++)
		bind_field(stmt, (int)i + 1, &record->fields[i], shape->kinds[i]);
	if (record->table == RECORD_DOC || record->table == RECORD_HISTORY)
		rc = bind_doc(load, stmt, record, err);
	return rc == RC_OK ? run_put(load, stmt, err) : rc;
}

static enum rc load_end(struct store_load *load, struct error *err)
{
	return load_run(load, end_sql, err);
}

static enum rc load_dump(struct store_load *load, const struct record_sink *sink, struct error *err)
{
	return dump_records(load->db, NAME, sink, err);
}

static enum rc load_commit(struct store_load *load, struct error *err)
{
	return load_run(load, "COMMIT", err);
}

const struct backend_load sqlite_load = {
	.open = load_open,
	.begin = load_begin,
	.put = load_put,
	.end = load_end,
	.dump = load_dump,
	.commit = load_commit,
	.free = load_free,
};
