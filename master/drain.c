/* The drain, called by supervise.c on a signal or a fault and in each turn of its
 * loop. */
#include "master/drain.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "master/notify.h"

#include <signal.h>

/* A drain takes 5 s at the most, with some of that left for this process's own end. */
#define WORKERS_LEAVE_MS 3500
#define ALL_LEAVE_MS 4500
#define HURRY_MS 500

static void drain_signal(const struct child *child, int signal)
{
	if (child->pid == 0)
		return;
	if (signal == SIGKILL)
		log_warn("child_kill", LOG_TEXT("child", child->name),
			 LOG_NUMBER("child_pid", child->pid));
	(void)kill(child->pid, signal);
}

static void drain_signal_slot(const struct master *master, unsigned slot, int signal)
{
	drain_signal(&master->children[slot], signal);
	drain_signal(&master->predecessors[slot].child, signal);
}

static void drain_signal_workers(const struct master *master, int signal)
{
	for (unsigned slot = 0; slot < master->workers; slot++)
		drain_signal_slot(master, slot, signal);
}

void drain_begin(struct master *master, const char *reason)
{
	if (master_is_stopping(master))
		return;
	notify_stopping();
	/* If the start has failed, its one line on stderr is not to be buried. */
	log_write(master->announced || master->upgraded ? LOG_INFO : LOG_DEBUG, "drain",
		  (struct log_field[]){ LOG_TEXT("reason", reason) }, 1);
	master_move(master, MASTER_WORKERS_LEAVE);
	master->workers_by = clock_ms() + WORKERS_LEAVE_MS;
	master->writer_by = clock_ms() + ALL_LEAVE_MS;
	listeners_close_others(&master->listeners, -1);
	drain_signal_workers(master, SIGTERM);
	admin_child_signal(master, SIGTERM);
}

void drain_after_fault(struct master *master, const char *reason)
{
	master->status = EXIT_FAILURE;
	drain_begin(master, reason);
}

void drain_hurry(struct master *master)
{
	uint64_t now = clock_ms();

	master->workers_by = now;
	if (master->writer_by > now + HURRY_MS)
		master->writer_by = now + HURRY_MS;
}

static bool slot_is_empty(const struct master *master, unsigned slot)
{
	return master->children[slot].pid == 0 && handover_is_done(master, slot);
}

static bool workers_have_left(const struct master *master)
{
	for (unsigned slot = 0; slot < master->workers; slot++)
		if (!slot_is_empty(master, slot))
			return false;
	return admin_child_is_gone(master);
}

void drain_advance(struct master *master)
{
	const unsigned writer = master->workers;

	if (master->phase == MASTER_WORKERS_LEAVE) {
		if (workers_have_left(master)) {
			master_move(master, MASTER_WRITER_LEAVES);
			drain_signal_slot(master, writer, SIGTERM);
		} else if (clock_ms() >= master->workers_by) {
			drain_signal_workers(master, SIGKILL);
			admin_child_signal(master, SIGKILL);
		}
	}
	if (master->phase == MASTER_WRITER_LEAVES) {
		if (slot_is_empty(master, writer))
			master_move(master, MASTER_DONE);
		else if (clock_ms() >= master->writer_by)
			drain_signal_slot(master, writer, SIGKILL);
	}
}
