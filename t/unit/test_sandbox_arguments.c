/* Tests of the sandboxes' conditions on arguments: commands of ioctl and fcntl, ids of
 * other processes. Also linked with no_landlock.c, as on a kernel where Landlock does
 * not forbid any of this. Sockets are in test_sandbox_sockets.c. */
#include "base/array.h"
#include "t/unit/sandbox_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* Made before the attempts, as a server has them. */
static int terminal, pair[2], pipe_ends[2];

/* ---- ioctl ---- */

static int count_input(void)
{
	int bytes;

	return kit_failed(ioctl(pair[0], FIONREAD, &bytes));
}

static int type_into_terminal(void)
{
	return kit_failed(ioctl(terminal, TIOCSTI, "x"));
}

static int resize_terminal(void)
{
	const struct winsize size = { 1, 1, 0, 0 };

	return kit_failed(ioctl(terminal, TIOCSWINSZ, &size));
}

static int change_terminal(void)
{
	struct termios old;

	return kit_failed(tcgetattr(terminal, &old));
}

static int have_signals_by_ioctl(void)
{
	const pid_t owner = getppid();

	return kit_failed(ioctl(pair[0], SIOCSPGRP, &owner));
}

static int begin_signals_by_ioctl(void)
{
	const int on = 1;

	return kit_failed(ioctl(pair[0], FIOASYNC, &on));
}

static int ask_interfaces(void)
{
	char list[64] = { 0 };

	return kit_failed(ioctl(pair[0], SIOCGIFCONF, list));
}

/* ---- fcntl ---- */

static int have_signals(void)
{
	return kit_failed(fcntl(pipe_ends[0], F_SETOWN, getppid()));
}

/* The kernel uses the lower half of the command. */
static int have_signals_by_wide_command(void)
{
	return kit_failed(syscall(SYS_fcntl, pipe_ends[0], F_SETOWN | INT64_C(1) << 32, getppid()));
}

static int have_signals_by_owner(void)
{
	const struct f_owner_ex owner = { F_OWNER_PID, getppid() };

	return kit_failed(fcntl(pipe_ends[0], F_SETOWN_EX, &owner));
}

static int choose_signal(void)
{
	return kit_failed(fcntl(pipe_ends[0], F_SETSIG, SIGUSR1));
}

static int begin_signals(void)
{
	return kit_failed(fcntl(pipe_ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
}

static int watch_folder(void)
{
	return kit_failed(fcntl(kit_open_database, F_NOTIFY, DN_MODIFY));
}

static int lease_database(void)
{
	return kit_failed(fcntl(kit_open_database, F_SETLEASE, F_UNLCK));
}

static int be_nonblocking(void)
{
	return kit_failed(fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK));
}

static int copy_descriptor(void)
{
	return kit_failed(fcntl(pair[0], F_GETFL)) ? errno
						   : kit_failed(fcntl(pair[0], F_DUPFD_CLOEXEC, 3));
}

static int lock_database(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };

	if (fcntl(kit_open_database, F_SETLK, &lock) < 0)
		return errno;
	lock.l_type = F_WRLCK;
	return kit_failed(fcntl(kit_open_database, F_GETLK, &lock));
}

/* ---- Processes ---- */

static int signal_itself(void)
{
	return kit_failed(syscall(SYS_tgkill, getpid(), gettid(), 0));
}

static int signal_thread(void)
{
	return kit_failed(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int signal_any_thread(void)
{
	return kit_failed(syscall(SYS_tkill, getppid(), 0));
}

static int queue_signal(void)
{
	siginfo_t about = { .si_code = SI_QUEUE };

	return kit_failed(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &about));
}

static int ask_own_limit(void)
{
	struct rlimit limit;

	return kit_failed(getrlimit(RLIMIT_NOFILE, &limit));
}

static int ask_limit(void)
{
	struct rlimit limit;

	return kit_failed(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit));
}

static int run_memory_by_key(void)
{
	return kit_failed(syscall(SYS_pkey_mprotect, NULL, 4096, PROT_READ | PROT_EXEC, -1));
}

static int clone_by_new_call(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	long child = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (child == 0)
		_exit(0);
	return kit_failed(child);
}

static int copy_by_kernel(void)
{
	return kit_failed(syscall(SYS_splice, pipe_ends[0], NULL, pair[0], NULL, 1, 0x2));
}

static int make_ring(void)
{
	return kit_failed(syscall(SYS_io_uring_setup, 1, NULL));
}

static int load_filter(void)
{
	return kit_failed(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
}

/* ---- Outcomes ---- */

static const struct attempt table[] = {
	{ "counts what came in", count_input, EACH(0), false, false },
	{ "types into a terminal", type_into_terminal, EACH(EPERM), false, false },
	{ "resizes a terminal", resize_terminal, EACH(EPERM), false, false },
	{ "reads a terminal's modes", change_terminal, EACH(EPERM), false, false },
	{ "owns signals by ioctl", have_signals_by_ioctl, EACH(EPERM), false, false },
	{ "begins signals by ioctl", begin_signals_by_ioctl, EACH(EPERM), false, false },
	{ "asks for interfaces", ask_interfaces, EACH(EPERM), false, false },
	{ "gives signals to another", have_signals, EACH(EPERM), false, false },
	{ "does by a wide command", have_signals_by_wide_command, EACH(EPERM), false, false },
	{ "does by F_SETOWN_EX", have_signals_by_owner, EACH(EPERM), false, false },
	{ "chooses a signal", choose_signal, EACH(EPERM), false, false },
	{ "begins signals", begin_signals, EACH(EPERM), false, false },
	{ "watches a folder", watch_folder, EACH(EPERM), false, false },
	{ "takes a lease", lease_database, EACH(EPERM), false, false },
	{ "makes a peer nonblocking", be_nonblocking, WORKERS(EPERM, 0), false, false },
	{ "copies a descriptor", copy_descriptor, EACH(0), false, false },
	{ "locks the database", lock_database, EACH(0), false, false },
	{ "signals itself", signal_itself, EACH(0), false, false },
	{ "signals another's thread", signal_thread, EACH(KILLED), false, false },
	{ "signals by tkill", signal_any_thread, EACH(ENOSYS), false, false },
	{ "queues a signal", queue_signal, EACH(ENOSYS), false, false },
	{ "asks for its limits", ask_own_limit, EACH(0), false, false },
	{ "asks for another's limits", ask_limit, EACH(EPERM), false, false },
	{ "makes memory executable by key", run_memory_by_key, EACH(ENOSYS), false, false },
	{ "forks by clone3", clone_by_new_call, EACH(ENOSYS), false, false },
	{ "splices", copy_by_kernel, EACH(ENOSYS), false, false },
	{ "makes a ring", make_ring, EACH(KILLED), false, false },
	{ "loads another filter", load_filter, EACH(ENOSYS), false, false },
};

static void every_attempt_has_its_outcome(void **state)
{
	(void)state;
	assert_int_equal(kit_attempt_all(table, COUNT(table)), 0);
}

/* ---- Around all ---- */

static int set_up(void **state)
{
	if (kit_set_up(state) != 0)
		return -1;
	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0 || pipe(pipe_ends) < 0)
		return -1;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_attempt_has_its_outcome) };

	return cmocka_run_group_tests(tests, set_up, kit_tear_down);
}
