/* The shared map: wake-ups, resync, slots of the scoreboard. */
#include "shm/map.h"
#include "shm/scoreboard.h"
#include "shm/shm.h"
#include "shm/wake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shm *make(unsigned slots)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(slots, &shm), RC_OK);
	assert_int_equal(shm_slots(shm), slots);
	return shm;
}

static bool is_awake(const struct shm *shm, unsigned slot)
{
	struct pollfd fd = { .fd = wake_fd(shm, slot), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void wakes_do_not_block_and_do_not_outlive_exec(void **state)
{
	struct shm *shm = make(2);

	(void)state;
	for (unsigned slot = 0; slot < 2; slot++) {
		assert_true(fcntl(wake_fd(shm, slot), F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(wake_fd(shm, slot), F_GETFD) & FD_CLOEXEC);
	}
	wake_drain(shm, 0); /* nobody woke it: must come back */
	shm_free(shm);
}

static void only_armed_slots_are_woken_and_once(void **state)
{
	struct shm *shm = make(3);

	(void)state;
	wake_all_armed(shm);
	for (unsigned slot = 0; slot < 3; slot++)
		assert_false(is_awake(shm, slot));
	wake_arm(shm, 1);
	wake_all_armed(shm);
	assert_false(is_awake(shm, 0));
	assert_true(is_awake(shm, 1));
	assert_false(is_awake(shm, 2));
	wake_drain(shm, 1);
	assert_false(is_awake(shm, 1));
	wake_all_armed(shm);
	assert_false(is_awake(shm, 1));
	shm_free(shm);
}

/* A process that spoils the map cannot keep others from starting. */
static void the_first_database_is_the_one_served(void **state)
{
	struct shm *shm = make(1);

	(void)state;
	assert_true(shm_serves(shm, 7));
	assert_true(shm_serves(shm, 7));
	assert_false(shm_serves(shm, 8));
	shm_keep_served(shm);
	shm->map->database = 9;
	assert_true(shm_serves(shm, 7));
	assert_false(shm_serves(shm, 9));
	shm_free(shm);
}

/* Such as one of PostgreSQL, which no file can be put in place of. */
static void a_database_that_is_no_file_is_always_served(void **state)
{
	struct shm *shm = make(1);

	(void)state;
	assert_true(shm_serves(shm, 0));
	shm_keep_served(shm);
	shm->map->database = shm->map->logs = 9;
	assert_true(shm_serves(shm, 0));
	assert_true(shm_serves_logs(shm, 0));
	shm_free(shm);
}

static void a_resync_is_counted_and_wakes_everyone(void **state)
{
	struct shm *shm = make(2);

	(void)state;
	assert_int_equal(shm_resyncs(shm), 0);
	shm_resync(shm);
	assert_int_equal(shm_resyncs(shm), 1);
	assert_true(is_awake(shm, 0));
	assert_true(is_awake(shm, 1));
	assert_false(shm_has_restarted(0, shm_resyncs(shm)));
	shm_restart(shm);
	assert_true(is_awake(shm, 0));
	assert_true(shm_has_restarted(1, shm_resyncs(shm)));
	shm_free(shm);
}

static void a_child_shows_on_the_board(void **state)
{
	struct shm *shm = make(1);
	unsigned writer = scoreboard_writer(shm);
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		scoreboard_born(shm, writer);
		scoreboard_add(shm, writer, METRIC_STREAMS, 3);
		scoreboard_add(shm, writer, METRIC_STREAMS, -1);
		scoreboard_set(shm, writer, METRIC_REQUESTS, 7);
		scoreboard_set_state(shm, writer, SLOT_SERVING);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(scoreboard_pid(shm, writer), pid);
	assert_int_equal(scoreboard_state(shm, writer), SLOT_SERVING);
	assert_int_equal(scoreboard_starts(shm, writer), 1);
	assert_int_equal(scoreboard_get(shm, writer, METRIC_STREAMS), 2);
	assert_int_equal(scoreboard_get(shm, writer, METRIC_REQUESTS), 7);
	assert_int_equal(scoreboard_pid(shm, 0), 0);
	assert_int_equal(scoreboard_get(shm, 0, METRIC_REQUESTS), 0);

	scoreboard_died(shm, writer, pid + 1);
	assert_int_equal(scoreboard_pid(shm, writer), pid);
	scoreboard_died(shm, writer, pid);
	assert_int_equal(scoreboard_pid(shm, writer), 0);
	assert_int_equal(scoreboard_state(shm, writer), SLOT_GONE);
	assert_int_equal(scoreboard_get(shm, writer, METRIC_STREAMS), 0);
	assert_int_equal(scoreboard_get(shm, writer, METRIC_REQUESTS), 7);
	scoreboard_born(shm, writer);
	assert_int_equal(scoreboard_state(shm, writer), SLOT_STARTING);
	assert_int_equal(scoreboard_starts(shm, writer), 2);
	shm_free(shm);
}

static void the_most_slots_are_there(void **state)
{
	struct shm *shm = make(64);

	(void)state;
	for (unsigned slot = 0; slot <= 64; slot++)
		scoreboard_set(shm, slot, METRIC_EVENTS_SENT, slot);
	for (unsigned slot = 0; slot <= 64; slot++)
		assert_int_equal(scoreboard_get(shm, slot, METRIC_EVENTS_SENT), slot);
	shm_free(shm);
	shm_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wakes_do_not_block_and_do_not_outlive_exec),
		cmocka_unit_test(only_armed_slots_are_woken_and_once),
		cmocka_unit_test(the_first_database_is_the_one_served),
		cmocka_unit_test(a_database_that_is_no_file_is_always_served),
		cmocka_unit_test(a_resync_is_counted_and_wakes_everyone),
		cmocka_unit_test(a_child_shows_on_the_board),
		cmocka_unit_test(the_most_slots_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
