/* Tests of the sandboxes of all processes: forbidden and allowed actions. Also linked
 * with no_landlock.c. The arguments of system calls are in test_sandbox_arguments.c. */
#include "base/array.h"
#include "t/unit/sandbox_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Attempts ---- */

static int write_database(void)
{
	return kit_failed(open(kit_database, O_RDWR | O_CLOEXEC));
}

static int read_database(void)
{
	return kit_failed(open(kit_database, O_RDONLY | O_CLOEXEC));
}

static int write_open_database(void)
{
	return kit_failed(pwrite(kit_open_database, "x", 1, 0));
}

static int cut_open_database(void)
{
	return kit_failed(ftruncate(kit_open_database, 0));
}

static int read_page(void)
{
	return kit_failed(open(kit_page, O_RDONLY | O_CLOEXEC));
}

static int read_foreign(void)
{
	return kit_failed(open(kit_foreign, O_RDONLY | O_CLOEXEC));
}

static int read_foreign_by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };

	return kit_failed(syscall(SYS_openat2, AT_FDCWD, kit_foreign, &how, sizeof(how)));
}

/* By whatever error it fails. */
static int write_foreign_by_openat2(void)
{
	struct open_how how = { .flags = O_RDWR | O_CLOEXEC };

	return syscall(SYS_openat2, AT_FDCWD, kit_foreign, &how, sizeof(how)) < 0 ? EACCES : 0;
}

static int read_passwords(void)
{
	return kit_failed(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int make_beside(void)
{
	return kit_failed(open(kit_fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int make_outside(void)
{
	return kit_failed(open(kit_outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int write_page(void)
{
	return kit_failed(open(kit_page, O_WRONLY | O_TRUNC | O_CLOEXEC));
}

static int remove_foreign(void)
{
	return kit_failed(unlink(kit_foreign));
}

static int rename_foreign(void)
{
	return kit_failed(rename(kit_foreign, kit_outside));
}

static int loosen_mode(void)
{
	return kit_failed(chmod(kit_database, 0666));
}

static int run_program(void)
{
	return kit_failed(execl("/bin/true", "true", (char *)NULL));
}

static int become_two(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return kit_failed(child);
}

static int call_out(void)
{
	return kit_failed(socket(AF_INET, SOCK_STREAM, 0));
}

static int command_writer(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s.sock", kit_database);
	return fd < 0 ? errno
		      : kit_failed(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int trace_parent(void)
{
	return kit_failed(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { kit_root, 1 };

	return kit_failed(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int signal_parent(void)
{
	return kit_failed(kill(getppid(), 0));
}

static int run_memory(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno
				    : kit_failed(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int become_root(void)
{
	return kit_failed(setuid(0));
}

static int lift_core_limit(void)
{
	static const struct rlimit none = { 1, 1 };

	return kit_failed(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &none, NULL));
}

static int be_dumpable(void)
{
	return kit_failed(prctl(PR_SET_DUMPABLE, 1));
}

static int set_clock(void)
{
	static const struct timespec never = { -1, -1 };

	return kit_failed(syscall(SYS_clock_settime, CLOCK_REALTIME, &never));
}

static int mount_something(void)
{
	return kit_failed(syscall(SYS_mount, "none", kit_root, "tmpfs", 0, NULL));
}

static int leave_no_core(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) < 0 ? errno
	       : limit.rlim_cur || limit.rlim_max ? EINVAL
						  : 0;
}

static int abort_itself(void)
{
	abort();
}

/* ---- Outcomes ---- */

static const struct attempt table[] = {
	{ "opens the database to write", write_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "opens the database to read", read_database, { EACCES, EACCES, 0, 0 }, false, true },
	{ "writes an open file", write_open_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "truncates an open file", cut_open_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "reads a file of the page", read_page, { EACCES, 0, EACCES, 0 }, false, true },
	{ "reads a file elsewhere", read_foreign, { EACCES, EACCES, EACCES, 0 }, false, true },
	{ "reads one by openat2",
	  read_foreign_by_openat2,
	  { ENOSYS, EACCES, ENOSYS, 0 },
	  false,
	  true },
	{ "writes one by openat2",
	  write_foreign_by_openat2,
	  { EACCES, EACCES, EACCES, 0 },
	  false,
	  false },
	{ "reads /etc/passwd", read_passwords, { EACCES, EACCES, EACCES, 0 }, false, true },
	{ "makes a file beside the database", make_beside, { KILLED, KILLED, 0, 0 }, false, false },
	{ "makes a file elsewhere", make_outside, { KILLED, KILLED, EACCES, 0 }, false, true },
	{ "writes a file of the page", write_page, { KILLED, KILLED, EACCES, 0 }, false, true },
	{ "renames a file", rename_foreign, { KILLED, KILLED, KILLED, 0 }, false, false },
	{ "removes a file elsewhere",
	  remove_foreign,
	  { KILLED, KILLED, EACCES, ANY },
	  false,
	  true },
	{ "opens the database to others",
	  loosen_mode,
	  { KILLED, KILLED, KILLED, 0 },
	  false,
	  false },
	{ "executes a program", run_program, { KILLED, KILLED, KILLED, 0 }, false, false },
	{ "forks", become_two, { KILLED, KILLED, KILLED, 0 }, true, false },
	{ "opens an internet socket", call_out, { KILLED, KILLED, KILLED, 0 }, false, false },
	{ "connects to the control socket",
	  command_writer,
	  { KILLED, KILLED, KILLED, ANY },
	  false,
	  false },
	{ "traces another process", trace_parent, { KILLED, KILLED, KILLED, ANY }, true, false },
	{ "reads another's memory", read_parent, { KILLED, KILLED, KILLED, KILLED }, false, false },
	{ "signals another process", signal_parent, { KILLED, KILLED, KILLED, 0 }, false, false },
	{ "makes memory executable", run_memory, { KILLED, KILLED, KILLED, 0 }, true, false },
	{ "becomes root", become_root, { KILLED, KILLED, KILLED, ANY }, false, false },
	{ "lifts the limit of a core",
	  lift_core_limit,
	  { EPERM, EPERM, EPERM, ANY },
	  false,
	  false },
	{ "makes itself dumpable", be_dumpable, { KILLED, KILLED, KILLED, ANY }, true, false },
	{ "sets the clock", set_clock, { KILLED, KILLED, KILLED, KILLED }, false, false },
	{ "mounts", mount_something, { KILLED, KILLED, KILLED, KILLED }, false, false },
	{ "leaves no core", leave_no_core, { 0, 0, 0, 0 }, false, false },
};

static void every_attempt_has_its_outcome(void **state)
{
	(void)state;
	assert_int_equal(kit_attempt_all(table, COUNT(table)), 0);
}

/* SIGABRT dumps a core by default. */
static void no_core_is_dumped(void **state)
{
	static const struct rlimit lifted = { RLIM_INFINITY, RLIM_INFINITY };

	(void)state;
	(void)setrlimit(RLIMIT_CORE, &lifted);
	for (int kind = 0; kind < KINDS; kind++) {
		int status = kit_status_of(kind, abort_itself);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_false(WCOREDUMP(status));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_attempt_has_its_outcome),
					    cmocka_unit_test(no_core_is_dumped) };

	return cmocka_run_group_tests(tests, kit_set_up, kit_tear_down);
}
