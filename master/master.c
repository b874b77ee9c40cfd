#include "master/master.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "os/sandbox.h"
#include "ipc/control.h"
#include "ipc/lock.h"
#include "master/socket_activation.h"
#include "master/upgrade.h"
#include "master/state.h"
#include "shm/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 3000
#define LOCK_PAUSE_MS 10

/* A worker needs a descriptor for each connection and the soft limit is a habit of old
 * programs that use select(2). */
static void master_raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static bool signal_is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool master_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* SIGHUP may say that the terminal is gone, which nohup(1) has it ignore, or ask for a
 * reload. */
static enum rc master_open_signals(struct master *master, sigset_t *old, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	master->terminal = !signal_is_ignored(SIGHUP) && master_has_terminal();
	(void)signal(SIGHUP, SIG_DFL); /* ignored, it would not arrive */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* ignored, there would be no status to reap */
	(void)sigprocmask(SIG_BLOCK, &set, old);
	master->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return master->signals < 0
		       ? error_set(err, RC_IO, "cannot wait for signals: %s", strerror(errno))
		       : RC_OK;
}

static bool server_answers(const struct db_place *place)
{
	int control;

	if (control_connect(place, &control, NULL) != RC_OK)
		return false;
	(void)close(control);
	return true;
}

/* Someone who has the lock and no socket will soon be gone: a server that has stopped,
 * or a command on the database. */
static enum rc master_wait_for_lock(const struct db_place *place, int *lock, struct error *err)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	uint64_t deadline = clock_ms() + LOCK_WAIT_MS;
	enum rc rc;

	while ((rc = lock_take(place, lock, err)) == RC_BUSY && clock_ms() < deadline &&
	       !server_answers(place))
		(void)nanosleep(&pause, NULL);
	return rc;
}

/* As the user, so that they are that one's. */
static enum rc master_open_files(struct master *master, struct error *err)
{
	const struct master_settings *settings = master->settings;
	enum rc rc = user_enter(&settings->user, err);

	if (rc != RC_OK)
		return rc;
	rc = master_wait_for_lock(&settings->place, &master->lock, err);
	if (rc != RC_OK)
		master->lock = -1;
	else
		rc = control_listen(&settings->place, &master->control, err);
	user_leave(&settings->user);
	return rc;
}

/* Sockets that came from elsewhere are not the ones that the settings were checked
 * against. */
static enum rc master_check_passed(const struct master *master, struct error *err)
{
	const struct listeners *listeners = &master->listeners;

	for (size_t i = 0;
	     i + listeners->metrics < listeners->count && !master->settings->worker.auth; i++)
		if (!listen_is_loopback(&listeners->addresses[i]))
			return error_set(err, RC_DENIED,
					 "the socket number %zu that was passed is not a loopback "
					 "address, where --auth off may be used",
					 i + 1);
	return RC_OK;
}

/* Sockets that were passed take the place of the addresses in the settings. */
static enum rc master_listen(struct master *master, struct error *err)
{
	const struct master_settings *settings = master->settings;
	const unsigned passed = activate_count();
	enum rc rc;

	if (passed == 0)
		return listeners_open(settings->listen, settings->listen_count, settings->metrics,
				      settings->workers, &master->listeners, err);
	master->activated = true;
	rc = activate_take(passed, settings->metrics, settings->workers, &master->listeners, err);
	return rc == RC_OK ? master_check_passed(master, err) : rc;
}

/* Where the binary lies, for an upgrade. It is asked for at the first start, as later
 * another may lie there. */
static char *master_find_program(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	return len > 0 ? mem_copy(path, (size_t)len) : mem_copy("", 0);
}

static enum rc master_open(struct master *master, struct error *err)
{
	const struct master_settings *settings = master->settings;
	enum rc rc;

	if (settings->workers < 1 || settings->workers > SHM_SLOTS_MAX)
		return error_set(err, RC_MALFORMED, "the number of workers must be 1 to %d, not %u",
				 SHM_SLOTS_MAX, settings->workers);
	rc = master_open_files(master, err);
	if (rc == RC_OK)
		rc = master_listen(master, err);
	if (rc == RC_OK)
		rc = user_shed(&settings->user, err);
	if (rc == RC_OK && shm_new(settings->workers, &master->shm) != RC_OK)
		rc = error_set(err, RC_IO, "cannot map shared memory: %s", strerror(errno));
	return rc;
}

static void master_make_children(struct master *master)
{
	master->workers = master->settings->workers;
	master->children = mem_array(master->workers + 1, sizeof(struct child));
	master->leaving = mem_array(master->workers, sizeof(struct child));
	master->leave_by = mem_array(master->workers, sizeof(uint64_t));
	master->reload_slot = master->workers;
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		struct child *child = &master->children[slot];

		child->channel = -1;
		if (slot < master->workers)
			master->leaving[slot].channel = -1;
		(void)snprintf(child->name, sizeof(child->name),
			       slot == master->workers ? "writer" : "worker.%u", slot);
	}
}

/* As the user, as it was made. */
static void master_remove_control(struct master *master)
{
	const struct user *user = &master->settings->user;
	struct error err;

	if (user_enter(user, &err) != RC_OK) {
		log_warn("control_left", LOG_TEXT("reason", err.text));
		return;
	}
	control_remove(&master->settings->place);
	user_leave(user);
}

static void master_close(struct master *master)
{
	if (master->control >= 0) {
		master_remove_control(master);
		(void)close(master->control);
	}
	listeners_close(&master->listeners);
	shm_free(master->shm);
	free(master->children);
	free(master->leaving);
	free(master->leave_by);
	free(master->olds);
	if (master->signals >= 0)
		(void)close(master->signals);
	if (master->lock >= 0)
		(void)close(master->lock);
}

/* A program that this one becomes by an upgrade has what was entered here already. */
static enum rc master_confine(const struct master *master, bool renewed, struct error *err)
{
	enum rc rc = RC_OK;

	if (master->current.sandbox && !renewed)
		rc = sandbox_enter_loosely(err);
	else if (master->current.sandbox)
		sandbox_keep_secrets();
	if (rc != RC_NOT_FOUND)
		return rc;
	log_info("sandbox_partial", LOG_TEXT("reason", err->text));
	return RC_OK;
}

/* Serves with all that was opened. */
static void master_go(struct master *master)
{
	master_raise_limits();
	master_make_children(master);
	master_serve(master);
	if (master->announced)
		log_info("stopped", LOG_NUMBER("status", master->status));
}

static enum rc master_open_renewed(struct master *master, struct renewal *renewal,
				   struct error *err)
{
	enum rc rc = renew_adopt(renewal, master, err);

	if (rc == RC_OK)
		rc = master_check_passed(master, err);
	if (rc == RC_OK && shm_new(master->settings->workers, &master->shm) != RC_OK)
		rc = error_set(err, RC_IO, "cannot map shared memory: %s", strerror(errno));
	return rc == RC_OK ? user_shed(&master->settings->user, err) : rc;
}

static int master_serve_opened(struct master *master, struct renewal *renewal)
{
	struct error err = { "" };
	sigset_t old;
	enum rc rc = master_open_signals(master, &old, &err);

	if (rc == RC_OK)
		rc = renewal ? master_open_renewed(master, renewal, &err)
			     : master_open(master, &err);
	if (rc == RC_OK)
		rc = master_confine(master, renewal != NULL, &err);
	if (rc == RC_OK) {
		master_go(master);
	} else {
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err.text);
		master->status = EXIT_FAILURE;
	}
	master_close(master);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return master->status;
}

static int master_run_renewed(const struct master_settings *settings, on_master_reload *on_reload,
			      void *arg)
{
	const bool trial = renew_is_trial();
	struct master_settings page_cache = *settings;
	struct master master = { .settings = &page_cache,
				 .lock = -1,
				 .control = -1,
				 .signals = -1,
				 .status = EXIT_SUCCESS };
	struct renewal renewal;
	struct error err;
	enum rc rc = renew_read(&renewal, &err);
	int status = EXIT_SUCCESS;

	if (rc != RC_OK)
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err.text);
	if (rc == RC_OK)
		renew_keep(&renewal, &page_cache, !trial);
	master.program = renewal.program;
	master.current = page_cache;
	master.on_reload = on_reload;
	master.reload_arg = arg;
	if (rc != RC_OK)
		status = EXIT_FAILURE;
	else if (trial)
		status = renew_try(&renewal, &page_cache);
	else
		status = master_serve_opened(&master, &renewal);
	renew_clear(&renewal);
	return status;
}

int master_run(const struct master_settings *settings, on_master_reload *on_reload, void *arg)
{
	/* What it points to stays; the struct itself is the next reload's but one. */
	const struct master_settings start = *settings;
	struct master master = { .settings = &start,
				 .current = start,
				 .on_reload = on_reload,
				 .reload_arg = arg,
				 .lock = -1,
				 .control = -1,
				 .signals = -1,
				 .status = EXIT_SUCCESS };
	char *program;
	int status;

	log_process("master");
	log_limit(settings->log_level);
	if (!hash_choose_key()) {
		log_error("no_random_numbers");
		return EXIT_FAILURE;
	}
	if (master_is_renewal())
		return master_run_renewed(settings, on_reload, arg);
	program = master_find_program();
	master.program = program;
	status = master_serve_opened(&master, NULL);
	free(program);
	return status;
}
