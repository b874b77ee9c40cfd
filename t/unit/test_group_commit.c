/* How long a commit is put off for others to share it. */
#include "writer/group_commit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define BEGUN 1000000
#define TOOK 1000
#define ENDED (BEGUN + TOOK)

/* After a commit that answered so many while so many came. */
static struct group_commit after(size_t answered, size_t waiting)
{
	struct group_commit group_commit = { 0 };

	group_commit_end(&group_commit, BEGUN, ENDED, answered, waiting);
	return group_commit;
}

static void the_first_commit_is_not_put_off(void **state)
{
	const struct group_commit group_commit = { 0 };

	(void)state;
	assert_int_equal(group_commit_delay(&group_commit, BEGUN, 1), 0);
}

static void nothing_to_commit_is_nothing_to_wait_for(void **state)
{
	const struct group_commit group_commit = after(32, 32);

	(void)state;
	assert_int_equal(group_commit_delay(&group_commit, ENDED, 0), 0);
}

static void a_single_client_is_committed_at_once(void **state)
{
	const struct group_commit group_commit = after(1, 0);

	(void)state;
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 1, 1), 0);
}

static void halves_wait_for_each_other(void **state)
{
	const struct group_commit group_commit = after(32, 32);

	(void)state;
	assert_int_equal(group_commit_delay(&group_commit, ENDED, 32), TOOK / 2);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 100, 50), TOOK / 2 - 100);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 100, 56), 0);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 100, 64), 0);
}

static void the_pause_ends(void **state)
{
	const struct group_commit group_commit = after(32, 32);

	(void)state;
	assert_int_equal(group_commit_delay(&group_commit, ENDED + TOOK / 2 - 1, 32), 1);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + TOOK / 2, 32), 0);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 100 * TOOK, 1), 0);
}

static void a_slow_disk_does_not_make_it_long(void **state)
{
	struct group_commit group_commit = { 0 };

	(void)state;
	group_commit_end(&group_commit, BEGUN, BEGUN + 1000000, 32, 32);
	assert_int_equal(group_commit_delay(&group_commit, BEGUN + 1000000, 1), 2000);
}

static void large_requests_let_small_ones_pass(void **state)
{
	struct group_commit group_commit = { 0 };

	(void)state;
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED), 0);
	group_commit_share(&group_commit, BEGUN, ENDED, true, false);
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED), 0);
	group_commit_share(&group_commit, BEGUN, ENDED, false, true);
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED), 20000);
	group_commit_share(&group_commit, ENDED + 10000, ENDED + 10000, true, false);
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED + 10000), 14 * TOOK);
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED + 24 * TOOK), 0);
}

static void large_requests_wait_for_none_that_do_not_come(void **state)
{
	struct group_commit group_commit = { 0 };

	(void)state;
	group_commit_share(&group_commit, BEGUN, BEGUN + 1000000, true, true);
	assert_int_equal(group_commit_large_delay(&group_commit, BEGUN + 1000000), 20000);
	assert_int_equal(group_commit_large_delay(&group_commit, BEGUN + 1020000), 0);
	/* Of one token alone. */
	group_commit = (struct group_commit){ 0 };
	group_commit_share(&group_commit, BEGUN, ENDED, false, true);
	assert_int_equal(group_commit_large_delay(&group_commit, ENDED), 0);
}

/* As nothing else waits; what comes meanwhile is committed. */
static void what_was_left_waits_alone(void **state)
{
	struct group_commit group_commit = after(1, 3);

	(void)state;
	group_commit_share(&group_commit, BEGUN, ENDED, true, true);
	group_commit_leave(&group_commit, 3);
	assert_int_equal(group_commit_delay(&group_commit, ENDED, 3), 20000);
	assert_int_equal(group_commit_delay(&group_commit, ENDED, 4), 0);
	group_commit_leave(&group_commit, 0);
	assert_int_equal(group_commit_delay(&group_commit, ENDED + 100, 3), TOOK / 2 - 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_commit_is_not_put_off),
		cmocka_unit_test(nothing_to_commit_is_nothing_to_wait_for),
		cmocka_unit_test(a_single_client_is_committed_at_once),
		cmocka_unit_test(halves_wait_for_each_other),
		cmocka_unit_test(the_pause_ends),
		cmocka_unit_test(a_slow_disk_does_not_make_it_long),
		cmocka_unit_test(large_requests_let_small_ones_pass),
		cmocka_unit_test(large_requests_wait_for_none_that_do_not_come),
		cmocka_unit_test(what_was_left_waits_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
