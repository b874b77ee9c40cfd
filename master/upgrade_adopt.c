/* The new run's part of an upgrade: settings that stay, sockets and children of the run
 * before (master.c), then the predecessors, slot by slot (supervise.c). */
#include "master/upgrade.h"

#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/shm.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Settings -------------------------------------------------------------------- */

/* The user of the run before, found by name again. */
static struct user kept_user(const struct upgrade_record *record,
			     const struct master_settings *settings)
{
	const char *name = settings->user.name;
	struct user kept = { 0 };
	struct error err;

	if (record->user == name || (record->user && name && strcmp(record->user, name) == 0))
		return settings->user;
	if (record->user && user_find(record->user, &kept, &err) != RC_OK) {
		log_error("user_refused", LOG_TEXT("reason", err.text));
		return settings->user;
	}
	return kept;
}

void upgrade_keep_settings(const struct upgrade_record *record, struct master_settings *settings,
			   bool log)
{
	struct master_settings kept = *settings;

	kept.worker.db = record->db;
	kept.place = (struct db_place){ .db = record->db,
					.path = record->remote ? NULL : record->db,
					.runtime_dir = record->runtime_dir };
	kept.listen = record->listen;
	kept.listen_count = record->listen_count;
	kept.metrics = record->metrics;
	kept.admin = record->admin;
	kept.workers = record->workers;
	kept.user = kept_user(record, settings);
	handover_keep_settings(settings, &kept, log);
	settings->greeting = NULL;
}

int upgrade_dry_run(const struct upgrade_record *record, const struct master_settings *settings)
{
	if (!settings->worker.auth && !record->loopback) {
		(void)dprintf(STDERR_FILENO, "pocketbook: auth: off would let any client read and "
					     "write all; an address that the server "
					     "listens on is not loopback\n");
		return EXIT_FAILURE;
	}
	return settings->dry_run ? settings->dry_run(settings) : EXIT_SUCCESS;
}

/* ---- Sockets and children -------------------------------------------------------- */

static void keep_closed_on_exec(int fd)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static enum rc adopt_listeners(const struct upgrade_record *record, struct master *master,
			       struct error *err)
{
	const size_t count = record->fd_count / record->workers;
	struct listeners *listeners = &master->listeners;

	listeners_new(count - (record->metrics != NULL), record->metrics != NULL, record->workers,
		      listeners);
	for (size_t i = 0; i < record->fd_count; i++) {
		listeners->fds[i] = record->fds[i];
		keep_closed_on_exec(record->fds[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct listen_address *address = &listeners->addresses[i];

		address->len = sizeof(address->socket);
		if (getsockname(listeners->fds[i], &address->socket.any, &address->len) < 0)
			return error_set(err, RC_IO, "a listening socket was lost: %s",
					 strerror(errno));
	}
	return RC_OK;
}

enum rc upgrade_adopt(const struct upgrade_record *record, struct master *master, struct error *err)
{
	assert(master->phase == MASTER_TAKING_OVER);
	master->lock = record->lock;
	master->control = record->control;
	master->activated = record->activated;
	keep_closed_on_exec(master->lock);
	keep_closed_on_exec(master->control);
	keep_closed_on_exec(record->admin_listener);
	keep_closed_on_exec(record->admin_child.channel);
	admin_child_adopt(master, record->admin_listener, &record->admin_child);
	for (unsigned i = 0; i < record->child_count; i++)
		keep_closed_on_exec(record->children[i].channel);
	return adopt_listeners(record, master, err);
}

void upgrade_adopt_served(const struct upgrade_record *record, struct shm *shm)
{
	if (record->database)
		(void)shm_serves(shm, record->database);
	if (record->logs)
		(void)shm_serves_logs(shm, record->logs);
	shm_keep_served(shm);
}

void upgrade_adopt_children(const struct upgrade_record *record, struct master *master)
{
	assert(record->child_count == master->workers + 1);
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		struct predecessor *predecessor = &master->predecessors[slot];

		*predecessor = (struct predecessor){ .child = record->children[slot],
						     .leave_by = UINT64_MAX,
						     .inherited = true };
		memcpy(predecessor->child.name, master->children[slot].name,
		       sizeof(predecessor->child.name));
	}
}

/* ---- Slot by slot ---------------------------------------------------------------- */

/* A predecessor's hand over has begun, or it has gone without. */
static bool is_paired(const struct master *master, unsigned slot)
{
	return master->predecessors[slot].leave_by != UINT64_MAX;
}

/* One worker after the other, so that most serve at any time. */
bool upgrade_wants(const struct master *master, unsigned slot)
{
	for (unsigned before = 0; before < slot; before++)
		if (!master->children[before].ready && !is_paired(master, before))
			return false;
	return slot < master->workers;
}

static bool pair_workers(struct master *master)
{
	for (unsigned slot = 0; slot < master->workers; slot++) {
		if (is_paired(master, slot))
			continue;
		if (!master->children[slot].ready)
			return false;
		handover_pair(master, slot);
	}
	return true;
}

void upgrade_take_over(struct master *master)
{
	const unsigned writer = master->workers;

	if (master->phase != MASTER_TAKING_OVER || !pair_workers(master) ||
	    !handover_all_workers_done(master))
		return;
	if (handover_is_done(master, writer))
		master_move(master, MASTER_STARTING);
	else if (!is_paired(master, writer))
		handover_dismiss(master, writer);
}
