/* How much there is: kept right through every kind of write (test_store_model.c does so
 * at random), and the same for all handles. */
#include "store_kit.h"

#include "store/sqlite/stats.h"

#include <string.h>
#include <sys/stat.h>

static void assert_counts(struct kit *kit, uint64_t documents, uint64_t tombstones)
{
	struct store_stats db_stats = kit_stats(kit->reader);

	assert_int_equal(db_stats.documents, documents);
	assert_int_equal(db_stats.tombstones, tombstones);
}

static void writes_are_counted(void **state)
{
	struct kit *kit = *state;

	assert_counts(kit, 0, 0);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:2", 0, "1");
	assert_counts(kit, 2, 0);
	kit_put(kit, "t:1", 1, "2");
	assert_counts(kit, 2, 0);
	kit_put(kit, "t:1", 2, NULL);
	assert_counts(kit, 1, 1);
	(void)kit_edit(kit, "t:1", 3, NULL, NULL); /* a deletion of what is deleted */
	assert_counts(kit, 1, 1);
	kit_put(kit, "t:1", 0, "3");
	assert_counts(kit, 2, 0);
	kit_put(kit, "t:2", 1, NULL);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_counts(kit, 1, 0);
	assert_int_equal(kit_purge(kit, KIT_LATER), 0);
	assert_counts(kit, 1, 0);
}

static void what_writes_nothing_counts_nothing(void **state)
{
	struct kit *kit = *state;
	const struct store_edit edits[] = { kit_edit_of("t:new", 0, NULL, "1"),
					    kit_edit_of("t:1", 7, NULL, NULL) };
	const struct store_request atomic = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .atomic = true
	};

	kit_put(kit, "t:1", 0, "1");
	(void)kit_edit(kit, "t:1", 5, NULL, NULL);  /* a conflict */
	(void)kit_edit(kit, "t:no", 0, NULL, NULL); /* a deletion of what is not there */
	(void)kit_edit(kit, "t:2", 0, "op", "1");
	(void)kit_edit(kit, "t:2", 0, "op", "1"); /* the same again */
	assert_int_equal(kit_commit(kit, &atomic, 1), RC_OK);
	assert_counts(kit, 2, 0);
}

static void the_numbers_outlive_the_handle(void **state)
{
	struct kit *kit = *state;
	struct store_stats before, after;

	kit_put(kit, "t:1", 0, "1");
	(void)kit_edit(kit, "t:2", 0, NULL, NULL);
	kit_put(kit, "t:3", 0, "1");
	kit_put(kit, "t:3", 1, NULL);
	before = kit_stats(kit->writer);
	kit_close(kit);
	kit_open(kit);
	after = kit_stats(kit->reader);
	assert_int_equal(after.documents, 1);
	assert_int_equal(after.tombstones, 1);
	assert_int_equal(after.head.seq, before.head.seq);
	assert_int_equal(after.head.epoch, before.head.epoch);
}

static void sizes_of_files(void **state)
{
	struct kit *kit = *state;
	struct store_stats db_stats;
	struct stat file, log;

	KIT_FILE_ONLY(kit);
	for (uint64_t i = 0; i < 5; i++)
		kit_put(kit, "t:1", i, "1");
	db_stats = kit_stats(kit->writer);
	assert_int_equal(stat(kit_file(kit, "test.db"), &file), 0);
	assert_int_equal(db_stats.own[SQLITE_OWN_DATABASE_BYTES], file.st_size);
	assert_int_equal(stat(kit_file(kit, "test.db-wal"), &log), 0);
	assert_int_equal(db_stats.own[SQLITE_OWN_WAL_BYTES], log.st_size);
	assert_int_not_equal(db_stats.own[SQLITE_OWN_WAL_BYTES], 0);
	assert_int_equal(kit_stats(kit->reader).own[SQLITE_OWN_DATABASE_BYTES],
			 db_stats.own[SQLITE_OWN_DATABASE_BYTES]);
}

static void maintenance_is_counted(void **state)
{
	struct kit *kit = *state;
	static char value[8001];

	KIT_FILE_ONLY(kit);
	memset(value, '1', sizeof(value) - 1);
	assert_int_equal(kit_stats(kit->writer).maintained, 0);
	for (uint64_t i = 0; i < 600; i++) {
		kit_put(kit, "t:1", i, value);
		assert_int_equal(store_maintain(kit->writer), RC_OK);
	}
	assert_in_range(kit_stats(kit->writer).maintained, 1, 599);
}

/* The client of a small push waits for one large commit before it, and not for the
 * checkpoint of that one besides. */
static void large_commits_are_copied_after_a_small_one(void **state)
{
	struct kit *kit = *state;
	static char value[1 << 20];

	KIT_FILE_ONLY(kit);
	memset(value, '1', sizeof(value) - 1);
	kit_put(kit, "t:1", 0, value);
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	kit_put(kit, "t:2", 0, value);
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	assert_int_equal(kit_stats(kit->writer).maintained, 0);
	kit_put(kit, "t:3", 0, "1");
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	assert_int_equal(kit_stats(kit->writer).maintained, 1);
	kit_put(kit, "t:4", 0, "1");
	assert_int_equal(store_maintain(kit->writer), RC_OK);
	assert_int_equal(kit_stats(kit->writer).maintained, 1);
}

static void on_counts(void *arg, enum rc rc, const struct store_stats_full *counts)
{
	assert_int_equal(rc, RC_OK);
	*(struct store_stats_full *)arg = *counts;
}

static void everything_is_counted(void **state)
{
	struct kit *kit = *state;
	struct store_stats_full counts = { .groups = 9, .tokens = 9 };
	struct store_grant grant = { .group = slice_of("*") };
	const struct store_request add = {
		.kind = STORE_TOKEN_ADD,
		.token = { .id = slice_of("00000000000000aa"),
			   .user = slice_of("ann"),
			   .grants = &grant,
			   .grant_count = 1 },
	};

	store_stats_full(kit->reader, on_counts, &counts);
	store_wait(kit->reader);
	assert_int_equal(counts.groups, 0);
	assert_int_equal(counts.tokens, 0);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:u:1", 0, "1");
	(void)kit_edit(kit, "t:u:1", 1, NULL, NULL);
	assert_int_equal(kit_commit(kit, &add, 1), RC_OK);
	store_stats_full(kit->reader, on_counts, &counts);
	store_wait(kit->reader);
	assert_int_equal(counts.groups, 2);
	assert_int_equal(counts.documents, 1);
	assert_int_equal(counts.tombstones, 1);
	assert_int_equal(counts.head, 3);
	assert_int_equal(counts.epoch, kit_head(kit->reader).epoch);
	assert_int_equal(counts.tokens, 1);
}

/* Counting would take time in proportion to the database; check does it. */
static void documents_are_not_counted(void **state)
{
	struct kit *kit = *state;
	struct store_stats_full counts = { .groups = 9 };

	kit_put(kit, "t:1", 0, "1");
	kit_sql(kit->path, kit_is_file(kit) ? "UPDATE meta SET documents = 70, tombstones = 7"
					    : "UPDATE change SET documents = 70, tombstones = 7");
	store_stats_full(kit->reader, on_counts, &counts);
	store_wait(kit->reader);
	assert_int_equal(counts.documents, 70);
	assert_int_equal(counts.tombstones, 7);
	assert_int_equal(counts.groups, 1);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(writes_are_counted),
		KIT_TEST(what_writes_nothing_counts_nothing),
		KIT_TEST(the_numbers_outlive_the_handle),
		KIT_TEST(sizes_of_files),
		KIT_TEST(maintenance_is_counted),
		KIT_TEST(large_commits_are_copied_after_a_small_one),
		KIT_TEST(everything_is_counted),
		KIT_TEST(documents_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
