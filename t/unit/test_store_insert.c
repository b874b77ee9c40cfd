/* Pushes of documents that are said to be new, and of which some are there: what is
 * inserted before that is found out leaves nothing (store/sqlite/insert.c). */
#include "store_kit.h"

#include "store/backend.h"

#include <stdio.h>
#include <string.h>

static enum rc push(struct kit *kit, const struct store_edit *edits, size_t count, bool atomic)
{
	const struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = count, .atomic = atomic
	};

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	return kit->replies[0].rc;
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)fprintf(stderr, "%.*s: %.*s\n", (int)place.len, place.data, (int)what.len, what.data);
	++*(int *)arg;
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg, (void)what, (void)done, (void)total;
}

static void assert_whole(struct kit *kit)
{
	int faults = 0;
	struct store_check check = { .on_fault = on_fault,
				     .on_progress = on_progress,
				     .arg = &faults };
	struct store_stats_full stats;
	struct error err;

	if (!kit_is_file(kit))
		return;
	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_OK);
	assert_int_equal(faults, 0);
}

/* New groups, ancestors and large values come before the one that is there. */
static void make_mixed(char large[2000], struct store_edit edits[4])
{
	(void)snprintf(large, 2000, "\"%1990s\"", "x");
	edits[0] = kit_edit_of("a:b:c:1", 0, "op", "1");
	edits[1] = kit_edit_of("a:b:d:1", 0, NULL, large);
	edits[2] = kit_edit_of("t:1", 0, NULL, "\"mine\"");
	edits[3] = kit_edit_of("e:1", 0, NULL, "3");
}

static void one_that_is_there_conflicts_alone(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	char large[2000];

	kit_put(kit, "t:1", 0, "\"theirs\"");
	make_mixed(large, edits);
	assert_int_equal(push(kit, edits, 4, false), RC_OK);
	assert_int_equal(kit->replies[0].results[0].seq, 2);
	assert_int_equal(kit->replies[0].results[1].seq, 3);
	assert_int_equal(kit->replies[0].results[2].status, STORE_CONFLICT);
	assert_int_equal(kit->replies[0].results[3].seq, 4);
	assert_int_equal(kit->replies[0].head.seq, 4);
	assert_int_equal(kit_latest(kit->reader, "a"), 3);
	assert_int_equal(kit_pull(kit, "a:b", KIT_BEGINNING, 10)->count, 2);
	assert_int_equal(kit_stats(kit->reader).documents, 4);
	assert_whole(kit);
}

static void an_atomic_push_leaves_nothing(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	char large[2000];

	kit_put(kit, "t:1", 0, "\"theirs\"");
	make_mixed(large, edits);
	assert_int_equal(push(kit, edits, 4, true), RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_SKIPPED);
	assert_int_equal(kit->replies[0].results[2].status, STORE_CONFLICT);
	assert_int_equal(kit->replies[0].head.seq, 1);
	assert_int_equal(kit_latest(kit->reader, "a"), 0);
	assert_int_equal(kit_stats(kit->reader).documents, 1);
	assert_int_equal(kit_put(kit, "a:b:c:1", 0, "1"), 2);
	assert_int_equal(kit_latest(kit->reader, "a"), 2);
	assert_whole(kit);
}

/* Those of the same transaction stay, with the group that both are in. */
static void others_of_the_batch_stay(void **state)
{
	struct kit *kit = *state;
	const struct store_edit first = kit_edit_of("a:x:1", 0, NULL, "1");
	const struct store_edit second[] = { kit_edit_of("a:x:2", 0, NULL, "2"),
					     kit_edit_of("a:x:1", 0, NULL, "3") };
	const struct store_request requests[] = {
		{ .kind = STORE_PUSH, .edits = &first, .edit_count = 1 },
		{ .kind = STORE_PUSH, .edits = second, .edit_count = 2, .atomic = true },
	};

	assert_int_equal(kit_commit(kit, requests, 2), RC_OK);
	assert_int_equal(kit->replies[1].results[0].status, STORE_SKIPPED);
	assert_int_equal(kit_latest(kit->reader, "a:x"), 1);
	assert_int_equal(kit_latest(kit->reader, "a"), 1);
	assert_int_equal(kit_pull(kit, "a", KIT_BEGINNING, 10)->count, 1);
	assert_whole(kit);
}

static void a_tombstone_is_written_over(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[] = { kit_edit_of("t:2", 0, NULL, "2"),
				      kit_edit_of("t:1", 0, NULL, "1") };

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	assert_int_equal(push(kit, edits, 2, false), RC_OK);
	assert_int_equal(kit->replies[0].results[0].seq, 3);
	assert_int_equal(kit->replies[0].results[1].seq, 4);
	assert_int_equal(kit->replies[0].results[1].version, 3);
	assert_int_equal(kit_stats(kit->reader).documents, 2);
	assert_int_equal(kit_stats(kit->reader).tombstones, 0);
	assert_whole(kit);
}

/* As of a client that has got no answer: that costs no write to the disk. */
static void what_is_sent_again_writes_nothing(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[] = { kit_edit_of("t:1", 0, "one", "1"),
				      kit_edit_of("t:2", 0, "two", "2") };
	uint64_t before;

	KIT_FILE_ONLY(kit);
	assert_int_equal(push(kit, edits, 2, true), RC_OK);
	before = store_edition(kit->writer);
	for (size_t count = 1; count <= 2; count++) {
		assert_int_equal(push(kit, edits, count, true), RC_OK);
		assert_int_equal(kit->replies[0].results[0].version, 1);
		assert_int_equal(kit->replies[0].results[0].seq, 0);
		assert_int_equal(store_edition(kit->writer), before);
	}
}

#define MANY 40

/* Documents of one nested group, with a large value among them. */
static void make_many(char ids[MANY][24], char large[2000], struct store_edit edits[MANY])
{
	(void)snprintf(large, 2000, "\"%1990s\"", "x");
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "a:b:%d", i);
		edits[i] = kit_edit_of(ids[i], 0, NULL, i == 5 ? large : "1");
	}
}

static void many_of_a_group_are_in_order(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[MANY];
	char ids[MANY][24], large[2000];

	make_many(ids, large, edits);
	/* The group changes in the middle, and comes back. */
	edits[30] = kit_edit_of("t:1", 0, NULL, "2");
	assert_int_equal(push(kit, edits, MANY, false), RC_OK);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_int_equal(kit->replies[0].results[i].status, STORE_OK);
		assert_int_equal(kit->replies[0].results[i].version, 1);
		assert_int_equal(kit->replies[0].results[i].seq, i + 1);
	}
	assert_int_equal(kit_latest(kit->reader, "a"), MANY);
	assert_int_equal(kit_latest(kit->reader, "t"), 31);
	assert_int_equal(kit_pull(kit, "a", KIT_BEGINNING, 100)->count, MANY - 1);
	assert_int_equal(kit->page.docs[5].value.len, strlen(large));
	assert_int_equal(kit_stats(kit->reader).documents, MANY);
	assert_whole(kit);
}

static void one_of_many_that_is_there_conflicts_alone(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[MANY];
	char ids[MANY][24], large[2000];

	make_many(ids, large, edits);
	for (int there = 0; there < MANY; there += 13)
		kit_put(kit, ids[there], 0, "\"theirs\"");
	assert_int_equal(push(kit, edits, MANY, false), RC_OK);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(kit->replies[0].results[i].status,
				 i % 13 == 0 ? STORE_CONFLICT : STORE_OK);
	assert_int_equal(kit->replies[0].head.seq, MANY);
	assert_int_equal(kit_pull(kit, "a:b", KIT_BEGINNING, 100)->count, MANY);
	assert_whole(kit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_there_conflicts_alone),
		TEST(an_atomic_push_leaves_nothing),
		TEST(others_of_the_batch_stay),
		TEST(a_tombstone_is_written_over),
		TEST(what_is_sent_again_writes_nothing),
		TEST(many_of_a_group_are_in_order),
		TEST(one_of_many_that_is_there_conflicts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
