/* Runs attempts in the sandboxes of all processes, each in a process of its own. For
 * test_sandbox.c and test_sandbox_arguments.c. */
#include "t/unit/sandbox_kit.h"

#include "base/array.h"
#include "base/log.h"
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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static const char *const kinds[KINDS] = { "worker", "worker with --www", "writer", "master" };

char kit_root[] = "/tmp/pocketbook-sandbox.XXXXXX";
char kit_database[64], kit_page[64], kit_foreign[64], kit_fresh[64], kit_outside[64];
int kit_open_database;
bool (*kit_before_filter)(void *unused);
const struct store_needs *kit_needs = &backend_sqlite.needs;

int kit_failed(long result)
{
	return result < 0 ? errno : 0;
}

static enum rc confine(int kind)
{
	const struct worker_settings settings = { .db = kit_database, .www = NULL };
	struct worker_settings with_page = settings;
	char folder[64];
	struct error err;

	(void)snprintf(folder, sizeof(folder), "%s/www", kit_root);
	with_page.www = folder;
	if (kind == WORKER)
		return worker_confine(&settings, kit_needs, kit_before_filter, NULL);
	if (kind == WORKER_WWW)
		return worker_confine(&with_page, kit_needs, kit_before_filter, NULL);
	return kind == WRITER ? writer_confine(kit_database, kit_needs)
			      : sandbox_enter_loosely(&err);
}

int kit_status_of(int kind, int (*attempt)(void))
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
	const char *const paths[] = { kit_database, kit_page, kit_foreign };

	for (size_t i = 0; i < COUNT(paths); i++) {
		int fd = open(paths[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "content", 7), 7);
		(void)close(fd);
	}
	(void)unlink(kit_fresh);
	(void)unlink(kit_outside);
}

static int try_landlock(void)
{
	struct error err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 255;
	return landlock_enter(NULL, 0, false, &err) == RC_OK ? 0 : 255;
}

/* Has the kernel Landlock, and has this program not been linked with no_landlock.c? */
static bool has_landlock(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(try_landlock());
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_tried(const struct attempt *attempt, int kind, bool landlock)
{
	if (attempt->end[kind] == ANY || (attempt->sanitizers_may && SANITIZED))
		return false;
	return landlock || !attempt->landlock || (kind == WORKER && !SANITIZED);
}

static bool is_as_wanted(const struct attempt *attempt, int kind)
{
	int got;

	make_files();
	got = end_of(kit_status_of(kind, attempt->attempt));
	if (got == attempt->end[kind])
		return true;
	print_error("a %s %s: %d, not %d\n", kinds[kind], attempt->name, got, attempt->end[kind]);
	return false;
}

unsigned kit_attempt_all(const struct attempt *attempts, size_t count)
{
	const bool landlock = has_landlock();
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++)
		for (int kind = 0; kind < KINDS; kind++)
			if (is_tried(&attempts[i], kind, landlock) &&
			    !is_as_wanted(&attempts[i], kind))
				wrong++;
	return wrong;
}

int kit_set_up(void **state)
{
	char folder[64];

	(void)state;
	log_limit(LOG_WARN); /* not that a part of the sandbox is missing */
	if (mkdtemp(kit_root) == NULL)
		return -1;
	(void)snprintf(folder, sizeof(folder), "%s/data", kit_root);
	(void)mkdir(folder, 0700);
	(void)snprintf(folder, sizeof(folder), "%s/www", kit_root);
	(void)mkdir(folder, 0700);
	(void)snprintf(kit_database, sizeof(kit_database), "%s/data/db", kit_root);
	(void)snprintf(kit_fresh, sizeof(kit_fresh), "%s/data/new", kit_root);
	(void)snprintf(kit_page, sizeof(kit_page), "%s/www/page", kit_root);
	(void)snprintf(kit_foreign, sizeof(kit_foreign), "%s/foreign", kit_root);
	(void)snprintf(kit_outside, sizeof(kit_outside), "%s/new", kit_root);
	make_files();
	kit_open_database = open(kit_database, O_RDWR | O_CLOEXEC);
	return kit_open_database < 0 ? -1 : 0;
}

int kit_tear_down(void **state)
{
	const char *const paths[] = { kit_database, kit_page, kit_foreign, kit_fresh, kit_outside };
	char folder[64];

	(void)state;
	(void)close(kit_open_database);
	for (size_t i = 0; i < COUNT(paths); i++)
		(void)unlink(paths[i]);
	(void)snprintf(folder, sizeof(folder), "%s/data", kit_root);
	(void)rmdir(folder);
	(void)snprintf(folder, sizeof(folder), "%s/www", kit_root);
	(void)rmdir(folder);
	return rmdir(kit_root);
}
