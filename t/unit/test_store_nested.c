/* Nested groups: the index of documents by ancestor holds whatever is written, deleted
 * and purged, and what a pull costs does not grow with the groups that it does not
 * show. */
#include "store_kit.h"

#include "base/mem.h"
#include "store/docid.h"
#include "store/sqlite/statements.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Whole ---- */

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	fail_msg("%.*s: %.*s", (int)place.len, place.data, (int)what.len, what.data);
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

static void assert_whole(const struct kit *kit)
{
	const struct store_check check = { .on_fault = on_fault, .on_progress = on_progress };
	struct store_stats_full stats;
	struct error err = { "" };

	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_OK);
}

static const char *const formats[] = { "a:%u",     "a:b:%u", "a:b:c:%u", "a:b:d:%u", "a:bb:c:%u",
				       "a::b::%u", "ab:%u",  ":a:%u",    "é:b:%u",   "a:b:c:d:%u" };

static void edit_at_random(struct kit *kit, unsigned *seed)
{
	char id[32];
	struct store_result held;

	(void)snprintf(id, sizeof(id), formats[rand_r(seed) % 10], (unsigned)rand_r(seed) % 5);
	held = kit_edit(kit, id, 999999, NULL, "1");
	assert_int_equal(held.status, STORE_CONFLICT);
	kit_edit(kit, id, held.version, NULL, rand_r(seed) % 3 ? "2" : NULL);
}

/* Several edits of one push go through the ancestors of one group to those of the
 * next. */
static void push_to_many_groups(struct kit *kit, unsigned round)
{
	struct store_edit edits[10];
	char ids[10][32];
	struct store_request push = { .edits = edits, .edit_count = 10 };

	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), formats[(i * 7 + round) % 10], 100 + round);
		edits[i] = kit_edit_of(ids[i], 0, NULL, "1");
	}
	assert_int_equal(kit_commit(kit, &push, 1), RC_OK);
}

static void the_index_holds(void **state)
{
	struct kit *kit = *state;
	unsigned seed = 20260704;

	for (unsigned round = 0; round < 20; round++) {
		push_to_many_groups(kit, round);
		for (unsigned i = 0; i < 20; i++)
			edit_at_random(kit, &seed);
		if (round % 3 == 0)
			kit_purge(kit, KIT_LATER);
		assert_whole(kit);
	}
}

static void nothing_is_left_when_all_is_purged(void **state)
{
	struct kit *kit = *state;
	char id[32];

	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(id, sizeof(id), formats[i], i);
		kit_put(kit, id, 0, "1");
	}
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(id, sizeof(id), formats[(i + 5) % 10], (i + 5) % 10);
		kit_put(kit, id, 1, NULL);
	}
	assert_int_equal(kit_purge(kit, KIT_LATER), 10);
	assert_whole(kit);
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM ancestor"), "0");
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM nested"), "0");
	kit_put(kit, "a:b:1", 0, "1");
	assert_int_equal(kit_pull(kit, "a", kit_place(kit, 20), 10)->count, 1);
}

/* As many levels as an id has room for: nothing else limits them here. */
static void the_deepest_id(void **state)
{
	struct kit *kit = *state;
	char id[DOCID_MAX + 1];

	memset(id, ':', DOCID_MAX);
	id[0] = id[DOCID_MAX - 1] = 'a';
	id[DOCID_MAX] = '\0';
	kit_put(kit, id, 0, "1");
	kit_put(kit, id, 1, "2");
	assert_int_equal(kit_pull(kit, "a::::", KIT_BEGINNING, 10)->count, 1);
	assert_int_equal(kit_latest(kit->reader, "a"), 2);
	assert_whole(kit);
	kit_put(kit, id, 2, NULL);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_whole(kit);
}

/* ---- Cost ---- */

static void put_groups(struct kit *kit, const char *parent, unsigned count)
{
	struct store_edit *edits = mem_array(count, sizeof(*edits));
	char(*ids)[32] = mem_array(count, sizeof(*ids));
	struct store_request push = { .edits = edits, .edit_count = count };

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "%s:%u:1", parent, i);
		edits[i] = kit_edit_of(ids[i], 0, NULL, "1");
	}
	assert_int_equal(kit_commit(kit, &push, 1), RC_OK);
	free(edits);
	free(ids);
}

/* Steps of SQLite's machine since the last call, in all statements. */
static unsigned steps(struct store *store)
{
	unsigned sum = 0;

	for (int i = 0; i < SQL_READER_COUNT; i++)
		sum += (unsigned)sqlite3_stmt_status(sqlite_of(store)->sql[i],
						     SQLITE_STMTSTATUS_VM_STEP, 1);
	return sum;
}

struct cost {
	unsigned first, limited, nothing, latest;
};

static struct cost cost_of(struct kit *kit, const char *group)
{
	struct cost cost;
	struct store_cursor next;

	(void)steps(kit->reader);
	assert_int_equal(kit_pull(kit, group, KIT_BEGINNING, 2)->count, 2);
	cost.first = steps(kit->reader);
	next = kit->page.next;
	assert_int_equal(kit_pull(kit, group, next, 1)->count, 1);
	cost.limited = steps(kit->reader);
	next = kit_head(kit->reader);
	(void)steps(kit->reader);
	assert_int_equal(kit_pull(kit, group, next, 1)->count, 0);
	cost.nothing = steps(kit->reader);
	assert_true(kit_latest(kit->reader, group) > 0);
	cost.latest = steps(kit->reader);
	return cost;
}

/* The same answer costs the same with a hundred times the groups. */
static void a_pull_costs_what_it_shows(void **state)
{
	struct kit *kit = *state;
	struct cost few, many;

	put_groups(kit, "few", 30);
	put_groups(kit, "many", 3000);
	few = cost_of(kit, "few");
	many = cost_of(kit, "many");
	assert_in_range(many.first, 1, few.first + 1);
	assert_in_range(many.limited, 1, few.limited + 1);
	assert_in_range(many.nothing, 1, few.nothing + 1);
	assert_in_range(many.latest, 1, few.latest + 1);
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(the_index_holds),
		KIT_TEST(nothing_is_left_when_all_is_purged),
		KIT_TEST(the_deepest_id),
		KIT_TEST(a_pull_costs_what_it_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
