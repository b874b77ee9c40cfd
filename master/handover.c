/* Pairs a process with its successor, for reload.c and upgrade_adopt.c; the two workers
 * do the rest, see worker/handoff.h.
 *
 * Why a channel between the two, and why at this moment: a listening socket is shared
 * by the slot's processes one after the other, but a connection belongs to one process,
 * and the master holds none. Only the worker knows which of its connections are idle
 * and where each stream stands, so it must pass them itself, and for that the two need
 * a channel, which neither can make as neither has the other's descriptor. The
 * successor is ready before the predecessor is told: from then on both accept from the
 * same queue, so there is no moment without one. The successor gets its end first; the
 * predecessor, which starts to send at once, second. If either end cannot be delivered,
 * the predecessor drains as at a stop, and its clients come back by themselves. In each
 * case it has LEAVE_MS, then it is killed: a slot has room for one predecessor only. */
#include "master/handover.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "ipc/channel.h"
#include "master/state.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LEAVE_MS 8000 /* a worker itself ends within 6 s what it cannot give, a writer in 2 */

void handover_begin(struct master *master, unsigned slot)
{
	struct child *child = &master->children[slot];
	struct predecessor *predecessor = &master->predecessors[slot];

	assert(slot < master->workers && predecessor->child.pid == 0 && child->pid);
	*predecessor = (struct predecessor){ .child = *child, .leave_by = UINT64_MAX };
	child->pid = 0;
	child->channel = -1;
	child->ready = child->linked = false;
	child->start_at = child->pause = child->stillborn = 0;
}

static bool handover_send_ends(const struct child *successor, const struct child *predecessor)
{
	int ends[2];
	bool sent;

	if (channel_pair(ends) != RC_OK)
		return false;
	sent = channel_send(successor->channel, CHANNEL_HANDOFF_RECEIVE, ends[0]) == RC_OK &&
	       channel_send(predecessor->channel, CHANNEL_HANDOFF_SEND, ends[1]) == RC_OK;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return sent;
}

void handover_dismiss(struct master *master, unsigned slot)
{
	struct predecessor *predecessor = &master->predecessors[slot];

	predecessor->leave_by = clock_ms() + LEAVE_MS;
	if (predecessor->child.pid)
		(void)kill(predecessor->child.pid, SIGTERM);
}

void handover_pair(struct master *master, unsigned slot)
{
	const struct child *successor = &master->children[slot];
	struct predecessor *predecessor = &master->predecessors[slot];

	assert(slot < master->workers && successor->ready);
	predecessor->leave_by = clock_ms() + LEAVE_MS;
	if (predecessor->child.pid == 0)
		return;
	if (!handover_send_ends(successor, &predecessor->child)) {
		log_warn("handover_failed", LOG_TEXT("child", predecessor->child.name));
		handover_dismiss(master, slot);
	}
	FAULT("handover_paired");
}

void handover_kill_late(struct master *master)
{
	const uint64_t now = clock_ms();

	for (unsigned slot = 0; slot <= master->workers; slot++) {
		struct predecessor *predecessor = &master->predecessors[slot];

		if (predecessor->child.pid == 0 || now < predecessor->leave_by)
			continue;
		log_warn("child_kill", LOG_TEXT("child", predecessor->child.name),
			 LOG_NUMBER("child_pid", predecessor->child.pid));
		(void)kill(predecessor->child.pid, SIGKILL);
		predecessor->leave_by = now + LEAVE_MS;
	}
}

uint64_t handover_next(const struct master *master)
{
	uint64_t next = UINT64_MAX;

	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (master->predecessors[slot].child.pid &&
		    master->predecessors[slot].leave_by < next)
			next = master->predecessors[slot].leave_by;
	return next;
}

bool handover_is_done(const struct master *master, unsigned slot)
{
	return master->predecessors[slot].child.pid == 0;
}

bool handover_all_workers_done(const struct master *master)
{
	for (unsigned slot = 0; slot < master->workers; slot++)
		if (!handover_is_done(master, slot))
			return false;
	return true;
}

/* ---- Settings -------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const struct master_settings *a, const struct master_settings *b)
{
	bool same = a->listen_count == b->listen_count;

	for (size_t i = 0; same && i < a->listen_count; i++)
		same = same_text(a->listen[i], b->listen[i]);
	return same;
}

static bool same_rules(const struct history_rules *a, const struct history_rules *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void log_kept(const struct master_settings *fresh, const struct master_settings *kept)
{
	const struct {
		const char *option;
		bool same;
	} rows[] = {
		{ "db", same_text(fresh->worker.db, kept->worker.db) },
		{ "db-replica", same_text(fresh->worker.db_replica, kept->worker.db_replica) },
		{ "runtime-dir", same_text(fresh->place.runtime_dir, kept->place.runtime_dir) },
		{ "listen", same_list(fresh, kept) },
		{ "admin", same_text(fresh->admin, kept->admin) },
		{ "metrics-listen", same_text(fresh->metrics, kept->metrics) },
		{ "workers", fresh->workers == kept->workers },
		{ "user", same_text(fresh->user.name, kept->user.name) },
		{ "retention", fresh->retention == kept->retention },
		{ "quota", memcmp(&fresh->worker.quota, &kept->worker.quota,
				  sizeof(fresh->worker.quota)) == 0 },
		{ "history",
		  same_rules(&fresh->worker.history.versions, &kept->worker.history.versions) },
		{ "history-age",
		  same_rules(&fresh->worker.history.ages, &kept->worker.history.ages) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].same)
			log_warn("setting_kept", LOG_TEXT("option", rows[i].option),
				 LOG_TEXT("reason", "only a new start changes it"));
}

void handover_keep_settings(struct master_settings *fresh, const struct master_settings *kept,
			    bool log)
{
	assert(fresh != kept);
	if (log)
		log_kept(fresh, kept);
	fresh->worker.db = kept->worker.db;
	fresh->worker.db_replica = kept->worker.db_replica;
	fresh->place = kept->place;
	fresh->listen = kept->listen;
	fresh->listen_count = kept->listen_count;
	fresh->metrics = kept->metrics;
	fresh->admin = kept->admin;
	fresh->workers = kept->workers;
	fresh->user = kept->user;
	fresh->retention = kept->retention;
	fresh->worker.quota = kept->worker.quota;
	fresh->worker.history = kept->worker.history;
}
