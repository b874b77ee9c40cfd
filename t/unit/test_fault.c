/* Tests of base/fault.c: parsing of the environment, counting of visits over all
 * processes, levers. */
#include "base/array.h"
#include "base/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef ENABLE_FAULTS

/* Runs `body` in a child with the variable set (NULL: unset) and stores its stderr in
 * `said`. Returns the wait status. A child that has stopped is killed. */
static int run(const char *list, void (*body)(void), char *said, size_t size)
{
	int pipe_ends[2], status;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	if (child == 0) {
		dup2(pipe_ends[1], STDERR_FILENO);
		close(pipe_ends[0]);
		close(pipe_ends[1]);
		list ? setenv("POCKETBOOK_FAULTS", list, 1) : unsetenv("POCKETBOOK_FAULTS");
		fault_setup();
		body();
		_exit(0);
	}
	close(pipe_ends[1]);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	if (WIFSTOPPED(status)) {
		int last;

		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &last, 0), child);
	}
	got = read(pipe_ends[0], said, size - 1);
	said[got > 0 ? got : 0] = 0;
	close(pipe_ends[0]);
	return status;
}

static volatile bool is_never_visited = true;

static void five_visits(void)
{
	if (!is_never_visited)
		FAULT("never_visited");

	for (int i = 0; i < 5; i++) {
		fprintf(stderr, "%d", i + 1);
		FAULT("log_sync");
		FAULT("log_write");
	}
}

/* Two children of the child visit three times each, one after the other. */
static void visits_of_two(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			for (int j = 0; j < 3; j++)
				FAULT("log_sync");
			_exit(0);
		}
		waitpid(child, &status, 0);
		fprintf(stderr, "%s ", WIFSIGNALED(status) ? "killed" : "whole");
	}
}

static const struct {
	const char *list;
	int killed, stopped; /* by signal, at least one 0 */
	const char *said;
} runs[] = {
	{ NULL, 0, 0, "12345" },
	{ "", 0, 0, "12345" },
	{ "log_sync=kill", SIGKILL, 0, "1" },
	{ "log_sync=kill@1", SIGKILL, 0, "1" },
	{ "log_sync=kill@3", SIGKILL, 0, "123" },
	{ "log_sync=kill@5", SIGKILL, 0, "12345" },
	{ "log_sync=kill@6", 0, 0, "12345" },
	{ "log_sync=kill@4294967295", 0, 0, "12345" },
	{ "log_sync=stop@2", 0, SIGSTOP, "12" },
	{ "op_forgotten=wrong", 0, 0, "12345" },
	{ "log_sync=stop@4,log_write=kill@2", SIGKILL, 0, "12" },
	{ "log_sync=stop@2,log_write=kill@2", 0, SIGSTOP, "12" },
	{ "never_visited=kill,never_visited=stop", 0, 0, "12345" },
	{ ",,log_sync=kill@2,", SIGKILL, 0, "12" },
#define FIVE \
	"never_visited=kill,never_visited=stop,never_visited=kill,never_visited=stop,never_" \
	"visited=" \
	"kill,"
	{ FIVE FIVE FIVE "log_sync=kill@4", SIGKILL, 0, "1234" },
};

static void a_fault_happens_at_its_visit(void **state)
{
	char said[200];

	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		int status = run(runs[i].list, five_visits, said, sizeof(said));

		assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, runs[i].killed);
		assert_int_equal(WIFSTOPPED(status) ? WSTOPSIG(status) : 0, runs[i].stopped);
		assert_string_equal(said, runs[i].said);
	}
}

static void visits_count_over_all_processes(void **state)
{
	char said[200];

	(void)state;
	(void)run("log_sync=kill@2", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "killed whole ");
	(void)run("log_sync=kill@5", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "whole killed ");
	(void)run("log_sync=kill@7", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "whole whole ");
}

static void print_mutants(void)
{
	for (int i = 0; i < 6; i++)
		fprintf(stderr, "%s",
			FAULT_MUTANT("op_forgotten")    ? "wrong "
			: FAULT_MUTANT("stale_applied") ? "other "
							: "right ");
}

static void a_mutant_acts_at_every_nth_visit(void **state)
{
	char said[200];

	(void)state;
	(void)run("op_forgotten=wrong@3", print_mutants, said, sizeof(said));
	assert_string_equal(said, "right right wrong right right wrong ");
	(void)run("stale_applied=wrong", print_mutants, said, sizeof(said));
	assert_string_equal(said, "other other other other other other ");
	(void)run("log_sync=kill", print_mutants, said, sizeof(said));
	assert_string_equal(said, "right right right right right right ");
}

static const char *const bad_words[] = {
	"log_sync",
	"log_sync=",
	"=kill",
	"=",
	"log_sync=KILL",
	"log_sync=killed",
	"log_sync=kill=stop",
	"log_sync=kill@",
	"log_sync=kill@0",
	"log_sync=kill@-1",
	"log_sync=kill@+1",
	"log_sync=kill@1x",
	"log_sync=kill@ 1",
	"log_sync=kill@4294967296",
	"log_sync@2=kill",
	" =",
	"log_syncc=kill",
	"log=kill",
	"LOG_SYNC=kill",
	"log_sync=wrong",
	"op_forgotten=kill",
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl=kill",
};

static void an_invalid_entry_ends_the_process(void **state)
{
	char list[200], said[400], wanted[400];

	(void)state;
	for (size_t i = 0; i < COUNT(bad_words); i++) {
		int status;

		(void)snprintf(list, sizeof(list), "log_sync=kill@9,%s", bad_words[i]);
		(void)snprintf(wanted, sizeof(wanted),
			       "pocketbook: POCKETBOOK_FAULTS: cannot read \"%s\"; write "
			       "NAME=kill, NAME=stop@N or NAME=wrong@N, with a NAME "
			       "from doc/reliability.md\n",
			       bad_words[i]);
		status = run(list, five_visits, said, sizeof(said));
		assert_string_equal(said, wanted);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 2);
	}
}

static void sixteen_entries_are_allowed(void **state)
{
	char list[400] = "", said[400];
	int status;

	(void)state;
	for (int i = 0; i < 17; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "log_sync=kill,");
	status = run(list, five_visits, said, sizeof(said));
	assert_string_equal(said, "pocketbook: POCKETBOOK_FAULTS: more than 16 words\n");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}

/* ---- Levers ---- */

static void set_levers(const char *path, struct fault_levers levers)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(&levers, sizeof(levers), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void try_all(void)
{
	for (int i = 0; i < 4; i++) {
		fprintf(stderr, "%s", FAULT_ALLOCATION() ? "none " : "some ");
		FAULT("log_sync");
	}
	fprintf(stderr, "%lld", (long long)FAULT_WALL_S());
}

static void levers_act_while_the_program_runs(void **state)
{
	char path[] = "/tmp/pocketbook-levers-XXXXXX", said[200];
	int fd = mkstemp(path), status;

	(void)state;
	assert_true(fd >= 0 && close(fd) == 0);
	setenv("POCKETBOOK_LEVERS", path, 1);
	set_levers(path, (struct fault_levers){ .wall_s = -7 });
	(void)run(NULL, try_all, said, sizeof(said));
	assert_string_equal(said, "some some some some -7");
	set_levers(path, (struct fault_levers){ .allocations = 2 });
	(void)run(NULL, try_all, said, sizeof(said));
	assert_string_equal(said, "some none some some 0");
	set_levers(path, (struct fault_levers){ .allocations = 2, .pid = getpid() });
	(void)run(NULL, try_all, said, sizeof(said));
	assert_string_equal(said,
			    "some some some some 0"); /* the child allocates, not this process */
	set_levers(path, (struct fault_levers){ .visits = 3, .point = "log_sync" });
	status = run(NULL, try_all, said, sizeof(said));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_string_equal(said, "some some some ");
	set_levers(path, (struct fault_levers){ .visits = 3, .point = "log_write" });
	assert_int_equal(run(NULL, try_all, said, sizeof(said)), 0);
	assert_int_equal(unlink(path), 0);
	status = run(NULL, try_all, said, sizeof(said));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	unsetenv("POCKETBOOK_LEVERS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levers_act_while_the_program_runs),
		cmocka_unit_test(a_fault_happens_at_its_visit),
		cmocka_unit_test(visits_count_over_all_processes),
		cmocka_unit_test(a_mutant_acts_at_every_nth_visit),
		cmocka_unit_test(an_invalid_entry_ends_the_process),
		cmocka_unit_test(sixteen_entries_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* A production build must ignore the variable: reaching the end is the test. */
static void a_production_build_ignores_the_variable(void **state)
{
	(void)state;
	setenv("POCKETBOOK_FAULTS", "log_sync=kill", 1);
	fault_setup();
	FAULT("log_sync");
	assert_false(FAULT_MUTANT("op_forgotten"));
	assert_int_equal(unsetenv("POCKETBOOK_FAULTS"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		a_production_build_ignores_the_variable) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
