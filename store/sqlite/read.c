/* Reads pages of a group's changes and newest positions. The store's door calls it;
 * rules.c decides where a page begins and ends. */
#include "store/sqlite/operations.h"

#include "store/sqlite/all_groups.h"
#include "store/sqlite/checksum.h"
#include "store/sqlite/statements.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"

#include <assert.h>
#include <stdlib.h>

/* ---- A page ---- */

/* The documents of the group itself, and those of all groups nested in it: two
 * statements that are open while the page is read. If the group is all groups, the
 * first is that of each group in turn. */
struct source {
	sqlite3_stmt *stmt;
	struct all_groups *all; /* NULL: one group */
	uint64_t next;          /* number of its current row; 0: it has none */
};

enum { SOURCE_OWN, SOURCE_NESTED, SOURCE_COUNT };

struct reading {
	struct sqlite *sqlite;
	const struct store_query *query;
	struct store_state state;
	struct store_cursor from;
	struct source sources[SOURCE_COUNT];
	struct all_groups all;
	struct store_doc *docs;
	size_t count;
	size_t room;
	struct buf bytes; /* id, value and user of each document, one behind the other; the slices
			     are aimed when it has stopped growing */
	size_t value_bytes;
};

static bool is_full(const struct reading *reading)
{
	return reading->count >= reading->query->limit ||
	       reading->value_bytes > reading->query->max_bytes;
}

/* The one whose row comes next in the sequence; NULL: none has a row. */
static struct source *first_source(struct reading *reading)
{
	struct source *own = &reading->sources[SOURCE_OWN];
	struct source *nested = &reading->sources[SOURCE_NESTED];

	if (own->next == 0 || (nested->next != 0 && nested->next < own->next))
		return nested->next ? nested : NULL;
	return own;
}

/* Rows ascend, unless a page of the tree is damaged: then cursors would lead back, and
 * a client that follows them would never come to an end. */
static enum rc source_step(struct source *source)
{
	const uint64_t before = source->next;
	bool row;
	enum rc rc;

	if (source->all) {
		rc = all_groups_step(source->all);
		source->next = rc == RC_OK ? all_groups_next(source->all) : 0;
		row = source->next != 0;
	} else {
		rc = sql_step(source->stmt, &row);
		source->next = rc == RC_OK && row ? sql_number(source->stmt, 0) : 0;
	}
	if (rc == RC_OK && row && source->next <= before) {
		log_error("store_order_broken", LOG_NUMBER("seq", before));
		rc = RC_CORRUPT;
	}
	return rc;
}

static enum rc source_start(struct reading *reading, int at, enum sql sql, uint64_t key)
{
	struct source *source = &reading->sources[at];

	if (key == 0)
		return RC_OK;
	source->stmt = reading->sqlite->sql[sql];
	source->next = reading->from.seq;
	sql_bind_number(source->stmt, 1, key);
	sql_bind_number(source->stmt, 2, reading->from.seq);
	sql_bind_number(source->stmt, 3, reading->from.start);
	return source_step(source);
}

static enum rc start_all_groups(struct reading *reading)
{
	struct source *source = &reading->sources[SOURCE_OWN];
	const enum sql own = reading->query->meta ? SQL_OWN_META : SQL_OWN;
	enum rc rc = all_groups_start(reading->sqlite, &reading->from, own, &reading->all);

	source->stmt = reading->sqlite->sql[own];
	source->all = &reading->all;
	source->next = rc == RC_OK ? all_groups_next(&reading->all) : 0;
	return rc;
}

static enum rc start_sources(struct reading *reading)
{
	sqlite3_stmt *stmt = reading->sqlite->sql[SQL_SOURCES];
	uint64_t gid, aid;
	bool row;
	enum rc rc;

	sql_bind_text(stmt, 1, reading->query->group);
	rc = sql_step(stmt, &row);
	if (rc != RC_OK)
		return rc;
	gid = sql_number(stmt, 0);
	aid = sql_number(stmt, 1);
	sqlite3_reset(stmt);
	rc = source_start(reading, SOURCE_OWN, reading->query->meta ? SQL_OWN_META : SQL_OWN, gid);
	if (rc != RC_OK)
		return rc;
	return source_start(reading, SOURCE_NESTED,
			    reading->query->meta ? SQL_NESTED_META : SQL_NESTED, aid);
}

static void end_sources(struct reading *reading)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		if (reading->sources[i].stmt)
			sqlite3_reset(reading->sources[i].stmt);
}

static struct store_doc *add_doc(struct reading *reading)
{
	reading->docs =
		mem_grow(reading->docs, &reading->room, reading->count + 1, sizeof(*reading->docs));
	return &reading->docs[reading->count++];
}

/* An entry of its own, unless not even the id is one. */
static bool keep_damaged(struct reading *reading, struct store_doc *doc)
{
	doc->damaged = true;
	doc->deleted = doc->plain = false;
	if (docid_is_valid(doc->id) && group_covers(reading->query->group, doc->id, false))
		return true;
	log_error("document_unreadable", LOG_NUMBER("seq", doc->seq));
	reading->bytes.len -= doc->id.len;
	reading->count--;
	return false;
}

/* Appends the value of the row, and sets it. RC_CORRUPT: it is not there, or the row is
 * not as it was written. */
static enum rc take_value(struct reading *reading, sqlite3_stmt *stmt, struct checksum_of *of)
{
	const size_t before = reading->bytes.len;
	const struct slice value = sql_text(stmt, ROW_VALUE);
	enum rc rc = RC_OK;

	if (value.len == 0 && !of->is_deleted) /* no value is empty */
		rc = sql_read_large(reading->sqlite, of->seq, &reading->bytes);
	else
		buf_put_slice(&reading->bytes, value);
	of->value = buf_slice_from(&reading->bytes, before);
	return rc == RC_OK && !checksum_holds(of, stmt) ? RC_CORRUPT : rc;
}

static void take_meta(struct reading *reading, sqlite3_stmt *stmt, struct store_doc *doc)
{
	if (!reading->query->meta || doc->damaged)
		return;
	checksum_read_written(stmt, ROW_END, doc->seq, &doc->meta);
	buf_put_slice(&reading->bytes, doc->meta.by);
}

/* The current row of SQL_OWN or SQL_NESTED, each column of which is read once. */
static enum rc take_row(struct reading *reading, sqlite3_stmt *stmt)
{
	struct store_doc *doc = add_doc(reading);
	struct checksum_of of;
	size_t before;
	enum rc rc;

	FAULT("pull_in_page");
	checksum_read(stmt, &of);
	*doc = (struct store_doc){
		.seq = of.seq,
		.id = of.id,
		.version = of.version < VERSION_END ? of.version : 0,
		.deleted = of.is_deleted,
		.plain = of.plain,
	};
	buf_put_slice(&reading->bytes, doc->id);
	before = reading->bytes.len;
	rc = take_value(reading, stmt, &of);
	if (rc == RC_CORRUPT) { /* of this document alone */
		reading->bytes.len = before;
		if (!keep_damaged(reading, doc))
			return RC_OK;
		rc = RC_OK;
	}
	doc->value.len = reading->bytes.len - before;
	reading->value_bytes += doc->value.len;
	take_meta(reading, stmt, doc);
	return rc;
}

static enum rc take_rows(struct reading *reading)
{
	struct source *source;
	enum rc rc = RC_OK;

	while (rc == RC_OK && !is_full(reading) && (source = first_source(reading)) != NULL) {
		rc = take_row(reading, source->stmt);
		if (rc == RC_OK)
			rc = source_step(source);
	}
	return rc;
}

static enum rc read_docs(struct reading *reading)
{
	enum rc rc = sql_run(reading->sqlite->sql[SQL_BEGIN]);

	if (rc == RC_OK)
		rc = sql_read_state(reading->sqlite, &reading->state);
	if (rc == RC_OK) {
		rules_pull_begin(&reading->query->since, &reading->state, &reading->from);
		rc = group_is_all(reading->query->group) ? start_all_groups(reading)
							 : start_sources(reading);
	}
	if (rc == RC_OK)
		rc = take_rows(reading);
	end_sources(reading);
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
		doc->meta.by.data = at;
		at += doc->meta.by.len;
	}
}

void sqlite_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		    void *arg)
{
	struct reading reading = { .sqlite = sqlite_of(store), .query = query };
	struct store_page page = { .docs = NULL };
	enum rc rc = read_docs(&reading);

	if (rc == RC_OK) {
		const struct source *left = first_source(&reading);

		set_slices(&reading);
		page.docs = reading.docs;
		page.count = reading.count;
		rules_pull_end(&reading.from, &reading.state, left ? left->next : 0, &page);
	}
	on_page(arg, rc, rc == RC_OK ? &page : NULL);
	all_groups_end(&reading.all);
	buf_free(&reading.bytes);
	free(reading.docs);
}

/* ---- Places ---- */

/* The epoch and a sequence number from the first row. */
static enum rc read_place(sqlite3_stmt *stmt, struct store_cursor *place)
{
	bool row;
	enum rc rc = sql_step(stmt, &row);

	*place = (struct store_cursor){ .epoch = 0 };
	if (rc == RC_OK && !row)
		rc = RC_CORRUPT;
	if (rc == RC_OK) {
		place->epoch = sql_number(stmt, 0);
		place->seq = sql_number(stmt, 1);
		sqlite3_reset(stmt);
	}
	return rc == RC_OK && place->epoch == 0 ? RC_CORRUPT : rc;
}

void sqlite_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg)
{
	const bool is_all = group_is_all(group);
	sqlite3_stmt *stmt = sqlite_of(store)->sql[is_all ? SQL_STATE : SQL_LATEST];
	struct store_cursor place;
	enum rc rc;

	if (!is_all)
		sql_bind_text(stmt, 1, group);
	rc = read_place(stmt, &place);
	on_place(arg, rc, rc == RC_OK ? &place : NULL);
}

void sqlite_head(struct store *store, on_store_places *on_places, void *arg)
{
	struct store_cursor place;
	const enum rc rc = read_place(sqlite_of(store)->sql[SQL_STATE], &place);
	const struct store_places places = { .epoch = place.epoch,
					     .lanes = 1,
					     .seqs = { place.seq } };

	on_places(arg, rc, rc == RC_OK ? &places : NULL);
}
