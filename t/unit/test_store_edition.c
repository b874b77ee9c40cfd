/* The edition of a database: the same for all its handles, another one when a commit
 * becomes visible, and not before (store/store.h). */
#include "store_kit.h"

#include "store/backend.h"

static void a_commit_changes_it_for_all_handles(void **state)
{
	struct kit *kit = *state;
	uint64_t before;

	KIT_FILE_ONLY(kit);
	before = store_edition(kit->reader);
	assert_int_not_equal(before, 0);
	assert_int_equal(store_edition(kit->writer), before);
	for (int i = 0; i < 20; i++) {
		kit_put(kit, "a:1", (uint64_t)i, "1");
		assert_int_not_equal(store_edition(kit->reader), before);
		before = store_edition(kit->reader);
		assert_int_equal(store_edition(kit->writer), before);
		(void)kit_pull(kit, "a", KIT_BEGINNING, 10);
		assert_int_equal(store_edition(kit->reader), before);
	}
}

static void nothing_written_does_not(void **state)
{
	struct kit *kit = *state;
	uint64_t before;

	KIT_FILE_ONLY(kit);
	kit_put(kit, "a:1", 0, "1");
	before = store_edition(kit->reader);
	assert_int_equal(kit_edit(kit, "a:1", 7, NULL, "2").status, STORE_CONFLICT);
	assert_int_equal(store_edition(kit->reader), before);
}

/* A log that starts over must not lead back to an edition that there was. */
static void a_log_that_starts_over_has_new_ones(void **state)
{
	struct kit *kit = *state;
	uint64_t seen[3];

	KIT_FILE_ONLY(kit);
	for (size_t i = 0; i < 3; i++) {
		kit_put(kit, "a:1", i, "1");
		seen[i] = store_edition(kit->reader);
		for (size_t before = 0; before < i; before++)
			assert_int_not_equal(seen[i], seen[before]);
		kit_close(kit);
		kit_open(kit);
	}
}

/* As of another program, which tells the writer nothing. */
static void a_foreign_commit_changes_it_too(void **state)
{
	struct kit *kit = *state;
	uint64_t before;

	KIT_FILE_ONLY(kit);
	before = store_edition(kit->reader);
	kit_sql(kit->path, "UPDATE meta SET documents = documents + 1");
	assert_int_not_equal(store_edition(kit->reader), before);
}

static void a_page_has_the_head_of_its_state(void **state)
{
	struct kit *kit = *state;
	uint64_t head;

	kit_put(kit, "a:1", 0, "1");
	head = kit_put(kit, "b:1", 0, "1");
	assert_int_equal(kit_pull(kit, "a", KIT_BEGINNING, 10)->head, head);
	assert_int_equal(kit_pull(kit, "c", KIT_BEGINNING, 10)->head, head);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_commit_changes_it_for_all_handles), TEST(nothing_written_does_not),
		TEST(a_log_that_starts_over_has_new_ones), TEST(a_foreign_commit_changes_it_too),
		TEST(a_page_has_the_head_of_its_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
