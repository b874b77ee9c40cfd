/* Reads pages of a group's changes and newest positions. The store's door calls it;
 * rules.c decides where a page begins and ends. */
#include "store/sqlite/operations.h"

#include "store/sqlite/merge.h"
#include "store/sqlite/statements.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* ---- The names of a group and what is nested in it (IN_GROUP in statements.c) ---- */

struct group_names {
	char low[GROUP_MAX + 1];
	char high[GROUP_MAX + 1];
};

/* Binds parameters 1 to 3; `names` must stay until the statement has run. */
static void bind_group(sqlite3_stmt *stmt, struct slice group, struct group_names *names)
{
	assert(group.len > 0 && group.len <= GROUP_MAX);
	memcpy(names->low, group.data, group.len);
	memcpy(names->high, group.data, group.len);
	names->low[group.len] = ':';
	names->high[group.len] = ':' + 1;
	sql_bind_text(stmt, 1, group);
	sql_bind_text(stmt, 2, slice_make(names->low, group.len + 1));
	sql_bind_text(stmt, 3, slice_make(names->high, group.len + 1));
}

/* ---- A page ---- */

struct reading {
	struct sqlite *sqlite;
	const struct store_query *query;
	struct store_state state;
	struct store_cursor from;
	struct merge runs; /* groups that have something left to show */
	struct store_doc *docs;
	size_t count;
	size_t room;
	struct buf bytes; /* id and value of each document, one behind the other; the slices are
			     aimed when it has stopped growing */
	size_t value_bytes;
};

static bool is_full(const struct reading *reading)
{
	return reading->count >= reading->query->limit ||
	       reading->value_bytes > reading->query->max_bytes;
}

static enum rc find_runs(struct reading *reading)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_RUNS];
	struct group_names names;
	enum rc rc;
	bool row;

	bind_group(stmt, reading->query->group, &names);
	sql_bind_number(stmt, 4, reading->from.seq);
	sql_bind_number(stmt, 5, reading->from.start);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row)
		if (!sql_is_null(stmt, 1))
			merge_push(&reading->runs,
				   (struct merge_run){ .gid = sql_number(stmt, 0),
						       .seq = sql_number(stmt, 1) });
	return rc;
}

static struct store_doc *add_doc(struct reading *reading)
{
	reading->docs =
		mem_grow(reading->docs, &reading->room, reading->count + 1, sizeof(*reading->docs));
	return &reading->docs[reading->count++];
}

/* The current row of SQL_RUN. */
static enum rc take_row(struct reading *reading, sqlite3_stmt *stmt)
{
	struct store_doc *doc = add_doc(reading);
	size_t before;
	enum rc rc = RC_OK;

	FAULT("pull_in_page");
	*doc = (struct store_doc){
		.seq = sql_number(stmt, 0),
		.id = sql_text(stmt, 1),
		.version = sql_number(stmt, 2),
		.deleted = !sql_is_null(stmt, 3),
		.plain = sql_number(stmt, 4) != 0,
	};
	buf_put_slice(&reading->bytes, doc->id);
	before = reading->bytes.len;
	if (!doc->deleted && sql_is_null(stmt, 5))
		rc = sql_read_large(reading->sqlite, doc->seq, &reading->bytes);
	else
		buf_put_slice(&reading->bytes, sql_text(stmt, 5));
	if (rc == RC_CORRUPT) { /* of this value alone */
		doc->damaged = true;
		reading->bytes.len = before;
		rc = RC_OK;
	}
	doc->value.len = reading->bytes.len - before;
	reading->value_bytes += doc->value.len;
	return rc;
}

/* Takes documents of one group as long as they precede those of all other groups;
 * the rest goes back onto the heap. */
static enum rc take_run(struct reading *reading, struct merge_run run)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_RUN];
	uint64_t others = reading->runs.count ? reading->runs.items[0].seq : UINT64_MAX;
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 1, run.gid);
	sql_bind_number(stmt, 2, run.seq);
	sql_bind_number(stmt, 3, reading->from.start);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row) {
		run.seq = sql_number(stmt, 0);
		if (run.seq > others || is_full(reading)) {
			merge_push(&reading->runs, run);
			break;
		}
		rc = take_row(reading, stmt);
		if (rc != RC_OK)
			break;
	}
	sqlite3_reset(stmt);
	return rc;
}

static enum rc read_docs(struct reading *reading)
{
	enum rc rc = sql_run(reading->sqlite->sql[SQL_BEGIN]);

	if (rc == RC_OK)
		rc = sql_read_state(reading->sqlite, &reading->state);
	if (rc == RC_OK) {
		rules_pull_begin(&reading->query->since, &reading->state, &reading->from);
		rc = find_runs(reading);
	}
	while (rc == RC_OK && reading->runs.count > 0 && !is_full(reading))
		rc = take_run(reading, merge_pop(&reading->runs));
	sql_rollback(reading->sqlite);
	return rc;
}

static void set_slices(struct reading *reading)
{
	const char *at = reading->bytes.data;

	for (size_t i = 0; i < reading->count; i++) {
		struct store_doc *doc = &reading->docs[i];

		doc->id.data = at;
		at += doc->id.len;
		doc->value.data = at;
		at += doc->value.len;
	}
}

void sqlite_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		    void *arg)
{
	struct reading reading = { .sqlite = sqlite_of(store), .query = query };
	struct store_page page = { .docs = NULL };
	enum rc rc;

	rc = read_docs(&reading);
	if (rc == RC_OK) {
		set_slices(&reading);
		page.docs = reading.docs;
		page.count = reading.count;
		rules_pull_end(&reading.from, &reading.state,
			       reading.runs.count ? reading.runs.items[0].seq : 0, &page);
	}
	on_page(arg, rc, rc == RC_OK ? &page : NULL);
	merge_free(&reading.runs);
	buf_free(&reading.bytes);
	free(reading.docs);
}

/* ---- Places ---- */

/* The epoch and a sequence number from the first row. */
static void read_place(sqlite3_stmt *stmt, on_store_place *on_place, void *arg)
{
	struct store_cursor place = { .epoch = 0 };
	bool row;
	enum rc rc = sql_step(stmt, &row);

	if (rc == RC_OK && !row)
		rc = RC_CORRUPT;
	if (rc == RC_OK) {
		place.epoch = sql_number(stmt, 0);
		place.seq = sql_number(stmt, 1);
		sqlite3_reset(stmt);
	}
	on_place(arg, rc, rc == RC_OK ? &place : NULL);
}

void sqlite_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg)
{
	sqlite3_stmt *stmt = sqlite_of(store)->sql[SQL_LATEST];
	struct group_names names;

	bind_group(stmt, group, &names);
	read_place(stmt, on_place, arg);
}

void sqlite_head(struct store *store, on_store_place *on_place, void *arg)
{
	read_place(sqlite_of(store)->sql[SQL_STATE], on_place, arg);
}
