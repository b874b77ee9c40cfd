/* Disks that fail: errors, the database afterwards, recovery. */
#include "disk_kit.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static enum rc try_write(struct kit *kit, const char *id)
{
	struct store_edit edit = kit_edit_of(id, 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };

	return kit_commit(kit, &request, 1);
}

/* ---- Commits ---- */

static void every_commit_is_synced(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 0; i < 5; i++) {
		unsigned before = disk.syncs;
		char id[16];

		(void)snprintf(id, sizeof(id), "t:%u", i);
		kit_put(kit, id, 0, "1");
		assert_true(disk.syncs > before);
	}
}

static void failed_sync_is_no_success(void **state)
{
	struct kit *kit = *state;
	uint64_t seq;

	kit_put(kit, "t:1", 0, "1");
	disk.log_sync = SQLITE_IOERR_FSYNC;
	assert_int_equal(try_write(kit, "t:2"), RC_SYNC_FAILED);
	disk.log_sync = SQLITE_OK;
	/* The outcome is what the next process finds; what was answered is there in any
	 * case. */
	kit_close(kit);
	kit_open(kit);
	seq = kit_head(kit->reader).seq;
	assert_true(seq == 1 || seq == 2);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 10)->count, seq);
}

static void failed_write_of_the_log(void **state)
{
	struct kit *kit = *state;

	static const struct {
		int error;
		enum rc rc;
	} failures[] = {
		{ EIO, RC_IO }, { EROFS, RC_READ_ONLY }, { EDQUOT, RC_FULL }, { EFBIG, RC_FULL }
	};

	kit_put(kit, "t:1", 0, "1");
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		disk.log_write = SQLITE_IOERR_WRITE;
		disk.error = failures[i].error;
		assert_int_equal(try_write(kit, "t:2"), failures[i].rc);
		assert_int_equal(kit_head(kit->reader).seq, i + 1);
		disk.log_write = SQLITE_OK;
		assert_int_equal(kit_edit(kit, "t:1", i + 1, NULL, "1").status, STORE_OK);
	}
	disk.log_write = SQLITE_IOERR_WRITE;
	assert_int_equal(try_write(kit, "t:2"), RC_FULL);
	disk.log_write = SQLITE_OK;
	kit_close(kit);
	kit_open(kit);
	assert_int_equal(kit_head(kit->reader).seq, 5);
}

/* The log's pages are on the disk when its index finds no room: whether that commit
 * will be found is open. */
static void index_without_room(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "1");
	disk.grow = SQLITE_IOERR_SHMSIZE;
	disk.error = ENOSPC;
	for (uint64_t i = 1; disk.grow; i++) {
		struct store_edit edit = kit_edit_of("t:1", i, NULL, "1");
		struct store_request request = { .kind = STORE_PUSH,
						 .edits = &edit,
						 .edit_count = 1 };
		enum rc rc = kit_commit(kit, &request, 1);

		if (rc != RC_OK) {
			assert_int_equal(rc, RC_SYNC_FAILED);
			/* There was room for the index of a log as long as they are cut
			 * at, twice over. */
			assert_true(i > 2000);
			disk.grow = SQLITE_OK;
		}
	}
}

static void full_disk_may_be_tried_again(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "1");
	disk.log_write = SQLITE_FULL;
	assert_int_equal(try_write(kit, "t:2"), RC_FULL);
	assert_int_equal(try_write(kit, "t:2"), RC_FULL);
	assert_int_equal(kit_head(kit->reader).seq, 1);
	disk.log_write = SQLITE_OK;
	assert_int_equal(kit_put(kit, "t:2", 0, "1"), 2);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 2);
}

/* ---- The log ---- */

/* Writes documents of three pages each, so many bytes of them. */
static void grow_log(struct kit *kit, const char *group, off_t bytes)
{
	static char value[8001];

	memset(value, '1', sizeof(value) - 1);
	for (off_t written = 0; written < bytes; written += 3 * 4096) {
		char id[32];

		(void)snprintf(id, sizeof(id), "%s:%lld", group, (long long)written);
		(void)kit_put(kit, id, 0, value);
	}
}

static sqlite3 *begin_reading(struct kit *kit)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(kit->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM doc", NULL, NULL, NULL),
			 SQLITE_OK);
	return db;
}

static void end_reading(sqlite3 *db)
{
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void copy_file(struct kit *kit, const char *from, const char *to)
{
	char command[512];

	/* In another process: closing a file of its own here would drop the locks on
	 * it. */
	(void)snprintf(command, sizeof(command), "cat %s/%s >%s/%s", kit->dir, from, kit->dir, to);
	assert_int_equal(system(command), 0);
}

/* Copies that were not synced yet when a sync failed may be gone, whatever the next
 * sync says. */
static void lost_copies_are_made_again(void **state)
{
	struct kit *kit = *state;
	sqlite3 *reader;

	copy_file(kit, "test.db", "other"); /* what the disk has */
	grow_log(kit, "early", 8 << 20);
	reader = begin_reading(kit);
	grow_log(kit, "late", 8 << 20);
	assert_int_equal(store_maintain(kit->writer),
			 RC_OK); /* copies what the reader does not need, without a sync */
	end_reading(reader);
	grow_log(kit, "later", 8 << 20);
	disk.db_sync = SQLITE_IOERR_FSYNC;
	assert_int_equal(store_maintain(kit->writer), RC_SYNC_FAILED);
	disk.db_sync = SQLITE_OK;
	store_close(kit->writer);
	copy_file(kit, "other", "test.db");

	assert_int_equal(store_open(kit->path, STORE_WRITER, &kit->writer, NULL), RC_OK);
	grow_log(kit, "latest", 8 << 20);
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	kit_close(kit);
	assert_string_equal(kit_ask(kit->path, "PRAGMA integrity_check"), "ok");
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) = max(doc.seq) FROM doc"), "1");
}

static void a_reader_that_stays_holds_the_log_no_longer_than_it_stays(void **state)
{
	struct kit *kit = *state;
	sqlite3 *reader;

	for (unsigned i = 0; i < 10; i++) {
		char group[16];

		(void)snprintf(group, sizeof(group), "calm%u", i);
		grow_log(kit, group, 5 << 20);
		assert_int_equal(store_maintain(kit->writer), RC_OK);
	}
	(void)kit_put(kit, "t:0", 0, "1"); /* the commit that truncates it */
	assert_true(kit_size(kit, "test.db-wal") < 20 << 20);
	reader = begin_reading(kit);
	grow_log(kit, "held", 40 << 20);
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	assert_true(kit_size(kit, "test.db-wal") >= 40 << 20);
	end_reading(reader);
	grow_log(kit, "free", 5 << 20);
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	(void)kit_put(kit, "t:1", 0, "1");
	assert_true(kit_size(kit, "test.db-wal") <= 17 << 20);
}

/* A full disk: what the log takes already is used once more. */
static void room_in_the_log_is_used(void **state)
{
	struct kit *kit = *state;

	grow_log(kit, "t", 1 << 20);
	disk.log_limit = kit_size(kit, "test.db-wal");
	grow_log(kit, "u", 512 << 10);
	assert_int_equal(kit_size(kit, "test.db-wal"), disk.log_limit);
}

static void on_any_page(void *arg, enum rc rc, const struct store_page *page)
{
	(void)arg;
	(void)page;
	assert_int_equal(rc, RC_OK);
}

static void on_any_places(void *arg, enum rc rc, const struct store_places *places)
{
	(void)arg;
	(void)places;
	assert_int_equal(rc, RC_OK);
}

static void on_any_place(void *arg, enum rc rc, const struct store_cursor *place)
{
	(void)arg;
	(void)place;
	assert_int_equal(rc, RC_OK);
}

static void on_any_token(void *arg, enum rc rc, const struct store_token *token)
{
	(void)arg;
	(void)token;
	assert_int_equal(rc, RC_NOT_FOUND);
}

static void read_something(struct kit *kit, unsigned what)
{
	struct store_query query = { .group = { "t", 1 }, .limit = 3, .max_bytes = 20000 };

	if (what == 0)
		store_changes(kit->reader, &query, on_any_page, NULL);
	else if (what == 1)
		store_latest(kit->reader, slice_of("t"), on_any_place, NULL);
	else if (what == 2)
		store_head(kit->reader, on_any_places, NULL);
	else
		store_token_find(kit->reader, slice_of("0123456789abcdef"), on_any_token, NULL);
}

/* No reader of ours is left in the log when its call has returned, with more to come or
 * not. */
static void no_reader_stays(void **state)
{
	struct kit *kit = *state;
	sqlite3 *other;

	for (unsigned what = 0; what < 4; what++) {
		char group[8];

		(void)snprintf(group, sizeof(group), "t:%u", what);
		grow_log(kit, group, 64 << 10);
		read_something(kit, what);
		assert_int_equal(sqlite3_open(kit->path, &other), SQLITE_OK);
		assert_int_equal(sqlite3_exec(other, "SELECT * FROM meta", NULL, NULL, NULL),
				 SQLITE_OK);
		assert_int_equal(sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_TRUNCATE,
							   NULL, NULL),
				 SQLITE_OK);
		assert_int_equal(sqlite3_close(other), SQLITE_OK);
		assert_int_equal(kit_size(kit, "test.db-wal"), 0);
	}
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, disk_setup, disk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(every_commit_is_synced),
		DISK_TEST(failed_sync_is_no_success),
		DISK_TEST(failed_write_of_the_log),
		DISK_TEST(index_without_room),
		DISK_TEST(full_disk_may_be_tried_again),
		DISK_TEST(lost_copies_are_made_again),
		DISK_TEST(a_reader_that_stays_holds_the_log_no_longer_than_it_stays),
		DISK_TEST(room_in_the_log_is_used),
		DISK_TEST(no_reader_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
