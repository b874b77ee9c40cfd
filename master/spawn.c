#include "base/exit.h"
#include "base/log.h"
#include "master/state.h"
#include "shm/board.h"
#include "writer/writer.h"

#include <unistd.h>

/* What is the master's alone. Other children's channels above all: a copy would keep them from noticing its end. */
static void spawn_close_masters(struct master *master)
{
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (master->children[slot].channel >= 0)
			(void)close(master->children[slot].channel);
	for (unsigned slot = 0; slot < master->workers; slot++)
		if (master->leaving[slot].channel >= 0)
			(void)close(master->leaving[slot].channel);
	for (unsigned i = 0; i < master->old_count; i++)
		if (master->olds[i].channel >= 0)
			(void)close(master->olds[i].channel);
	(void)close(master->signals);
}

static int spawn_worker(void *arg, const struct child *child, int channel)
{
	struct master *master = arg;
	const unsigned slot = (unsigned)(child - master->children);
	const struct worker_inheritance inheritance = {
		.slot = slot,
		.shm = master->shm,
		.listeners = master->listeners.fds + slot * master->listeners.count,
		.listener_count = master->listeners.count,
		.metrics = master->settings->metrics != NULL,
		.channel = channel,
		.settings = &master->current.worker,
	};

	spawn_close_masters(master);
	listeners_close_others(&master->listeners, (int)slot);
	(void)close(master->lock);
	(void)close(master->control);
	board_born(master->shm, slot);
	return worker_run(&inheritance);
}

static int spawn_writer(void *arg, const struct child *child, int channel)
{
	struct master *master = arg;
	const struct writer_inheritance inheritance = {
		.shm = master->shm,
		.channel = channel,
		.control = master->control,
		.lock = master->lock,
		.db = master->settings->worker.db,
		.keep = master->current.keep,
		.again = master->announced || master->old_count,
	};

	(void)child;
	spawn_close_masters(master);
	listeners_close_others(&master->listeners, -1);
	board_born(master->shm, board_writer(master->shm));
	return writer_run(&inheritance);
}

void master_spawn(struct master *master, unsigned slot)
{
	struct child *child = &master->children[slot];

	if (child_start(child, slot == master->workers ? spawn_writer : spawn_worker, master) != RC_OK)
		return;
	if (master->announced || master->old_count)
		log_info("child_start", LOG_TEXT("child", child->name), LOG_NUMBER("child_pid", child->pid));
}
