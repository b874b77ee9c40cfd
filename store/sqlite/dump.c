/* Reads a whole database as records (store/record.h), for a copy to another back end.
 * The store's door and load.c call it. */
#include "store/sqlite/dump.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/open.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"

#include <stdlib.h>

#include "base/mem.h"

struct dump {
	sqlite3 *db;
	const char *name;
	const struct record_sink *sink;
	struct error *err;
};

/* Those of documents and versions come first as checksum.h has them. Those of versions
 * are sorted by their keys alone, as a sort has all that it reads in memory. */
#define DUMPED ", gid, written_at, written_by"
static const char *const statements[RECORD_TABLES] = {
	[RECORD_ACCOUNT] =
		"SELECT account, user, bytes, documents, groups FROM account ORDER BY account",
	[RECORD_GROUP] = "SELECT gid, name, account FROM grp ORDER BY gid",
	[RECORD_DOC] = "SELECT " ROW_COLUMNS("coalesce(doc.value, large.value)") DUMPED
	", account, charge FROM doc LEFT JOIN large ON large.seq = doc.seq ORDER BY "
	"gid, doc.seq",
	[RECORD_HISTORY] = "SELECT " ROW_COLUMNS("coalesce(doc.value, large.value)") DUMPED
	", ended_at FROM (SELECT key AS own FROM history ORDER BY gid, id, version LIMIT -1) CROSS "
	"JOIN history AS doc ON key = own LEFT JOIN large ON large.seq = doc.seq",
	[RECORD_TOKEN] = "SELECT id, user, hash, created, expires, quota_bytes, quota_documents, "
			 "quota_groups, quota_streams, quota_pushes, note, invite, retry, used "
			 "FROM token ORDER BY id",
	[RECORD_GRANT] = "SELECT token, n, grp, write FROM token_grant ORDER BY token, n",
	[RECORD_INVITE] = "SELECT id, hash, source, note, created, expires, uses, used FROM "
			  "invite ORDER BY id",
	[RECORD_INVITE_GRANT] = "SELECT invite, n, grp, write FROM invite_grant ORDER BY invite, n",
	[RECORD_REVOKED_JOIN] =
		"SELECT invite, retry, user FROM revoked_join ORDER BY invite, retry, user",
};

/* The columns of a document's record in its statement. */
static const int doc_columns[RECORD_DOC_FIELDS] = {
	[RECORD_DOC_GID] = ROW_END,
	[RECORD_DOC_SEQ] = ROW_SEQ,
	[RECORD_DOC_ID] = ROW_ID,
	[RECORD_DOC_VERSION] = ROW_VERSION,
	[RECORD_DOC_DELETED_AT] = ROW_DELETED_AT,
	[RECORD_DOC_OP] = ROW_OP,
	[RECORD_DOC_PLAIN] = ROW_PLAIN,
	[RECORD_DOC_VALUE] = ROW_VALUE,
	[RECORD_DOC_AT] = ROW_END + 1,
	[RECORD_DOC_BY] = ROW_END + 2,
	[RECORD_DOC_ACCOUNT] = ROW_END + 3,
	[RECORD_DOC_CHARGE] = ROW_END + 4,
};

static struct field field_of(sqlite3_stmt *row, int column, enum field_kind kind)
{
	struct field field = { .is_null = sql_is_null(row, column) };

	if (field.is_null)
		return field;
	if (kind == FIELD_TEXT || kind == FIELD_BYTES)
		field.bytes = sql_text(row, column);
	else
		field.number = (int64_t)sql_number(row, column);
	return field;
}

static enum rc check_doc(const struct dump *dump, sqlite3_stmt *row, const struct record *record)
{
	const struct field *value = &record->fields[RECORD_DOC_VALUE];
	const struct slice id = record->fields[RECORD_DOC_ID].bytes;

	if (value->is_null == !record->fields[RECORD_DOC_DELETED_AT].is_null &&
	    checksum_matches(row, value->bytes))
		return RC_OK;
	return error_set(dump->err, RC_CORRUPT,
			 "%.200s is damaged: the document %.*s is not as it was written (see "
			 "'pocketbook help check')",
			 dump->name, (int)(id.len < 64 ? id.len : 64), id.data);
}

static enum rc hand_over(const struct dump *dump, sqlite3_stmt *row, enum record_table table)
{
	const struct record_shape *shape = &record_shapes[table];
	struct record record = { .table = table };
	const bool is_doc = table == RECORD_DOC || table == RECORD_HISTORY;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < shape->count; i++)
		record.fields[i] = field_of(row, is_doc ? doc_columns[i] : (int)i, shape->kinds[i]);
	if (is_doc)
		rc = check_doc(dump, row, &record);
	return rc == RC_OK ? dump->sink->on_record(dump->sink->arg, &record, dump->err) : rc;
}

static enum rc dump_table(const struct dump *dump, enum record_table table)
{
	sqlite3_stmt *row = NULL;
	enum rc rc = RC_OK;
	int code = sqlite3_prepare_v2(dump->db, statements[table], -1, &row, NULL);

	while (code == SQLITE_OK && rc == RC_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
		rc = hand_over(dump, row, table);
		code = SQLITE_OK;
	}
	if (rc == RC_OK && code != SQLITE_DONE)
		rc = schema_fail(dump->db, code, dump->name, dump->err);
	sqlite3_finalize(row);
	return rc;
}

static enum rc dump_state(const struct dump *dump)
{
	struct record_state *state = mem_alloc(sizeof(*state));
	sqlite3_stmt *row = NULL;
	enum rc rc = RC_OK;
	int code = sqlite3_prepare_v2(dump->db,
				      "SELECT epoch, seq, horizon, documents, tombstones, history "
				      "FROM meta",
				      -1, &row, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(row);
	if (code == SQLITE_ROW) {
		state->lanes = 1;
		state->epoch_count = 1;
		state->epochs[0].epoch = sql_number(row, 0);
		state->of[0] = (struct record_lane){ .head = sql_number(row, 1),
						     .horizon = sql_number(row, 2),
						     .documents = sql_number(row, 3),
						     .tombstones = sql_number(row, 4) };
		history_rules_parse(sql_text(row, 5), &state->history);
		rc = dump->sink->on_state(dump->sink->arg, state, dump->err);
	} else {
		rc = schema_fail(dump->db, code == SQLITE_DONE ? SQLITE_CORRUPT : code, dump->name,
				 dump->err);
	}
	sqlite3_finalize(row);
	free(state);
	return rc;
}

enum rc dump_records(sqlite3 *db, const char *name, const struct record_sink *sink,
		     struct error *err)
{
	const struct dump dump = { db, name, sink, err };
	enum rc rc = dump_state(&dump);

	for (int table = 0; rc == RC_OK && table < RECORD_TABLES; table++)
		rc = dump_table(&dump, (enum record_table)table);
	return rc;
}

enum rc sqlite_dump(const struct db_url *db, const struct record_sink *sink, struct error *err)
{
	sqlite3 *source;
	int code;
	enum rc rc = sql_open_source(db->path, &source, err);

	if (rc != RC_OK)
		return rc;
	rc = schema_check(source, db->path, err);
	if (rc == RC_OK) {
		code = sqlite3_exec(source, "BEGIN", NULL, NULL, NULL);
		rc = code == SQLITE_OK ? dump_records(source, db->path, sink, err)
				       : schema_fail(source, code, db->path, err);
	}
	sqlite3_close(source);
	return rc;
}
