#include "master/takeover.h"

#include "ipc/channel.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* An old process that has not left by then is killed. A worker itself ends what it
 * cannot give within 6 s, a writer in 2. */
#define LEAVE_MS 8000

static struct child *takeover_writer(const struct master *master)
{
	return master->old_count ? &master->olds[master->old_count - 1] : NULL;
}

bool takeover_workers_left(const struct master *master)
{
	for (unsigned i = 0; i + 1 < master->old_count; i++)
		if (master->olds[i].pid)
			return false;
	return true;
}

bool takeover_writer_left(const struct master *master)
{
	return master->old_count == 0 || takeover_writer(master)->pid == 0;
}

void takeover_signal(struct master *master, bool writer, int signal)
{
	for (unsigned i = 0; i < master->old_count; i++)
		if (master->olds[i].pid && writer == (i + 1 == master->old_count))
			(void)kill(master->olds[i].pid, signal);
}

void takeover_reap(struct master *master)
{
	for (unsigned i = 0; i < master->old_count; i++) {
		struct child *old = &master->olds[i];
		const pid_t pid = old->pid;
		int status;

		if (!child_reap(old, &status))
			continue;
		log_info("child_exit", LOG_TEXT("child", old->name), LOG_NUMBER("child_pid", pid),
			 LOG_NUMBER("slot", i),
			 WIFSIGNALED(status) ? LOG_NUMBER("signal", WTERMSIG(status))
					     : LOG_NUMBER("status", WEXITSTATUS(status)));
	}
}

/* ---- From one to the
 * other -------------------------------------------------------------------------------
 */

/* An old worker that cannot be told leaves by itself, or is killed when its time is
 * up. */
static void takeover_pair(struct child *old, const struct child *child)
{
	int ends[2];

	old->linked = true;
	old->start_at = clock_ms() + LEAVE_MS;
	if (old->pid == 0)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		log_error("handoff_failed", LOG_NUMBER("errno", errno));
		(void)kill(old->pid, SIGTERM);
		return;
	}
	if (channel_send(child->channel, CHANNEL_TAKE, ends[0]) != RC_OK ||
	    channel_send(old->channel, CHANNEL_GIVE, ends[1]) != RC_OK) {
		log_error("handoff_failed", LOG_TEXT("child", old->name));
		(void)kill(old->pid, SIGTERM);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	FAULT("handover_paired");
}

bool takeover_wants(const struct master *master, unsigned slot)
{
	for (unsigned before = 0; before < slot; before++)
		if (!master->children[before].ready && !master->olds[before].linked)
			return false;
	return slot < master->workers;
}

static bool takeover_pairs(struct master *master)
{
	for (unsigned slot = 0; slot < master->workers; slot++) {
		if (master->olds[slot].linked)
			continue;
		if (!master->children[slot].ready)
			return false;
		takeover_pair(&master->olds[slot], &master->children[slot]);
	}
	return true;
}

static void takeover_kill_late(struct master *master)
{
	const uint64_t now = clock_ms();

	for (unsigned i = 0; i < master->old_count; i++) {
		struct child *old = &master->olds[i];

		if (old->pid == 0 || !old->linked || now < old->start_at)
			continue;
		log_warn("child_kill", LOG_TEXT("child", old->name),
			 LOG_NUMBER("child_pid", old->pid));
		(void)kill(old->pid, SIGKILL);
		old->start_at = now + LEAVE_MS;
	}
}

void takeover_advance(struct master *master)
{
	struct child *writer = takeover_writer(master);

	if (master->phase != MASTER_TAKING_OVER)
		return;
	takeover_kill_late(master);
	if (!takeover_pairs(master) || !takeover_workers_left(master))
		return;
	if (writer && writer->pid && !writer->linked) {
		writer->linked = true;
		writer->start_at = clock_ms() + LEAVE_MS;
		(void)kill(writer->pid, SIGTERM);
	}
	if (writer == NULL || writer->pid == 0)
		master->phase = MASTER_SERVING;
}

uint64_t takeover_next(const struct master *master)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < master->old_count; i++)
		if (master->olds[i].pid && master->olds[i].linked &&
		    master->olds[i].start_at < next)
			next = master->olds[i].start_at;
	return next;
}
