/* What the disk changes in a stored document is noticed, and not served; its neighbours
 * are; and a write mends it. */
#include "store_kit.h"

#include "store/sqlite/checksum.h"
#include "store/store_admin.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char large[3001] = "\"LARGE";

static void fill(struct kit *kit)
{
	memset(large + 6, 'x', sizeof(large) - 8);
	large[sizeof(large) - 2] = '"';
	kit_open(kit);
	kit_put(kit, "t:1", 0, "\"first\"");
	(void)kit_edit(kit, "t:2", 0, "op", "\"SMALL\"");
	kit_put(kit, "t:3", 0, large);
	kit_put(kit, "t:4", 0, "\"last\"");
	kit_close(kit);
}

/* Changes one bit of the first place in the file where this text lies. */
static void flip(const struct kit *kit, const char *text)
{
	char *bytes = malloc((size_t)kit_size(kit, "test.db")), *found;
	int fd = open(kit->path, O_RDWR | O_CLOEXEC);
	ssize_t len = read(fd, bytes, (size_t)kit_size(kit, "test.db"));

	assert_true(len > 0);
	found = memmem(bytes, (size_t)len, text, strlen(text));
	assert_non_null(found);
	*found ^= 1;
	assert_int_equal(pwrite(fd, found, 1, found - bytes), 1);
	(void)close(fd);
	free(bytes);
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "%.*s: %.*s\n", (int)place.len, place.data,
		       (int)what.len, what.data);
	(void)strcat(arg, text);
}

static void no_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

/* store_check reports this, and nothing else about documents. */
static void check_finds(const struct kit *kit, const char *fault)
{
	char faults[4096] = "";
	const struct store_check check = { .on_fault = on_fault,
					   .on_progress = no_progress,
					   .arg = faults };
	struct store_stats_full stats;
	struct error err;

	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_OK);
	assert_non_null(strstr(faults, fault));
	assert_null(strstr(faults, "t:1: "));
	assert_null(strstr(faults, "t:4: "));
}

/* A pull has all documents, and only the one at this place is damaged. */
static void pull_has_damaged(struct kit *kit, size_t at, uint64_t version)
{
	const struct kit_page *page = kit_pull(kit, "t", kit_place(kit, 0), 10);

	assert_int_equal(page->count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(page->docs[i].damaged, i == at);
		assert_int_equal(page->docs[i].value.len == 0, i == at);
	}
	assert_int_equal(page->docs[at].version, version);
	assert_false(page->more);
}

static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	(void)arg;
	(void)doc;
	return RC_OK;
}

static void is_mended_by_a_write(struct kit *kit, const char *id, uint64_t version)
{
	struct store_result result = kit_edit(kit, id, 77, NULL, "\"new\"");

	assert_int_equal(result.status, STORE_CONFLICT);
	assert_true(result.damaged);
	assert_int_equal(result.version, version);
	assert_int_equal(result.value.len, 0);
	assert_int_equal(store_find(kit->reader, slice_of(id), on_doc, NULL), RC_CORRUPT);
	result = kit_edit(kit, id, version, NULL, "\"new\"");
	assert_int_equal(result.status, STORE_OK);
	assert_int_equal(result.version, version + 1);
	assert_int_equal(store_find(kit->reader, slice_of(id), on_doc, NULL), RC_OK);
}

static void nothing_is_damaged(struct kit *kit)
{
	char faults[4096] = "";
	const struct store_check check = { .on_fault = on_fault,
					   .on_progress = no_progress,
					   .arg = faults };
	struct store_stats_full stats;
	struct error err;

	kit_close(kit);
	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_OK);
	assert_string_equal(faults, "");
}

static void a_bit_of_a_value(void **state)
{
	struct kit *kit = *state;

	fill(kit);
	flip(kit, "SMALL");
	check_finds(kit, "t:2: has changed since it was written");
	kit_open(kit);
	pull_has_damaged(kit, 1, 1);
	is_mended_by_a_write(kit, "t:2", 1);
	nothing_is_damaged(kit);
}

static void a_bit_of_a_large_value(void **state)
{
	struct kit *kit = *state;

	fill(kit);
	flip(kit, "LARGE");
	check_finds(kit, "t:3: has changed since it was written");
	kit_open(kit);
	pull_has_damaged(kit, 2, 1);
	is_mended_by_a_write(kit, "t:3", 1);
	nothing_is_damaged(kit);
}

static void a_version_or_an_op(void **state)
{
	struct kit *kit = *state;

	fill(kit);
	kit_sql(kit->path, "UPDATE doc SET version = 5 WHERE id = 't:2'");
	check_finds(kit, "t:2: has changed since it was written");
	kit_open(kit);
	pull_has_damaged(kit, 1, 5);
	is_mended_by_a_write(kit, "t:2", 5);
	nothing_is_damaged(kit);
	kit_sql(kit->path, "UPDATE doc SET op = 'other' WHERE id = 't:3'");
	kit_open(kit);
	/* That is not the op of this edit: it is written. */
	assert_int_equal(kit_edit(kit, "t:3", 1, "other", "\"new\"").version, 2);
	nothing_is_damaged(kit);
	/* No number of a client. */
	kit_sql(kit->path, "UPDATE doc SET version = -1 WHERE id = 't:2'");
	kit_open(kit);
	assert_true(kit_pull(kit, "t", kit_place(kit, 0), 10)->docs[2].damaged);
	assert_int_equal(kit->page.docs[2].version, 0);
	assert_int_equal(kit_edit(kit, "t:2", 0, NULL, "\"new\"").version, 1);
	nothing_is_damaged(kit);
}

static void a_write_that_is_sent_again_mends(void **state)
{
	struct kit *kit = *state;

	fill(kit);
	flip(kit, "SMALL");
	kit_open(kit);
	assert_int_equal(kit_edit(kit, "t:2", 0, "op", "\"SMALL\"").version, 2);
	/* And is as safe as ever. */
	assert_int_equal(kit_edit(kit, "t:2", 0, "op", "\"SMALL\"").version, 2);
	nothing_is_damaged(kit);
}

static void a_deletion(void **state)
{
	struct kit *kit = *state;

	fill(kit);
	kit_open(kit);
	(void)kit_edit(kit, "t:2", 1, NULL, NULL);
	kit_close(kit);
	kit_sql(kit->path, "UPDATE doc SET deleted_at = deleted_at + 1 WHERE id = 't:2'");
	kit_open(kit);
	assert_true(kit_pull(kit, "t", kit_place(kit, 4), 10)->docs[0].damaged);
	assert_int_equal(kit_edit(kit, "t:2", 2, NULL, NULL).version, 3);
	nothing_is_damaged(kit);
}

/* As a migration leaves it that met it damaged. */
static void a_tombstone_with_a_value(void **state)
{
	struct kit *kit = *state;
	const struct checksum_of of = { .seq = 5,
					.id = slice_of("t:2"),
					.version = 2,
					.is_deleted = true,
					.deleted_at = 1,
					.op = slice_of(""),
					.value = slice_of("\"x\"") };
	char sql[200];

	fill(kit);
	kit_open(kit);
	(void)kit_edit(kit, "t:2", 1, NULL, NULL);
	kit_close(kit);
	(void)snprintf(sql, sizeof(sql),
		       "UPDATE doc SET value = '\"x\"', plain = 0, op = '', deleted_at = 1, "
		       "sum = %" PRId64 " WHERE id = 't:2'",
		       checksum_make(&of));
	kit_sql(kit->path, sql);
	kit_open(kit);
	assert_true(kit_pull(kit, "t", kit_place(kit, 4), 10)->docs[0].damaged);
	assert_int_equal(store_find(kit->reader, slice_of("t:2"), on_doc, NULL), RC_CORRUPT);
	assert_int_equal(kit_edit(kit, "t:2", 2, NULL, NULL).version, 3);
	nothing_is_damaged(kit);
}

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	(void)page;
	*(enum rc *)arg = rc;
}

/* Exchanges the second and the third row of the leaf that has this text. */
static void exchange_rows(const struct kit *kit, const char *text)
{
	const size_t page_size = 4096, pointers = 8; /* SQLite's file format, 1.6 */
	char *bytes = malloc((size_t)kit_size(kit, "test.db")), *page, swapped[4];
	int fd = open(kit->path, O_RDWR | O_CLOEXEC);
	ssize_t len = read(fd, bytes, (size_t)kit_size(kit, "test.db"));
	char *found = len > 0 ? memmem(bytes, (size_t)len, text, strlen(text)) : NULL;

	assert_non_null(found);
	page = bytes + (size_t)(found - bytes) / page_size * page_size;
	assert_int_equal(page[0], 10); /* a leaf of a table without row ids */
	memcpy(swapped, page + pointers + 4, 2);
	memcpy(swapped + 2, page + pointers + 2, 2);
	assert_int_equal(pwrite(fd, swapped, 4, page + pointers + 2 - bytes), 4);
	(void)close(fd);
	free(bytes);
}

/* No page ends with a cursor that leads back. */
static void rows_out_of_order(void **state)
{
	struct kit *kit = *state;
	struct store_query query = { .group = slice_of("t"), .max_bytes = 1000 };
	enum rc rc = RC_COUNT;

	fill(kit);
	exchange_rows(kit, "SMALL");
	kit_open(kit);
	query.since = kit_place(kit, 1);
	for (query.limit = 1; query.limit < 4; query.limit++) {
		store_changes(kit->reader, &query, on_page, &rc);
		store_wait(kit->reader);
		assert_int_equal(rc, RC_CORRUPT);
	}
}

/* Nobody could ask for it: it is left out. */
static void an_id_that_is_none(void **state)
{
	struct kit *kit = *state;
	const struct kit_page *page;

	fill(kit);
	kit_sql(kit->path, "UPDATE doc SET id = CAST(x'743aff' AS TEXT) WHERE id = 't:2'");
	kit_open(kit);
	page = kit_pull(kit, "t", kit_place(kit, 0), 10);
	assert_int_equal(page->count, 3);
	assert_memory_equal(page->docs[1].id.data, "t:3", 3);
	assert_false(page->more);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 1)->docs[0].version, 1);
	kit_close(kit);
	kit_sql(kit->path, "UPDATE doc SET id = 'u:2' WHERE seq = 2");
	kit_open(kit);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 10)->count, 3);
}

static void a_copy_has_it_and_all_others(void **state)
{
	struct kit *kit = *state;
	struct store_stats_full stats;
	struct error err = { "" };
	int copy;

	fill(kit);
	flip(kit, "LARGE");
	copy = open(kit_file(kit, "other"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(store_copy(kit->path, copy, no_progress, NULL, &stats, &err), RC_OK);
	assert_int_equal(stats.damaged, 1);
	(void)close(copy);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_folder, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(a_bit_of_a_value),
		FOLDER_TEST(a_bit_of_a_large_value),
		FOLDER_TEST(a_version_or_an_op),
		FOLDER_TEST(a_write_that_is_sent_again_mends),
		FOLDER_TEST(a_deletion),
		FOLDER_TEST(a_tombstone_with_a_value),
		FOLDER_TEST(rows_out_of_order),
		FOLDER_TEST(an_id_that_is_none),
		FOLDER_TEST(a_copy_has_it_and_all_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
