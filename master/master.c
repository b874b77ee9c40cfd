/* The master from its start to its end, called by serve (cli/serve.c): opens all that
 * the others get, then runs supervise.c. */
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
#include "master/supervise.h"
#include "shm/shm.h"

#include <assert.h>
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

/* A worker needs a descriptor for each connection, and the soft limit is low only for
 * the sake of programs that use select(2). */
static void master_raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static bool server_answers(const struct db_place *place)
{
	int control;

	if (control_connect(place, &control, NULL) != RC_OK)
		return false;
	(void)close(control);
	return true;
}

/* A process that has the lock and no control socket will soon be gone: a server that
 * stops, or a command on the database. */
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

/* As the user, so that the files belong to it. */
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

/* The settings were checked with the addresses in them, not with those of sockets that
 * were passed. */
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

/* The path of the binary, for an upgrade. It is read at the first start, as another
 * file may be there later. */
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
		rc = admin_child_listen(master, err);
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
	master->predecessors = mem_array(master->workers + 1, sizeof(struct predecessor));
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		struct child *child = &master->children[slot];

		child->channel = -1;
		master->predecessors[slot].child.channel = -1;
		(void)snprintf(child->name, sizeof(child->name),
			       slot == master->workers ? "writer" : "worker.%u", slot);
	}
}

/* As the user, as it was created. */
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
	admin_child_close(master);
	listeners_close(&master->listeners);
	shm_free(master->shm);
	free(master->children);
	free(master->predecessors);
	if (master->lock >= 0)
		(void)close(master->lock);
}

/* A run that follows another one in the same process is in its sandbox already. */
static enum rc master_confine(const struct master *master, bool upgraded, struct error *err)
{
	enum rc rc = RC_OK;

	if (master->current.sandbox && !upgraded)
		rc = sandbox_enter_loosely(err);
	else if (master->current.sandbox)
		sandbox_keep_secrets();
	if (rc != RC_NOT_FOUND)
		return rc;
	log_info("sandbox_partial", LOG_TEXT("reason", err->text));
	return RC_OK;
}

/* Serves with all that was opened. */
static void master_go(struct master *master, const struct upgrade_record *record)
{
	master_raise_limits();
	master_make_children(master);
	if (record)
		upgrade_adopt_children(record, master);
	supervise_run(master);
	if (master->announced)
		log_info("stopped", LOG_NUMBER("status", master->status));
}

static enum rc master_open_upgraded(struct master *master, const struct upgrade_record *record,
				    struct error *err)
{
	enum rc rc = upgrade_adopt(record, master, err);

	if (rc == RC_OK)
		rc = master_check_passed(master, err);
	if (rc == RC_OK && shm_new(master->settings->workers, &master->shm) != RC_OK)
		rc = error_set(err, RC_IO, "cannot map shared memory: %s", strerror(errno));
	if (rc == RC_OK)
		upgrade_adopt_served(record, master->shm);
	return rc == RC_OK ? user_shed(&master->settings->user, err) : rc;
}

static int master_serve_opened(struct master *master, const struct upgrade_record *record)
{
	struct error err = { "" };
	enum rc rc = signals_open(&master->signals, &err);

	if (rc == RC_OK)
		rc = record ? master_open_upgraded(master, record, &err)
			    : master_open(master, &err);
	if (rc == RC_OK)
		rc = master_confine(master, record != NULL, &err);
	if (rc == RC_OK) {
		master_go(master, record);
	} else {
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err.text);
		master->status = EXIT_FAILURE;
	}
	master_close(master);
	signals_close(&master->signals);
	return master->status;
}

/* With the record of the run before: a dry run, or the run that follows it. */
static int master_follow(struct master *master, const struct upgrade_record *record)
{
	struct master_settings kept = *master->settings;

	upgrade_keep_settings(record, &kept, !record->dry_run);
	/* cppcheck-suppress autoVariables ; the master ends before this returns */
	master->settings = &kept;
	master->current = kept;
	master->program = record->program;
	return record->dry_run ? upgrade_dry_run(record, &kept)
			       : master_serve_opened(master, record);
}

static int master_run_upgraded(struct master *master)
{
	struct upgrade_record record;
	struct error err;
	int status = EXIT_FAILURE;

	master->phase = MASTER_TAKING_OVER;
	master->upgraded = true;
	if (upgrade_record_read(&record, &err) == RC_OK)
		status = master_follow(master, &record);
	else
		(void)dprintf(STDERR_FILENO, "pocketbook: %s\n", err.text);
	upgrade_record_clear(&record);
	return status;
}

static int master_run_first(struct master *master)
{
	char *program = master_find_program();
	int status;

	master->program = program;
	status = master_serve_opened(master, NULL);
	free(program);
	return status;
}

int master_run(const struct master_settings *settings, on_master_reload *on_reload, void *arg)
{
	/* What it points to stays; the struct itself is overwritten by the reload after
	 * the next. */
	const struct master_settings start = *settings;
	struct master master = { .settings = &start,
				 .current = start,
				 .on_reload = on_reload,
				 .reload_arg = arg,
				 .lock = -1,
				 .control = -1,
				 .signals = { .fd = -1 },
				 .phase = MASTER_OPENING,
				 .status = EXIT_SUCCESS };

	assert(settings->listen_count > 0 && settings->worker.db);
	admin_child_clear(&master.admin);
	log_process("master");
	log_limit(settings->log_level);
	if (!hash_choose_key()) {
		log_error("no_random_numbers");
		return EXIT_FAILURE;
	}
	return master_is_upgrade() ? master_run_upgraded(&master) : master_run_first(&master);
}
