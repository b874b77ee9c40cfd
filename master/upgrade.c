#include "master/upgrade.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "master/notify.h"

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

#define TRIAL_MS 10000

/* ---- The new run, beside this one and then in its place
 * ---------------------------------------------------------------------- */

/* The words of this run's command line; NULL: they cannot be had. */
static char **renew_words(struct buf *text)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	char **words = NULL;
	size_t count = 0;
	int byte;

	while (file && (byte = getc(file)) != EOF)
		buf_put_byte(text, (char)byte);
	if (file)
		(void)fclose(file);
	for (size_t at = 0; at < text->len; at += strlen(text->data + at) + 1) {
		words = mem_resize(words, count + 2, sizeof(char *));
		words[count++] = text->data + at;
		words[count] = NULL;
	}
	return words;
}

/* Returns only where it fails, with errno. */
static void renew_exec(const struct master *master, int record, bool trial)
{
	struct buf text = BUF_EMPTY;
	char **words = renew_words(&text);
	char value[24];
	int error = EIO;

	(void)snprintf(value, sizeof(value), "%d%s", record, trial ? "T" : "");
	if (words && setenv(RENEW_VARIABLE, value, 1) == 0) {
		(void)execv(master->program, words);
		error = errno;
		(void)unsetenv(RENEW_VARIABLE);
	}
	free(words);
	buf_free(&text);
	errno = error;
}

static _Noreturn void trial_run(const struct master *master, int record, int words)
{
	sigset_t none;

	sigemptyset(&none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(words, STDERR_FILENO);
	(void)fcntl(record, F_SETFD, 0);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	renew_exec(master, record, true);
	(void)dprintf(STDERR_FILENO, "cannot run %s: %s\n", master->program, strerror(errno));
	_exit(EXIT_FAILURE);
}

static void renew_refuse(const char *reason)
{
	log_error("upgrade_refused", LOG_TEXT("reason", reason));
}

static void trial_start(struct master *master)
{
	struct renew *renew = &master->renew;
	int record = renew_write(master);

	renew->words = memfd_create("trial", MFD_CLOEXEC);
	(void)fflush(NULL);
	renew->trial = record < 0 || renew->words < 0 ? -1 : fork();
	if (renew->trial == 0)
		trial_run(master, record, renew->words);
	renew->trial_by = clock_ms() + TRIAL_MS;
	if (renew->trial < 0) {
		renew->trial = 0;
		renew_refuse(strerror(errno));
	}
	if (record >= 0)
		(void)close(record);
}

/* What the trial said on its standard error: its first line, without the program's
 * name. */
static void trial_words(const struct renew *renew, char *out, size_t room)
{
	static const char name[] = "pocketbook: ";
	ssize_t len = pread(renew->words, out, room - 1, 0);

	out[len > 0 ? len : 0] = 0;
	if (strncmp(out, name, strlen(name)) == 0)
		memmove(out, out + strlen(name), strlen(out + strlen(name)) + 1);
	out[strcspn(out, "\n")] = 0;
}

static void renew_replace(struct master *master)
{
	int record = renew_write(master);

	if (record >= 0) {
		log_info("upgrade", LOG_TEXT("program", master->program));
		notify_reloading();
		renew_keep_open(master, record, true);
		renew_exec(master, record, false);
		renew_keep_open(master, record, false);
		notify_ready(master);
	}
	renew_refuse(strerror(errno));
	if (record >= 0)
		(void)close(record);
}

static void trial_end(struct master *master, int status)
{
	struct renew *renew = &master->renew;
	char words[512];

	renew->trial = 0;
	trial_words(renew, words, sizeof(words));
	(void)close(renew->words);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS &&
	    master->phase == MASTER_SERVING)
		renew_replace(master);
	else
		renew_refuse(words[0] ? words : "the new run ended before it was ready");
}

/* No reload is under way, and workers that one has replaced are gone. */
static bool renew_is_quiet(const struct master *master)
{
	bool quiet = master->reload_slot == master->workers && !master->reload_asked;

	for (unsigned slot = 0; quiet && slot < master->workers; slot++)
		quiet = master->leaving[slot].pid == 0;
	return quiet;
}

void renew_advance(struct master *master)
{
	struct renew *renew = &master->renew;
	int status;

	if (renew->trial && waitpid(renew->trial, &status, WNOHANG) == renew->trial)
		trial_end(master, status);
	else if (renew->trial && clock_ms() >= renew->trial_by)
		(void)kill(renew->trial, SIGKILL);
	if (!renew->asked || renew->trial || master->phase != MASTER_SERVING ||
	    !master->announced || !renew_is_quiet(master))
		return;
	renew->asked = false;
	trial_start(master);
}
