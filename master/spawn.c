/* Runs in a new child between fork and the door of its process, for supervise.c
 * and reload.c. */
#include "base/exit.h"
#include "base/log.h"
#include "master/state.h"
#include "master/user.h"
#include "shm/followers.h"
#include "shm/scoreboard.h"
#include "shm/shm.h"
#include "writer/writer.h"

#include <assert.h>
#include <unistd.h>

/* Closes what is the master's alone: a copy of another child's channel would keep that
 * one from noticing the master's end. */
void master_close_in_child(struct master *master, int kept_slot)
{
	for (unsigned slot = 0; slot <= master->workers; slot++) {
		child_hang_up(&master->children[slot]);
		child_hang_up(&master->predecessors[slot].child);
	}
	(void)close(master->signals.fd);
	listeners_close_others(&master->listeners, kept_slot);
}

/* The database is its owner's alone, so a worker of another user opens it before it
 * becomes that one. */
static int spawn_open(const struct master *master, struct store **store)
{
	const struct user *owner = &master->settings->user;
	int status;

	if (user_visit(owner) != RC_OK) {
		log_error("user_refused", LOG_TEXT("user", owner->name));
		return EXIT_FATAL;
	}
	status = worker_open(master->shm, master->current.worker.db, store);
	return user_return(owner) == RC_OK ? status : EXIT_FATAL;
}

static const struct user *spawn_worker_user(const struct master *master)
{
	return master->current.worker_user.name ? &master->current.worker_user
						: &master->settings->user;
}

/* Would requests wait for this worker? Not at the start of a server, which ends if it
 * cannot open the database, nor if the worker that it is to replace goes on. */
static bool spawn_is_waited_for(const struct master *master, unsigned slot)
{
	return (master->announced || master->upgraded) && master->predecessors[slot].child.pid == 0;
}

static int spawn_worker(void *arg, const struct child *child, int channel)
{
	struct master *master = arg;
	const unsigned slot = (unsigned)(child - master->children);
	struct worker_inheritance inheritance = {
		.slot = slot,
		.follower = followers_number(slot, child->second),
		.shm = master->shm,
		.listeners = master->listeners.fds + slot * master->listeners.count,
		.listener_count = master->listeners.count,
		.metrics = master->settings->metrics != NULL,
		.sandbox = master->current.sandbox,
		.channel = channel,
		.settings = &master->current.worker,
	};
	int status;

	master_close_in_child(master, (int)slot);
	admin_child_close_in_child(&master->admin, false);
	(void)close(master->lock);
	(void)close(master->control);
	scoreboard_born(master->shm, slot);
	worker_use_replica(master->current.worker.db_replica);
	status = spawn_open(master, &inheritance.store);
	child_settle(child, spawn_worker_user(master));
	if (status == EXIT_SUCCESS)
		return worker_run(&inheritance);
	if (status != EXIT_FATAL && spawn_is_waited_for(master, slot))
		worker_stand_in(&inheritance);
	return status;
}

static int spawn_writer(void *arg, const struct child *child, int channel)
{
	struct master *master = arg;
	const struct writer_inheritance inheritance = {
		.shm = master->shm,
		.channel = channel,
		.control = master->control,
		.lock = master->lock,
		.place = &master->settings->place,
		.db = master->settings->worker.db,
		.db_replica = master->settings->worker.db_replica,
		.retention = master->current.retention,
		.quota = master->current.worker.quota,
		.history = &master->current.worker.history,
		.sandbox = master->current.sandbox,
		.again = master->announced || master->upgraded,
	};

	child_settle(child, &master->settings->user);
	master_close_in_child(master, -1);
	admin_child_close_in_child(&master->admin, false);
	scoreboard_born(master->shm, scoreboard_writer(master->shm));
	return writer_run(&inheritance);
}

/* Is there no process that could have the database open? */
static bool is_alone(const struct master *master)
{
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (master->children[slot].pid || master->predecessors[slot].child.pid)
			return false;
	return admin_child_is_gone(master);
}

void master_spawn(struct master *master, unsigned slot)
{
	struct child *child = &master->children[slot];

	assert(slot <= master->workers && !master_is_stopping(master));
	child->second = !master->predecessors[slot].child.second;
	shm_keep_served(master->shm);
	if (is_alone(master))
		shm_forget_logs(master->shm); /* the last one has removed them, or may have */
	if (child_start(child, slot == master->workers ? spawn_writer : spawn_worker, master) !=
	    RC_OK)
		return;
	if (master->announced || master->upgraded)
		log_info("child_start", LOG_TEXT("child", child->name),
			 LOG_NUMBER("child_pid", child->pid));
}
