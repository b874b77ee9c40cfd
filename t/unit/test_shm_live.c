/* Rows of open streams in shared memory: what is read was written as a whole. */
#include "shm/live.h"

#include "base/mem.h"
#include "shm/scoreboard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct shm *shm;
static struct live_row rows[LIVE_ROWS];
static struct live_column column;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(shm_new(2, &shm), RC_OK);
	memset(rows, 0, sizeof(rows));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shm_free(shm);
	return 0;
}

static void rows_are_wanted_for_a_while(void **state)
{
	(void)state;
	assert_false(live_is_wanted(shm));
	live_want(shm);
	assert_true(live_is_wanted(shm));
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	assert_false(live_read(shm, 3, &column));
	rows[0] = (struct live_row){
		.number = 7, .since = 8, .bytes = 9, .groups = 2, .user = "ann"
	};
	memset(rows[0].token, 'a', LIVE_TOKEN_LEN);
	live_write(shm, 3, rows, 1);
	assert_true(live_read(shm, 3, &column));
	assert_int_equal(column.pid, getpid());
	assert_int_equal(column.total, 1);
	assert_int_equal(column.count, 1);
	assert_memory_equal(&column.rows[0], &rows[0], sizeof(rows[0]));
	assert_false(live_read(shm, 2, &column));
}

static void further_streams_are_a_number(void **state)
{
	(void)state;
	live_write(shm, 0, rows, LIVE_ROWS + 100);
	assert_true(live_read(shm, 0, &column));
	assert_int_equal(column.total, LIVE_ROWS + 100);
	assert_int_equal(column.count, LIVE_ROWS);
}

/* All rows of one writing have the same number. */
static void write_for_ever(void)
{
	for (uint64_t number = 1;; number++) {
		for (size_t i = 0; i < LIVE_ROWS; i++)
			rows[i].number = number;
		live_write(shm, 0, rows, LIVE_ROWS);
	}
}

static void no_row_is_of_another_time(void **state)
{
	const pid_t child = fork();
	int read = 0;

	(void)state;
	if (child == 0)
		write_for_ever();
	for (int i = 0; i < 2000; i++) {
		if (!live_read(shm, 0, &column))
			continue;
		read++;
		for (size_t row = 1; row < column.count; row++)
			assert_int_equal(column.rows[row].number, column.rows[0].number);
	}
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)read; /* how many, depends on the machine */
}

static void a_writer_that_was_killed_is_not_waited_for(void **state)
{
	const pid_t child = fork();

	(void)state;
	if (child == 0)
		write_for_ever();

	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	(void)live_read(shm, 0, &column);
	live_write(shm, 0, rows, 3);
	assert_true(live_read(shm, 0, &column));
	assert_int_equal(column.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_wanted_for_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_written_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(further_streams_are_a_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_row_is_of_another_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_writer_that_was_killed_is_not_waited_for, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
