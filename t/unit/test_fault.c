/* Fault points: read from the environment, met at the visit that was asked for, counted over all processes. */
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

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#ifdef ENABLE_FAULTS

/* Runs in a child with the variable set (NULL: not set at all); what it says goes to `said`. Answers the wait status, also of a
 * child that stopped, which is then ended. */
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

static void five_visits(void)
{
	for (int i = 0; i < 5; i++) {
		fprintf(stderr, "%d", i + 1);
		FAULT("a.b");
		FAULT("other");
	}
}

/* Two children of the child come by three times each, one after the other. */
static void visits_of_two(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			for (int j = 0; j < 3; j++)
				FAULT("a.b");
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
	{ "a.b=kill", SIGKILL, 0, "1" },
	{ "a.b=kill@1", SIGKILL, 0, "1" },
	{ "a.b=kill@3", SIGKILL, 0, "123" },
	{ "a.b=kill@5", SIGKILL, 0, "12345" },
	{ "a.b=kill@6", 0, 0, "12345" },
	{ "a.b=kill@4294967295", 0, 0, "12345" },
	{ "a.b=stop@2", 0, SIGSTOP, "12" },
	{ "a.b=wrong", 0, 0, "12345" },
	{ "a.b=stop@4,other=kill@2", SIGKILL, 0, "12" },
	{ "a.b=stop@2,other=kill@2", 0, SIGSTOP, "12" },
	{ "none=kill,a.bc=kill,a=kill,A.B=kill", 0, 0, "12345" },
	{ ",,a.b=kill@2,", SIGKILL, 0, "12" },
	{ "x1=kill,x2=kill,x3=kill,x4=kill,x5=kill,x6=kill,x7=kill,x8=kill,x9=kill,x10=kill,x11=kill,x12=kill,x13=kill,x14=kill,"
	  "x15=kill,a.b=kill@4",
	  SIGKILL, 0, "1234" },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk=kill", 0, 0, "12345" },
};

static void a_fault_is_met_at_its_visit(void **state)
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
	(void)run("a.b=kill@2", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "killed whole ");
	(void)run("a.b=kill@5", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "whole killed ");
	(void)run("a.b=kill@7", visits_of_two, said, sizeof(said));
	assert_string_equal(said, "whole whole ");
}

static void say_what_goes_wrong(void)
{
	for (int i = 0; i < 6; i++)
		fprintf(stderr, "%s", FAULT_WRONG("a.b") ? "wrong " : FAULT_WRONG("other") ? "other " : "right ");
}

static void the_wrong_thing_is_done_at_each_nth_visit(void **state)
{
	char said[200];

	(void)state;
	(void)run("a.b=wrong@3", say_what_goes_wrong, said, sizeof(said));
	assert_string_equal(said, "right right wrong right right wrong ");
	(void)run("other=wrong", say_what_goes_wrong, said, sizeof(said));
	assert_string_equal(said, "other other other other other other ");
	(void)run("a.b=kill", say_what_goes_wrong, said, sizeof(said));
	assert_string_equal(said, "right right right right right right ");
}

static const char *const bad_words[] = {
	"a.b",
	"a.b=",
	"=kill",
	"=",
	"a.b=KILL",
	"a.b=killed",
	"a.b=kill=stop",
	"a.b=kill@",
	"a.b=kill@0",
	"a.b=kill@-1",
	"a.b=kill@+1",
	"a.b=kill@1x",
	"a.b=kill@ 1",
	"a.b=kill@4294967296",
	"a.b@2=kill",
	" =",
	"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl=kill",
};

static void a_word_that_is_none_ends_the_process(void **state)
{
	char list[200], said[400], wanted[400];

	(void)state;
	for (size_t i = 0; i < COUNT(bad_words); i++) {
		int status;

		(void)snprintf(list, sizeof(list), "ok=kill@9,%s", bad_words[i]);
		(void)snprintf(wanted, sizeof(wanted),
			       "pocketbook: POCKETBOOK_FAULTS: cannot read \"%s\"; write NAME=kill, NAME=stop@N or NAME=wrong@N\n",
			       bad_words[i]);
		status = run(list, five_visits, said, sizeof(said));
		assert_string_equal(said, wanted);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 2);
	}
}

static void there_may_be_sixteen(void **state)
{
	char list[200] = "", said[400];
	int status;

	(void)state;
	for (int i = 0; i < 17; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "x=kill,");
	status = run(list, five_visits, said, sizeof(said));
	assert_string_equal(said, "pocketbook: POCKETBOOK_FAULTS: more than 16 words\n");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_met_at_its_visit),
		cmocka_unit_test(visits_count_over_all_processes),
		cmocka_unit_test(the_wrong_thing_is_done_at_each_nth_visit),
		cmocka_unit_test(a_word_that_is_none_ends_the_process),
		cmocka_unit_test(there_may_be_sixteen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* What the variable says must not matter to a program that people use: reaching the end is the test. */
static void nothing_happens_in_another_build(void **state)
{
	(void)state;
	setenv("POCKETBOOK_FAULTS", "a.b=kill", 1);
	fault_setup();
	FAULT("a.b");
	assert_false(FAULT_WRONG("a.b"));
	assert_int_equal(unsetenv("POCKETBOOK_FAULTS"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_happens_in_another_build) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
