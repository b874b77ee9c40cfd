/* Pushes and streams of users, counted for all workers together. */
#include "shm/usage.h"

#include "shm/scoreboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

static struct shm *shm;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(shm_new(2, &shm), RC_OK);
	scoreboard_born(shm, 0);
	scoreboard_born(shm, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shm_free(shm);
	return 0;
}

static void pushes_of_a_minute(void **state)
{
	const uint64_t now = 1000 * SECOND;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(usage_push(shm, 77, 6, now), 0);
	assert_in_range(usage_push(shm, 77, 6, now), 10, 11);
	assert_int_equal(usage_push(shm, 78, 6, now), 0);
	/* One for each ten seconds; those that are refused do not count. */
	assert_true(usage_push(shm, 77, 6, now + 9 * SECOND) > 0);
	assert_int_equal(usage_push(shm, 77, 6, now + 10 * SECOND), 0);
	assert_true(usage_push(shm, 77, 6, now + 10 * SECOND) > 0);
	for (int i = 0; i < 6; i++)
		assert_int_equal(usage_push(shm, 77, 6, now + 100 * SECOND), 0);
	assert_true(usage_push(shm, 77, 6, now + 100 * SECOND) > 0);
}

static void any_limit_is_kept(void **state)
{
	const uint64_t now = 1000 * SECOND;

	(void)state;
	assert_int_equal(usage_push(shm, 0, 1, now), 0);
	assert_in_range(usage_push(shm, 0, 1, now), 60, 61);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(usage_push(shm, 5, INT64_MAX, now), 0);
	/* A lower one at once. */
	assert_int_equal(usage_push(shm, 6, 1000, now), 0);
	assert_true(usage_push(shm, 6, 1, now) > 0);
}

static void streams_of_all_workers(void **state)
{
	const unsigned one = usage_column(shm, 0), two = usage_column(shm, 1);
	unsigned entry, other;

	(void)state;
	assert_int_not_equal(one, two);
	assert_true(usage_open_stream(shm, one, 77, 2, &entry));
	assert_true(usage_open_stream(shm, two, 77, 2, &other));
	assert_int_equal(entry, other);
	assert_false(usage_open_stream(shm, one, 77, 2, &other));
	assert_true(usage_open_stream(shm, one, 78, 2, &other));
	usage_close_stream(shm, two, entry);
	assert_true(usage_open_stream(shm, one, 77, 2, &other));
	/* One that moves here from a predecessor stays. */
	assert_int_equal(usage_add_stream(shm, one, 77), entry);
	assert_false(usage_open_stream(shm, two, 77, 3, &other));
}

/* A process that was killed, and its predecessor in the slot. */
static void the_dead_have_no_streams(void **state)
{
	const unsigned old = usage_column(shm, 0);
	unsigned entry, new;
	int status;
	pid_t pid;

	(void)state;
	assert_true(usage_open_stream(shm, old, 77, 9, &entry));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		scoreboard_born(shm, 0);
		(void)usage_add_stream(shm, usage_column(shm, 0), 77);
		_Exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	new = usage_column(shm, 0);
	assert_int_not_equal(old, new);
	assert_false(usage_open_stream(shm, old, 77, 2, &entry));
	usage_died(shm, 0, pid);
	assert_true(usage_open_stream(shm, old, 77, 2, &entry));
	assert_false(usage_open_stream(shm, new, 77, 2, &entry));
	usage_died(shm, 0, getpid());
	assert_true(usage_open_stream(shm, new, 77, 2, &entry));
	/* What is closed late is not taken from others. */
	usage_close_stream(shm, old, entry);
	assert_true(usage_open_stream(shm, new, 77, 2, &entry));
	assert_false(usage_open_stream(shm, new, 77, 2, &entry));
}

static void more_users_than_entries(void **state)
{
	const unsigned column = usage_column(shm, 0);
	unsigned entry;

	(void)state;
	/* All of one place. Those without streams make room; the others share. */
	for (uint64_t user = 1; user <= USAGE_PROBES; user++)
		assert_true(usage_open_stream(shm, column, user * USAGE_ENTRIES, 1, &entry));
	assert_false(usage_open_stream(shm, column, UINT64_MAX / USAGE_ENTRIES * USAGE_ENTRIES, 1,
				       &entry));
	usage_close_stream(shm, column, 5);
	assert_true(usage_open_stream(shm, column, UINT64_MAX / USAGE_ENTRIES * USAGE_ENTRIES, 1,
				      &entry));
	assert_int_equal(entry, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pushes_of_a_minute),      TEST(any_limit_is_kept),
		TEST(streams_of_all_workers),  TEST(the_dead_have_no_streams),
		TEST(more_users_than_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
