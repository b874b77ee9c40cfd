/* Tests that the comparison of two hashes takes the same number of instructions
 * wherever they differ. It runs in a traced child that is single-stepped: unlike a
 * time, the count is the same in every run. */
#include "base/array.h"
#include "auth/token.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN STORE_TOKEN_HASH_LEN

typedef bool is_equal(const unsigned char a[LEN], const unsigned char b[LEN]);

/* The counterexample. */
static bool equal_until_it_differs(const unsigned char a[LEN], const unsigned char b[LEN])
{
	for (size_t i = 0; i < LEN; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static void compare(is_equal *volatile equal, const unsigned char a[LEN],
		    const unsigned char b[LEN])
{
	volatile bool result;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
	result = equal(a, b); /* the first call may run the dynamic linker */
	(void)raise(SIGUSR1);
	result = equal(a, b);
	(void)raise(SIGUSR2);
	_exit(result ? 1 : 0);
}

/* Returns 0 if the system does not permit tracing. */
static unsigned steps_of(is_equal *equal, const unsigned char a[LEN], const unsigned char b[LEN])
{
	unsigned steps = 0;
	bool counting = false;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		compare(equal, a, b);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	       WSTOPSIG(status) != SIGUSR2) {
		counting = counting || WSTOPSIG(status) == SIGUSR1;
		steps += counting;
		assert_int_equal(
			ptrace(counting ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, NULL, NULL), 0);
	}
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 2);
		return 0;
	}
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return steps;
}

static const int places[] = { 0, 1, LEN / 2, LEN - 1 };

static void hashes_are_compared_in_the_same_steps_wherever_they_differ(void **state)
{
	unsigned char a[LEN] = { 1, 2, 3 }, b[LEN] = { 1, 2, 3 };
	unsigned equal = steps_of(token_hash_equal, a, b);

	(void)state;
	if (equal == 0)
		skip();
	for (size_t i = 0; i < COUNT(places); i++) {
		b[places[i]] ^= 0x80;
		assert_int_equal(steps_of(token_hash_equal, a, b), equal);
		b[places[i]] ^= 0x80;
	}
	for (size_t i = 0; i < LEN; i++)
		b[i] = (unsigned char)~a[i];
	assert_int_equal(steps_of(token_hash_equal, a, b), equal);
}

static void a_comparison_that_stops_early_is_detected(void **state)
{
	unsigned char a[LEN] = { 0 }, b[LEN] = { 0 };
	unsigned equal = steps_of(equal_until_it_differs, a, b);

	(void)state;
	if (equal == 0)
		skip();
	b[LEN - 1] = 1;
	assert_true(steps_of(equal_until_it_differs, a, b) <= equal);
	b[0] = 1;
	assert_true(steps_of(equal_until_it_differs, a, b) < equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_compared_in_the_same_steps_wherever_they_differ),
		cmocka_unit_test(a_comparison_that_stops_early_is_detected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
