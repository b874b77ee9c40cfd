/* Tests of the sandboxes of all processes: forbidden and allowed actions, each in a
 * process of its own. */
#include "base/array.h"
#include "os/sandbox.h"
#include "store/sqlite/backend.h"
#include "worker/confine.h"
#include "worker/worker.h"
#include "writer/confine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <sched.h>
#include <seccomp.h>
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

enum { WORKER, WORKER_WWW, WRITER, MASTER, KINDS };
static const char *const kinds[KINDS] = { "worker", "worker with --www", "writer", "master" };

/* Outcomes of an attempt; 0: success, otherwise an errno. */
#define KILLED (-1)
#define ANY (-2)

static char root[] = "/tmp/pocketbook-sandbox.XXXXXX";
static char database[64], page[64], foreign[64], fresh[64], outside[64];
static int open_database;

static int failed(long result)
{
	return result < 0 ? errno : 0;
}

/* ---- Attempts ---- */

static int write_database(void)
{
	return failed(open(database, O_RDWR | O_CLOEXEC));
}

static int read_database(void)
{
	return failed(open(database, O_RDONLY | O_CLOEXEC));
}

static int write_open_database(void)
{
	return failed(pwrite(open_database, "x", 1, 0));
}

static int cut_open_database(void)
{
	return failed(ftruncate(open_database, 0));
}

static int read_page(void)
{
	return failed(open(page, O_RDONLY | O_CLOEXEC));
}

static int read_foreign(void)
{
	return failed(open(foreign, O_RDONLY | O_CLOEXEC));
}

static int read_foreign_by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };

	return failed(syscall(SYS_openat2, AT_FDCWD, foreign, &how, sizeof(how)));
}

static int read_passwords(void)
{
	return failed(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int make_beside(void)
{
	return failed(open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int make_outside(void)
{
	return failed(open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int write_page(void)
{
	return failed(open(page, O_WRONLY | O_TRUNC | O_CLOEXEC));
}

static int remove_foreign(void)
{
	return failed(unlink(foreign));
}

static int rename_foreign(void)
{
	return failed(rename(foreign, outside));
}

static int loosen_mode(void)
{
	return failed(chmod(database, 0666));
}

static int run_program(void)
{
	return failed(execl("/bin/true", "true", (char *)NULL));
}

static int become_two(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return failed(child);
}

static int call_out(void)
{
	return failed(socket(AF_INET, SOCK_STREAM, 0));
}

static int command_writer(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s.sock", database);
	return fd < 0 ? errno : failed(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int trace_parent(void)
{
	return failed(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { root, 1 };

	return failed(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int signal_parent(void)
{
	return failed(kill(getppid(), 0));
}

static int run_memory(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : failed(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int become_root(void)
{
	return failed(setuid(0));
}

static int lift_core_limit(void)
{
	static const struct rlimit none = { 1, 1 };

	return failed(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &none, NULL));
}

static int be_dumpable(void)
{
	return failed(prctl(PR_SET_DUMPABLE, 1));
}

static int set_clock(void)
{
	static const struct timespec never = { -1, -1 };

	return failed(syscall(SYS_clock_settime, CLOCK_REALTIME, &never));
}

static int mount_something(void)
{
	return failed(syscall(SYS_mount, "none", root, "tmpfs", 0, NULL));
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

static const struct {
	const char *name;
	int (*attempt)(void);
	int end[KINDS];
	bool sanitizers_may; /* allowed in builds with sanitizers, whose runtime needs the call */
	bool landlock;       /* Landlock denies it */
} table[] = {
	{ "opens the database to write", write_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "opens the database to read", read_database, { EACCES, EACCES, 0, 0 }, false, true },
	{ "writes an open file", write_open_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "truncates an open file", cut_open_database, { KILLED, KILLED, 0, 0 }, false, false },
	{ "reads a file of the page", read_page, { EACCES, 0, EACCES, 0 }, false, true },
	{ "reads a file elsewhere", read_foreign, { EACCES, EACCES, EACCES, 0 }, false, true },
	{ "reads one by openat2",
	  read_foreign_by_openat2,
	  { ENOSYS, EACCES, EACCES, 0 },
	  false,
	  true },
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
	  { ENOSYS, ENOSYS, ENOSYS, ANY },
	  false,
	  false },
	{ "makes itself dumpable", be_dumpable, { KILLED, KILLED, KILLED, ANY }, true, false },
	{ "sets the clock", set_clock, { KILLED, KILLED, KILLED, KILLED }, false, false },
	{ "mounts", mount_something, { KILLED, KILLED, KILLED, KILLED }, false, false },
	{ "leaves no core", leave_no_core, { 0, 0, 0, 0 }, false, false },
};

static enum rc confine(int kind)
{
	const struct worker_settings settings = { .db = database, .www = NULL };
	struct worker_settings with_page = settings;
	char folder[64];
	struct error err;

	(void)snprintf(folder, sizeof(folder), "%s/www", root);
	with_page.www = folder;
	if (kind == WORKER)
		return worker_confine(&settings, &backend_sqlite.needs);
	if (kind == WORKER_WWW)
		return worker_confine(&with_page, &backend_sqlite.needs);
	return kind == WRITER ? writer_confine(database, &backend_sqlite.needs)
			      : sandbox_enter_loosely(&err);
}

static int status_of(int kind, int (*attempt)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (confine(kind) != RC_OK)
			_exit(255);
		_exit(attempt());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int end_of(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGSYS ? KILLED : -1000 - WTERMSIG(status);
}

/* Called before each attempt, as some attempts succeed. */
static void make_files(void)
{
	const char *const paths[] = { database, page, foreign };

	for (size_t i = 0; i < COUNT(paths); i++) {
		int fd = open(paths[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "content", 7), 7);
		(void)close(fd);
	}
	(void)unlink(fresh);
	(void)unlink(outside);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void every_attempt_has_its_outcome(void **state)
{
	const bool landlock = has_landlock();
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (int kind = 0; kind < KINDS; kind++) {
			const int wanted = table[i].end[kind];
			int got;

			if (wanted == ANY || (table[i].sanitizers_may && SANITIZED) ||
			    (table[i].landlock && !landlock))
				continue;
			make_files();
			got = end_of(status_of(kind, table[i].attempt));
			if (got == wanted)
				continue;
			print_error("a %s %s: %d, not %d\n", kinds[kind], table[i].name, got,
				    wanted);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* SIGABRT dumps a core by default. */
static void no_core_is_dumped(void **state)
{
	static const struct rlimit lifted = { RLIM_INFINITY, RLIM_INFINITY };

	(void)state;
	(void)setrlimit(RLIMIT_CORE, &lifted);
	for (int kind = 0; kind < KINDS; kind++) {
		int status = status_of(kind, abort_itself);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_false(WCOREDUMP(status));
	}
}

static int set_up(void **state)
{
	char folder[64];

	(void)state;
	if (mkdtemp(root) == NULL)
		return -1;
	(void)snprintf(folder, sizeof(folder), "%s/data", root);
	(void)mkdir(folder, 0700);
	(void)snprintf(folder, sizeof(folder), "%s/www", root);
	(void)mkdir(folder, 0700);
	(void)snprintf(database, sizeof(database), "%s/data/db", root);
	(void)snprintf(fresh, sizeof(fresh), "%s/data/new", root);
	(void)snprintf(page, sizeof(page), "%s/www/page", root);
	(void)snprintf(foreign, sizeof(foreign), "%s/foreign", root);
	(void)snprintf(outside, sizeof(outside), "%s/new", root);
	make_files();
	open_database = open(database, O_RDWR | O_CLOEXEC);
	return open_database < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	const char *const paths[] = { database, page, foreign, fresh, outside };
	char folder[64];

	(void)state;
	(void)close(open_database);
	for (size_t i = 0; i < COUNT(paths); i++)
		(void)unlink(paths[i]);
	(void)snprintf(folder, sizeof(folder), "%s/data", root);
	(void)rmdir(folder);
	(void)snprintf(folder, sizeof(folder), "%s/www", root);
	(void)rmdir(folder);
	return rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_attempt_has_its_outcome),
					    cmocka_unit_test(no_core_is_dumped) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
