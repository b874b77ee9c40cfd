/* Former versions of documents. push.c keeps the version that a write replaces, and the
 * store's door calls sqlite_versions to read them. prune.c removes them. */
#include "store/sqlite/history.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/prune.h"
#include "store/sqlite/statements.h"

#include "base/fault.h"
#include "base/mem.h"
#include "store/docid.h"

#include <stdlib.h>

/* Versions that one write removes at most: more than come between two such writes, so
 * that their number comes down after the rules were changed to fewer. */
#define DROP_MAX (3 * HISTORY_STEP_MAX)

/* ---- Keeping ---- */

static enum rc keep_row(struct transaction *transaction, const struct history_former *former,
			bool *kept)
{
	sqlite3_stmt *stmt = transaction->sqlite->sql[SQL_KEEP_VERSION];
	enum rc rc;

	sql_bind_number(stmt, 1, transaction->group.gid);
	sql_bind_number(stmt, 2, former->seq);
	sql_bind_number(stmt, 3, (uint64_t)former->ended);
	sql_bind_number(stmt, 4, former->key);
	rc = sql_run(stmt);
	*kept = rc == RC_OK && sqlite3_changes(transaction->sqlite->db) == 1;
	return rc;
}

enum rc history_keep(struct transaction *transaction, const struct store_history *rules,
		     const struct history_former *former, bool *kept)
{
	const uint64_t versions = history_versions(rules, former->id);
	uint64_t dropped = 0;
	enum rc rc;

	*kept = false;
	if (versions == 0 || FAULT_MUTANT("version_lost"))
		return RC_OK;
	rc = keep_row(transaction, former, kept);
	if (rc != RC_OK || !history_is_due(versions, former->version, former->next))
		return rc;
	return prune_document(transaction->sqlite,
			      &(struct prune_chain){ .gid = transaction->group.gid,
						     .id = former->id,
						     .newest = former->key,
						     .last = former->version - versions },
			      DROP_MAX, &dropped);
}

/* ---- Reading ---- */

#define ROW_FORMER (ROW_END + WRITTEN_END) /* of SQL_FIND and SQL_VERSION */

struct reading {
	struct sqlite *sqlite;
	const struct store_versions *query;
	uint64_t before;
	uint64_t next; /* the key of the former version that comes next; 0: none */
	struct store_doc *docs;
	size_t count;
	size_t room;
	struct buf bytes; /* value and user of each version */
	size_t value_bytes;
	bool more;
};

static bool is_full(const struct reading *reading)
{
	return reading->count >= reading->query->limit ||
	       reading->value_bytes > reading->query->max_bytes;
}

/* The current row of SQL_FIND or SQL_VERSION, which have the same columns. */
static void take(struct reading *reading, sqlite3_stmt *row)
{
	const struct slice value = sql_text(row, ROW_VALUE);
	struct store_doc *doc;

	reading->docs =
		mem_grow(reading->docs, &reading->room, reading->count + 1, sizeof(*reading->docs));
	doc = &reading->docs[reading->count++];
	*doc = (struct store_doc){
		.seq = sql_number(row, ROW_SEQ),
		.id = reading->query->id,
		.version = sql_version(row, ROW_VERSION),
		.deleted = !sql_is_null(row, ROW_DELETED_AT),
		.plain = sql_number(row, ROW_PLAIN) != 0,
	};
	if ((!doc->deleted && value.len == 0) || !checksum_matches(row, value)) {
		doc->damaged = true;
		doc->deleted = doc->plain = false;
		return;
	}
	checksum_read_written(row, ROW_END, doc->seq, &doc->meta);
	doc->value.len = value.len;
	buf_put_slice(&reading->bytes, value);
	buf_put_slice(&reading->bytes, doc->meta.by);
	reading->value_bytes += value.len;
}

static void take_if_before(struct reading *reading, sqlite3_stmt *row)
{
	if (sql_number(row, ROW_VERSION) >= reading->before)
		return;
	if (is_full(reading))
		reading->more = true;
	else
		take(reading, row);
}

static enum rc read_present(struct reading *reading)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_FIND];
	enum rc rc;
	bool row;

	sql_bind_text(stmt, 1, docid_group(reading->query->id));
	sql_bind_text(stmt, 2, reading->query->id);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK && row) {
		take_if_before(reading, stmt);
		reading->next = sql_number(stmt, ROW_FORMER);
	}
	sqlite3_reset(stmt);
	return rc;
}

/* A page that begins far back begins with a version that is in an index, so that those
 * after it are not passed one by one. */
static enum rc leap(struct reading *reading)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_MARK_FROM];
	enum rc rc;
	bool row;

	if (reading->next == 0 || reading->before == VERSION_END)
		return RC_OK;
	sql_bind_text(stmt, 1, docid_group(reading->query->id));
	sql_bind_text(stmt, 2, reading->query->id);
	sql_bind_number(stmt, 3, reading->before);
	rc = sql_step(stmt, &row);
	if (rc == RC_OK && row)
		reading->next = sql_number(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

/* The key of the version before may be that of one that is no longer there. A damaged
 * one must not lead to another document, or in a circle. */
static enum rc read_next(struct reading *reading)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_VERSION];
	const uint64_t key = reading->next;
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, key);
	sql_bind_number(stmt, 2, reading->before);
	rc = sql_step(stmt, &row);
	reading->next = 0;
	if (rc == RC_OK && row && slice_equal(sql_text(stmt, ROW_ID), reading->query->id)) {
		take_if_before(reading, stmt);
		reading->next = sql_number(stmt, ROW_FORMER);
	}
	if (reading->next >= key)
		reading->next = 0;
	sqlite3_reset(stmt);
	return rc;
}

static enum rc read_all(struct reading *reading)
{
	enum rc rc = read_present(reading);

	if (rc == RC_OK)
		rc = leap(reading);
	while (rc == RC_OK && reading->next && !reading->more)
		rc = read_next(reading);
	return rc;
}

static void set_slices(struct reading *reading)
{
	const char *at = reading->bytes.data;

	for (size_t i = 0; i < reading->count; i++) {
		struct store_doc *doc = &reading->docs[i];

		doc->value.data = at;
		at += doc->value.len;
		doc->meta.by.data = at;
		at += doc->meta.by.len;
	}
}

void sqlite_versions(struct store *store, const struct store_versions *query,
		     on_store_page *on_page, void *arg)
{
	struct sqlite *sqlite = sqlite_of(store);
	struct reading reading = { .sqlite = sqlite,
				   .query = query,
				   .before = query->before ? query->before : VERSION_END };
	struct store_page page = { .docs = NULL };
	enum rc rc = sql_run(sqlite->sql[SQL_BEGIN]);

	if (rc == RC_OK)
		rc = read_all(&reading);
	sql_rollback(sqlite);
	set_slices(&reading);
	page = (struct store_page){ .docs = reading.docs,
				    .count = reading.count,
				    .more = reading.more };
	on_page(arg, rc, rc == RC_OK ? &page : NULL);
	buf_free(&reading.bytes);
	free(reading.docs);
}
