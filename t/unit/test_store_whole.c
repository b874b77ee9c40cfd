/* A whole database at one moment: copied, scanned, checked and renewed while its writer
 * goes on; a set of ids. */
#include "store_kit.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MANY 2000

/* Enough for several steps of a copy; every third value lies in the table of large
 * ones. */
static void fill(struct kit *kit)
{
	char *large = mem_alloc(9002);
	char id[32];

	memset(large, 'x', 9001);
	large[0] = large[9000] = '"';
	large[9001] = '\0';
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "%s:%d", i % 2 ? "odd" : "even", i);
		kit_put(kit, id, 0, i % 3 ? "1" : large);
	}
	kit_edit(kit, "odd:1", 1, NULL, NULL);
	free(large);
}

static int make_target(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

/* ---- Copies ---- */

struct disturbance {
	struct kit *kit;
	unsigned steps;
};

static void on_quiet_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	assert_true(total == 0 || done <= total);
}

/* Commits and copies the log into the database between any two steps. */
static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct disturbance *disturbance = arg;
	char id[32];

	if (strcmp(what, "copying") != 0)
		return;
	assert_true(done <= total);
	(void)snprintf(id, sizeof(id), "late:%u", disturbance->steps++);
	kit_put(disturbance->kit, id, 0, "\"after the copy began\"");
	kit_edit(disturbance->kit, "even:0", disturbance->steps, NULL, "\"changed\"");
	assert_int_equal(store_maintain(disturbance->kit->writer), RC_OK);
}

static void a_copy_is_of_the_moment_it_began(void **state)
{
	struct kit *kit = *state;
	struct disturbance disturbance = { .kit = kit };
	struct store_stats_full tally;
	struct error err = { "" };
	const char *copy;
	int target;

	KIT_FILE_ONLY(kit);
	fill(kit);
	target = make_target(kit_file(kit, "other"));
	if (store_copy(kit->path, target, on_progress, &disturbance, &tally, &err) != RC_OK)
		fail_msg("%s", err.text);
	close(target);
	assert_true(disturbance.steps > 2);
	assert_int_equal(tally.documents, MANY - 1);
	assert_int_equal(tally.tombstones, 1);
	assert_int_equal(tally.groups, 2);
	assert_int_equal(tally.head, MANY + 1);
	copy = kit_file(kit, "other");
	assert_string_equal(kit_ask(copy, "SELECT count(*) FROM doc WHERE id LIKE 'late:%'"), "0");
	assert_string_equal(kit_ask(copy, "SELECT version FROM doc WHERE id = 'even:0'"), "1");
	assert_string_equal(kit_ask(copy, "SELECT seq FROM meta"), "2001");
	assert_string_equal(kit_ask(copy, "PRAGMA integrity_check"), "ok");
	/* One file, with no log beside it. */
	assert_string_equal(kit_ask(copy, "PRAGMA journal_mode"), "delete");
	/* The database has all that was written meanwhile. */
	assert_string_equal(kit_ask(kit->path, "SELECT value FROM doc WHERE id = 'even:0'"),
			    "\"changed\"");
}

static void assert_not_copied(struct kit *kit, const char *from, enum rc wanted)
{
	char path[160];
	struct store_stats_full tally;
	struct error err = { "" };
	int target;

	(void)snprintf(path, sizeof(path), "%s", kit_file(kit, "other"));
	target = make_target(path);
	assert_int_equal(store_copy(from, target, on_quiet_progress, NULL, &tally, &err), wanted);
	assert_true(err.text[0] != '\0');
	close(target);
	assert_int_equal(unlink(path), 0);
}

static void what_is_damaged_is_not_copied(void **state)
{
	struct kit *kit = *state;
	char page[4096];
	int fd;

	KIT_FILE_ONLY(kit);
	fill(kit);
	kit_close(kit);
	memset(page, 0x55, sizeof(page));
	fd = open(kit->path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, page, sizeof(page), 20 * (off_t)sizeof(page)), sizeof(page));
	close(fd);
	assert_not_copied(kit, kit->path, RC_CORRUPT);
	assert_int_equal(truncate(kit->path, 0), 0);
	assert_not_copied(kit, kit->path, RC_NOT_FOUND);
	assert_int_equal(unlink(kit->path), 0);
	assert_not_copied(kit, kit->path, RC_NOT_FOUND);
}

static void an_epoch_that_is_renewed_is_another(void **state)
{
	struct kit *kit = *state;
	struct store_cursor before = kit_head(kit->reader), after;

	assert_int_equal(store_new_epoch(kit->writer, kit->path, NULL), RC_OK);
	after = kit_head(kit->reader);
	assert_true(after.epoch != 0 && after.epoch != before.epoch);
	assert_int_equal(after.seq, before.seq);
}

static void a_retired_place_has_everything_in_its_file(void **state)
{
	struct kit *kit = *state;

	KIT_FILE_ONLY(kit);
	kit_put(kit, "t:1", 0, "\"in the log\"");
	/* As if both had been killed: the log stays. */
	assert_int_equal(store_close_for_replace(kit_file(kit, "other"), NULL), RC_OK);
	kit_close(kit);
	assert_int_equal(store_close_for_replace(kit->path, NULL), RC_OK);
	assert_int_equal(access(kit_file(kit, "test.db-wal"), F_OK), -1);
	assert_int_equal(access(kit_file(kit, "test.db-shm"), F_OK), -1);
	assert_string_equal(kit_ask(kit->path, "SELECT value FROM doc"), "\"in the log\"");
}

/* ---- Scans ---- */

struct seen {
	struct kit *kit; /* NULL: nothing is written meanwhile */
	char ids[256];
	unsigned count;
	enum rc answer;
	size_t stop_at;
};

static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->ids);

	seen->count++;
	if (len + doc->id.len + 12 < sizeof(seen->ids))
		(void)snprintf(seen->ids + len, sizeof(seen->ids) - len, "%s%.*s%s", len ? " " : "",
			       (int)doc->id.len, doc->id.data, doc->deleted ? "!" : "");
	assert_int_equal(doc->value.len == 0, doc->deleted);
	if (seen->kit) {
		char id[32];

		(void)snprintf(id, sizeof(id), "z:%u", seen->count);
		kit_put(seen->kit, id, 0, "1");
		assert_int_equal(store_maintain(seen->kit->writer), RC_OK);
	}
	return seen->count == seen->stop_at ? RC_FULL : RC_OK;
}

static void assert_scan(struct kit *kit, struct store_scan scan, const char *wanted)
{
	struct seen seen = { .kit = NULL };

	assert_int_equal(store_scan(kit->reader, &scan, on_doc, &seen), RC_OK);
	assert_string_equal(seen.ids, wanted);
}

static void a_scan_takes_groups_and_orders(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "b:2", 0, "1");
	kit_put(kit, "a:c:1", 0, "1");
	kit_put(kit, "a:9", 0, "1");
	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "ab:1", 0, "1");
	kit_put(kit, "b:1", 0, "1");
	kit_edit(kit, "b:2", 1, NULL, NULL);
	assert_scan(kit, (struct store_scan){ .group = slice_of("") },
		    "a:9 a:1 a:c:1 ab:1 b:1 b:2!");
	assert_scan(kit, (struct store_scan){ .group = slice_of(""), .by_id = true },
		    "a:1 a:9 a:c:1 ab:1 b:1 b:2!");
	assert_scan(kit, (struct store_scan){ .group = slice_of(""), .no_tombstones = true },
		    "a:9 a:1 a:c:1 ab:1 b:1");
	assert_scan(kit, (struct store_scan){ .group = slice_of("a"), .by_id = true },
		    "a:1 a:9 a:c:1");
	assert_scan(kit, (struct store_scan){ .group = slice_of("a:c") }, "a:c:1");
	assert_scan(kit, (struct store_scan){ .group = slice_of("c") }, "");
}

static void a_scan_is_of_one_moment(void **state)
{
	struct kit *kit = *state;
	struct seen seen = { .kit = kit };

	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "b:1", 0, "1");
	assert_int_equal(store_scan(kit->reader, &(struct store_scan){ .group = slice_of("") },
				    on_doc, &seen),
			 RC_OK);
	assert_string_equal(seen.ids, "a:1 b:1");
	assert_scan(kit, (struct store_scan){ .group = slice_of("z") }, "z:1 z:2");
}

static void a_scan_stops_on_request(void **state)
{
	struct kit *kit = *state;
	struct seen seen = { .stop_at = 1 };

	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "a:2", 0, "1");
	assert_int_equal(store_scan(kit->reader, &(struct store_scan){ .group = slice_of("") },
				    on_doc, &seen),
			 RC_FULL);
	assert_int_equal(seen.count, 1);
	/* And leaves nothing open behind it. */
	assert_scan(kit, (struct store_scan){ .group = slice_of("") }, "a:1 a:2");
}

static enum rc on_found(void *arg, const struct store_doc *doc)
{
	(void)snprintf(arg, 64, "%.*s %llu %s %.*s", (int)doc->id.len, doc->id.data,
		       (unsigned long long)doc->version, doc->deleted ? "deleted" : "alive",
		       doc->value.len > 8 ? 8 : (int)doc->value.len, doc->value.data);
	return RC_OK;
}

static void one_is_found_by_its_id(void **state)
{
	struct kit *kit = *state;
	char found[64] = "";

	fill(kit);
	assert_int_equal(store_find(kit->reader, slice_of("even:0"), on_found, found), RC_OK);
	assert_string_equal(found, "even:0 1 alive \"xxxxxxx");
	assert_int_equal(store_find(kit->reader, slice_of("odd:1"), on_found, found), RC_OK);
	assert_string_equal(found, "odd:1 2 deleted ");
	assert_int_equal(store_find(kit->reader, slice_of("odd:0"), on_found, found), RC_NOT_FOUND);
	assert_int_equal(store_find(kit->reader, slice_of("none:0"), on_found, found),
			 RC_NOT_FOUND);
	/* A value that is missing is not passed off as an empty one. */
	kit_sql(kit->path, kit_is_file(kit) ? "DELETE FROM large" : "UPDATE doc SET value = NULL");
	assert_int_equal(store_find(kit->reader, slice_of("even:0"), on_found, found), RC_CORRUPT);
}

/* ---- Checks ---- */

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	fail_msg("%.*s: %.*s", (int)place.len, place.data, (int)what.len, what.data);
}

static void what_the_writer_leaves_is_whole(void **state)
{
	struct kit *kit = *state;
	const struct store_check check = { .on_fault = on_fault, .on_progress = on_quiet_progress };
	struct store_stats_full tally;

	fill(kit);
	assert_int_equal(store_check(kit->path, &check, &tally, NULL), RC_OK);
	assert_int_equal(tally.documents, MANY - 1);
	kit_purge(kit, KIT_LATER);
	assert_int_equal(store_check(kit->path, &check, &tally, NULL), RC_OK);
	assert_int_equal(tally.tombstones, 0);
}

/* ---- Ids ---- */

static void ids_are_remembered_with_their_first_number(void **state)
{
	struct store_ids *ids;
	uint64_t first;
	char id[64];

	(void)state;
	assert_int_equal(store_ids_new("test.db", &ids, NULL), RC_OK);
	for (uint64_t round = 0; round < 2; round++) {
		for (uint64_t i = 1; i <= 20000; i++) {
			(void)snprintf(id, sizeof(id), "some:group:of:a:long:name:%llu",
				       (unsigned long long)(i * 7919 % 20011));
			assert_int_equal(
				store_ids_add(ids, slice_of(id), i + round * 100000, &first, NULL),
				RC_OK);
			assert_int_equal(first, i);
		}
	}
	assert_int_equal(store_ids_add(ids, slice_make("a\0b", 3), 1, &first, NULL), RC_OK);
	assert_int_equal(store_ids_add(ids, slice_make("a\0c", 3), 2, &first, NULL), RC_OK);
	assert_int_equal(first, 2);
	store_ids_free(ids);
	store_ids_free(NULL);
}

#define KIT_TEST(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(a_copy_is_of_the_moment_it_began),
		KIT_TEST(what_is_damaged_is_not_copied),
		KIT_TEST(an_epoch_that_is_renewed_is_another),
		KIT_TEST(a_retired_place_has_everything_in_its_file),
		KIT_TEST(a_scan_takes_groups_and_orders),
		KIT_TEST(a_scan_is_of_one_moment),
		KIT_TEST(a_scan_stops_on_request),
		KIT_TEST(one_is_found_by_its_id),
		KIT_TEST(what_the_writer_leaves_is_whole),
		cmocka_unit_test(ids_are_remembered_with_their_first_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
