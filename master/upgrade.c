/* The old run's part of an upgrade: the dry run, then exec; called by supervise.c in
 * each turn of its loop.
 *
 * Why exec in the same process: a service manager follows a process id, the lock of the
 * database is held by an open file, and only a parent can wait for the children of the
 * old run. Each would need a protocol of its own if another process took over. The
 * price is that exec cannot be taken back, so all steps of the new run that could fail
 * are tried before, in a process that may fail: the dry run. What the dry run does not
 * see may still fail after the exec; then the children of the old run notice the end of
 * their channels and go home, and the service manager starts the server anew. */
#include "master/upgrade.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "master/notify.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRY_RUN_MS 10000

static void upgrade_move(struct upgrade *upgrade, enum upgrade_phase to)
{
	assert((upgrade->phase == UPGRADE_IDLE && to == UPGRADE_DRY_RUN) ||
	       (upgrade->phase == UPGRADE_DRY_RUN && to != UPGRADE_DRY_RUN) ||
	       (upgrade->phase == UPGRADE_EXEC && to == UPGRADE_IDLE));
	upgrade->phase = to;
}

static void upgrade_refuse(const char *reason)
{
	log_error("upgrade_refused", LOG_TEXT("reason", reason));
}

/* ---- The new binary -------------------------------------------------------------- */

/* The arguments of this run, as pointers into `text`; NULL: they cannot be read. */
static char **upgrade_arguments(struct buf *text)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	char **arguments = NULL;
	size_t count = 0;
	int byte;

	while (file && (byte = getc(file)) != EOF)
		buf_put_byte(text, (char)byte);
	if (file)
		(void)fclose(file);
	for (size_t at = 0; at < text->len; at += strlen(text->data + at) + 1) {
		arguments = mem_resize(arguments, count + 2, sizeof(char *));
		arguments[count++] = text->data + at;
		arguments[count] = NULL;
	}
	return arguments;
}

/* Returns only if it fails, with errno. */
static void upgrade_exec(const struct master *master, int record, bool dry_run)
{
	struct buf text = BUF_EMPTY;
	char **arguments = upgrade_arguments(&text);
	char value[24];
	int error = EIO;

	(void)snprintf(value, sizeof(value), "%d%s", record, dry_run ? "T" : "");
	if (arguments && setenv(UPGRADE_VARIABLE, value, 1) == 0) {
		(void)execv(master->program, arguments);
		error = errno;
		(void)unsetenv(UPGRADE_VARIABLE);
	}
	free(arguments);
	buf_free(&text);
	errno = error;
}

static void upgrade_replace(struct master *master)
{
	int record = upgrade_record_write(master);

	if (record >= 0) {
		log_info("upgrade", LOG_TEXT("program", master->program));
		notify_reloading();
		upgrade_record_keep_open(master, record, true);
		upgrade_exec(master, record, false);
		upgrade_record_keep_open(master, record, false);
		notify_ready(master);
	}
	upgrade_refuse(strerror(errno));
	if (record >= 0)
		(void)close(record);
}

/* ---- The dry run ----------------------------------------------------------------- */

static _Noreturn void dry_run_exec(const struct master *master, int record)
{
	sigset_t none;

	sigemptyset(&none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(master->upgrade.errors, STDERR_FILENO);
	(void)fcntl(record, F_SETFD, 0);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	upgrade_exec(master, record, true);
	(void)dprintf(STDERR_FILENO, "cannot run %s: %s\n", master->program, strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Returns whether there is a process. */
static bool dry_run_fork(struct master *master, int record)
{
	struct upgrade *upgrade = &master->upgrade;

	upgrade->errors = memfd_create("dry run", MFD_CLOEXEC);
	if (upgrade->errors < 0)
		return false;
	(void)fflush(NULL);
	upgrade->dry_run = fork();
	if (upgrade->dry_run == 0)
		dry_run_exec(master, record);
	if (upgrade->dry_run > 0)
		return true;
	upgrade->dry_run = 0;
	(void)close(upgrade->errors);
	return false;
}

static void dry_run_start(struct master *master)
{
	struct upgrade *upgrade = &master->upgrade;
	int record = upgrade_record_write(master);

	upgrade->asked = false;
	if (record < 0 || !dry_run_fork(master, record)) {
		upgrade_refuse(strerror(errno));
	} else {
		upgrade->give_up = clock_ms() + DRY_RUN_MS;
		upgrade_move(upgrade, UPGRADE_DRY_RUN);
	}
	if (record >= 0)
		(void)close(record);
}

/* The first line of its standard error, without the program's name. */
static void dry_run_error(const struct upgrade *upgrade, char *out, size_t room)
{
	static const char name[] = "pocketbook: ";
	ssize_t len = pread(upgrade->errors, out, room - 1, 0);

	out[len > 0 ? len : 0] = 0;
	if (strncmp(out, name, strlen(name)) == 0)
		memmove(out, out + strlen(name), strlen(out + strlen(name)) + 1);
	out[strcspn(out, "\n")] = 0;
}

static void dry_run_end(struct master *master, int status)
{
	struct upgrade *upgrade = &master->upgrade;
	const bool well = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS &&
			  master->phase == MASTER_SERVING;
	char error[512];

	dry_run_error(upgrade, error, sizeof(error));
	(void)close(upgrade->errors);
	upgrade->dry_run = 0;
	if (well) {
		upgrade_move(upgrade, UPGRADE_EXEC);
		upgrade_replace(master);
	} else {
		upgrade_refuse(error[0] ? error : "the new run ended before it was ready");
	}
	upgrade_move(upgrade, UPGRADE_IDLE);
}

/* ---- When ------------------------------------------------------------------------ */

/* No reload is under way, and workers that one has replaced are gone. */
static bool upgrade_may_start(const struct master *master)
{
	return master->phase == MASTER_SERVING && master->reload.phase == RELOAD_IDLE &&
	       !master->reload.asked && handover_all_workers_done(master);
}

void upgrade_advance(struct master *master)
{
	struct upgrade *upgrade = &master->upgrade;
	int status;

	if (upgrade->phase == UPGRADE_DRY_RUN) {
		if (waitpid(upgrade->dry_run, &status, WNOHANG) == upgrade->dry_run)
			dry_run_end(master, status);
		else if (clock_ms() >= upgrade->give_up)
			(void)kill(upgrade->dry_run, SIGKILL);
	}
	if (upgrade->phase == UPGRADE_IDLE && upgrade->asked && upgrade_may_start(master))
		dry_run_start(master);
}
