/* See store_kit.h. */
#include "store_kit.h"
#include "store_kit_postgres.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/sqlite/backend.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool kit_is_file(const struct kit *kit)
{
	return kit->path[0] == '/';
}

const char *kit_file(const struct kit *kit, const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", kit->dir, name);
	return path;
}

off_t kit_size(const struct kit *kit, const char *name)
{
	struct stat status;

	return stat(kit_file(kit, name), &status) == 0 ? status.st_size : -1;
}

void kit_open(struct kit *kit)
{
	struct error err = { "" };

	if (store_open(kit->path, STORE_WRITER, &kit->writer, &err) != RC_OK)
		fail_msg("writer: %s", err.text);
	if (store_open(kit->path, STORE_READER, &kit->reader, &err) != RC_OK)
		fail_msg("reader: %s", err.text);
}

void kit_close(struct kit *kit)
{
	store_close(kit->reader);
	store_close(kit->writer);
	kit->reader = kit->writer = NULL;
}

static int setup_folder(void **state, const char *url)
{
	struct kit *kit = mem_alloc(sizeof(*kit));

	strcpy(kit->dir, "/tmp/pocketbook-test-XXXXXX");
	if (mkdtemp(kit->dir) == NULL)
		return -1;
	(void)snprintf(kit->path, sizeof(kit->path), "%s/test.db", kit->dir);
	log_limit(LOG_ERROR);
	store_add_backend(&backend_sqlite);
	if (url)
		kit_postgres_setup(url, kit->path, sizeof(kit->path));
	*state = kit;
	return 0;
}

int kit_setup_folder(void **state)
{
	return setup_folder(state, getenv("POCKETBOOK_TEST_DB"));
}

int kit_setup_file(void **state)
{
	if (setup_folder(state, NULL) != 0)
		return -1;
	kit_open(*state);
	return 0;
}

int kit_setup(void **state)
{
	if (kit_setup_folder(state) != 0)
		return -1;
	kit_open(*state);
	return 0;
}

static void clear_replies(struct kit *kit)
{
	for (size_t i = 0; i < kit->reply_count; i++) {
		store_reply_clear(&kit->replies[i]);
		buf_free(&kit->wires[i]);
	}
	free(kit->replies);
	free(kit->wires);
	kit->replies = NULL;
	kit->wires = NULL;
	kit->reply_count = 0;
}

static void clear_page(struct kit_page *page)
{
	free(page->docs);
	buf_free(&page->bytes);
	*page = (struct kit_page){ .rc = RC_OK };
}

int kit_teardown(void **state)
{
	static const char *const names[] = { "test.db", "test.db-wal", "test.db-shm",
					     "test.db-journal", "other" };
	struct kit *kit = *state;

	kit_close(kit);
	clear_replies(kit);
	clear_page(&kit->page);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(kit_file(kit, names[i]));
	/* Nothing else may have been left there. */
	if (rmdir(kit->dir) != 0)
		return -1;
	free(kit);
	return 0;
}

/* ---- Writing ---- */

struct committed {
	struct kit *kit;
	size_t count;
	unsigned calls;
	enum rc rc;
};

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct committed *committed = arg;
	struct kit *kit = committed->kit;

	committed->calls++;
	committed->rc = rc;
	if (rc != RC_OK) {
		assert_null(replies);
		return;
	}
	kit->reply_count = committed->count;
	kit->replies = mem_array(kit->reply_count, sizeof(*kit->replies));
	kit->wires = mem_array(kit->reply_count, sizeof(*kit->wires));
	for (size_t i = 0; i < kit->reply_count; i++) {
		store_reply_pack(&replies[i], &kit->wires[i]);
		assert_int_equal(store_reply_unpack(buf_slice(&kit->wires[i]), &kit->replies[i]),
				 RC_OK);
	}
}

enum rc kit_commit(struct kit *kit, const struct store_request *requests, size_t count)
{
	struct committed committed = { .kit = kit, .count = count };

	clear_replies(kit);
	store_commit(kit->writer, requests, count, on_replies, &committed);
	store_wait(kit->writer);
	assert_int_equal(committed.calls, 1);
	return committed.rc;
}

struct store_edit kit_edit_of(const char *id, uint64_t base, const char *op, const char *value)
{
	return (struct store_edit){
		.id = slice_of(id),
		.base = base,
		.op = slice_of(op ? op : ""),
		.deleted = value == NULL,
		.plain = value != NULL,
		.value = slice_of(value ? value : ""),
	};
}

struct store_result kit_edit(struct kit *kit, const char *id, uint64_t base, const char *op,
			     const char *value)
{
	struct store_edit edit = kit_edit_of(id, base, op, value);
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(kit->replies[0].result_count, 1);
	return kit->replies[0].results[0];
}

uint64_t kit_put(struct kit *kit, const char *id, uint64_t base, const char *value)
{
	struct store_result result = kit_edit(kit, id, base, NULL, value);

	assert_int_equal(result.status, STORE_OK);
	assert_int_not_equal(result.seq, 0);
	return result.seq;
}

uint64_t kit_purge(struct kit *kit, int64_t before)
{
	struct store_request request = { .kind = STORE_PURGE,
					 .before = before,
					 .limit = STORE_PURGE_MAX };

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	return kit->replies[0].purged;
}

/* ---- Reading ---- */

static void on_stats(void *arg, enum rc rc, const struct store_stats *db_stats)
{
	assert_int_equal(rc, RC_OK);
	*(struct store_stats *)arg = *db_stats;
}

struct store_stats kit_stats(struct store *store)
{
	struct store_stats db_stats = { .documents = UINT64_MAX };

	store_stats(store, on_stats, &db_stats);
	store_wait(store);
	return db_stats;
}

static const char *retention(struct buf *bytes, struct slice text)
{
	const char *at = bytes->data + bytes->len;

	buf_put_slice(bytes, text);
	return at;
}

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	struct kit_page *out = arg;
	size_t size = 1;

	out->rc = rc;
	if (rc != RC_OK) {
		assert_null(page);
		return;
	}
	for (size_t i = 0; i < page->count; i++)
		size += page->docs[i].id.len + page->docs[i].value.len + page->docs[i].meta.by.len;
	buf_reserve(&out->bytes, size);
	out->docs = mem_array(page->count, sizeof(*out->docs));
	for (size_t i = 0; i < page->count; i++) {
		out->docs[i] = page->docs[i];
		out->docs[i].id.data = retention(&out->bytes, page->docs[i].id);
		out->docs[i].value.data = retention(&out->bytes, page->docs[i].value);
		out->docs[i].meta.by.data = retention(&out->bytes, page->docs[i].meta.by);
	}
	out->count = page->count;
	out->next = page->next;
	out->head = page->head;
	out->more = page->more;
	out->reset = page->reset;
	if (out->at)
		store_position_take(out->at, page);
}

static const struct kit_page *pull(struct kit *kit, const struct store_query *query,
				   struct store_position *at)
{
	clear_page(&kit->page);
	kit->page.rc = RC_COUNT;
	kit->page.at = at;
	store_changes(kit->reader, query, on_page, &kit->page);
	store_wait(kit->reader);
	assert_int_equal(kit->page.rc, RC_OK);
	return &kit->page;
}

const struct kit_page *kit_pull_bytes(struct kit *kit, const char *group, struct store_cursor since,
				      unsigned limit, size_t max_bytes)
{
	const struct store_query query = { .group = slice_of(group),
					   .since = since,
					   .limit = limit,
					   .max_bytes = max_bytes,
					   .meta = kit->wants_meta };

	return pull(kit, &query, NULL);
}

const struct kit_page *kit_pull_at(struct kit *kit, const char *group,
				   struct store_position *position, unsigned limit,
				   size_t max_bytes)
{
	struct store_query query = { .group = slice_of(group),
				     .limit = limit,
				     .max_bytes = max_bytes,
				     .meta = kit->wants_meta };

	store_position_ask(position, &query);
	return pull(kit, &query, position);
}

const struct kit_page *kit_pull(struct kit *kit, const char *group, struct store_cursor since,
				unsigned limit)
{
	return kit_pull_bytes(kit, group, since, limit, SIZE_MAX);
}

const struct kit_page *kit_versions(struct kit *kit, const char *id, uint64_t before,
				    unsigned limit)
{
	const struct store_versions query = {
		.id = slice_of(id), .before = before, .limit = limit, .max_bytes = SIZE_MAX
	};

	clear_page(&kit->page);
	kit->page.rc = RC_COUNT;
	store_versions(kit->reader, &query, on_page, &kit->page);
	store_wait(kit->reader);
	assert_int_equal(kit->page.rc, RC_OK);
	return &kit->page;
}

static void on_place(void *arg, enum rc rc, const struct store_cursor *place)
{
	assert_int_equal(rc, RC_OK);
	*(struct store_cursor *)arg = *place;
}

static void on_places(void *arg, enum rc rc, const struct store_places *places)
{
	assert_int_equal(rc, RC_OK);
	*(struct store_places *)arg = *places;
}

struct store_places kit_heads(struct store *store)
{
	struct store_places places = { .epoch = 0 };

	store_head(store, on_places, &places);
	store_wait(store);
	assert_int_not_equal(places.epoch, 0);
	assert_int_equal(places.lanes, store_lanes(store));
	return places;
}

struct store_cursor kit_head(struct store *store)
{
	const struct store_places heads = kit_heads(store);

	return store_places_in(&heads, 0);
}

uint64_t kit_latest(struct store *store, const char *group)
{
	struct store_cursor place = { .epoch = 0 };

	store_latest(store, slice_of(group), on_place, &place);
	store_wait(store);
	assert_int_equal(place.epoch, kit_head(store).epoch);
	return place.seq;
}

struct store_cursor kit_place(struct kit *kit, uint64_t seq)
{
	return (struct store_cursor){ .epoch = kit_head(kit->reader).epoch, .seq = seq };
}

/* ---- From outside ---- */

void kit_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	if (path[0] != '/') {
		(void)kit_postgres_ask(path, sql);
		return;
	}
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

const char *kit_ask(const char *path, const char *sql)
{
	static char answer[4096];
	sqlite3 *db;
	sqlite3_stmt *stmt;

	if (path[0] != '/')
		return kit_postgres_ask(path, sql);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	(void)snprintf(answer, sizeof(answer), "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return answer;
}
