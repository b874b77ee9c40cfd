#include "master/reload.h"

#include "ipc/channel.h"
#include "base/clock.h"
#include "base/log.h"
#include "master/notify.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LEAVE_MS 8000 /* a worker itself ends within 6 s what it cannot give */

/* ----
 * Settings ----------------------------------------------------------------------------
 */

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

/* What only a start can change stays, and is told. */
static void reload_keep(struct master_settings *fresh, const struct master_settings *start)
{
	const struct {
		const char *option;
		bool same;
	} page_cache[] = {
		{ "db", same_text(fresh->worker.db, start->worker.db) },
		{ "runtime-dir", same_text(fresh->place.runtime_dir, start->place.runtime_dir) },
		{ "listen", same_list(fresh, start) },
		{ "metrics-listen", same_text(fresh->metrics, start->metrics) },
		{ "workers", fresh->workers == start->workers },
		{ "user", same_text(fresh->user.name, start->user.name) },
		{ "retention", fresh->retention == start->retention },
	};

	for (size_t i = 0; i < sizeof(page_cache) / sizeof(page_cache[0]); i++)
		if (!page_cache[i].same)
			log_warn("reload_kept", LOG_TEXT("option", page_cache[i].option),
				 LOG_TEXT("reason", "only a new start changes it"));
	fresh->worker.db = start->worker.db;
	fresh->place = start->place;
	fresh->listen = start->listen;
	fresh->listen_count = start->listen_count;
	fresh->metrics = start->metrics;
	fresh->workers = start->workers;
	fresh->user = start->user;
	fresh->retention = start->retention;
}

/* Without authentication the addresses must be loopback, and they stay. */
static bool reload_is_open(const struct master *master, const struct master_settings *fresh)
{
	for (size_t i = 0; i < master->listeners.count && !fresh->worker.auth; i++)
		if (!listen_is_loopback(&master->listeners.addresses[i]))
			return true;
	return false;
}

/* The workers' successors inherit it; the writer goes on. */
static void reload_tell_level(const struct master *master)
{
	const struct child *writer = master_writer(master);
	const enum log_level level = master->current.log_level;

	log_limit(level);
	if (writer->pid && channel_send(writer->channel,
					(enum channel_word)(CHANNEL_LOG + (int)level), -1) != RC_OK)
		log_warn("reload_untold", LOG_TEXT("child", writer->name));
}

static void reload_begin(struct master *master)
{
	const struct master_settings *fresh = NULL;
	struct error err = { "" };
	enum rc rc =
		master->on_reload ? master->on_reload(master->reload_arg, &fresh, &err) : RC_OK;

	master->reload_asked = false;
	if (fresh == NULL && rc == RC_OK)
		return;
	if (rc == RC_OK && reload_is_open(master, fresh))
		rc = error_set(&err, RC_MALFORMED,
			       "auth: off would let everybody read and write all, as this server "
			       "is not on loopback alone");
	if (rc != RC_OK) {
		log_error("reload_refused", LOG_TEXT("reason", err.text));
		return;
	}
	master->current = *fresh;
	reload_keep(&master->current, master->settings);
	reload_tell_level(master);
	log_info("reload", LOG_NUMBER("workers", master->workers));
	notify_reloading();
	master->reload_slot = 0;
	master->replacing = false;
}

/* ----
 * Workers -----------------------------------------------------------------------------
 */

static void reload_replace(struct master *master, unsigned slot)
{
	struct child *child = &master->children[slot], *leaving = &master->leaving[slot];

	*leaving = *child;
	child->pid = 0;
	child->channel = -1;
	child->ready = child->linked = false;
	child->start_at = child->pause = child->stillborn = 0;
	master->leave_by[slot] = UINT64_MAX;
	master_spawn(master, slot);
	master->replacing = true;
}

/* The successor serves: the old one may go. Where it cannot be told how, it is told to
 * end as at a stop. */
static void reload_hand_over(struct master *master, unsigned slot)
{
	const struct child *child = &master->children[slot], *leaving = &master->leaving[slot];
	int ends[2];
	bool told = false;

	master->leave_by[slot] = clock_ms() + LEAVE_MS;
	if (leaving->pid && channel_pair(ends) == RC_OK) {
		told = channel_send(child->channel, CHANNEL_TAKE, ends[0]) == RC_OK &&
		       channel_send(leaving->channel, CHANNEL_GIVE, ends[1]) == RC_OK;
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
	if (leaving->pid && !told) {
		log_warn("hand_over_failed", LOG_NUMBER("slot", slot));
		(void)kill(leaving->pid, SIGTERM);
	}
}

/* It has had its time. */
static void reload_end(struct master *master, unsigned slot)
{
	if (master->leaving[slot].pid == 0 || master->leave_by[slot] == UINT64_MAX)
		return;
	log_warn("child_kill", LOG_TEXT("child", master->leaving[slot].name),
		 LOG_NUMBER("child_pid", master->leaving[slot].pid));
	(void)kill(master->leaving[slot].pid, SIGKILL);
	master->leave_by[slot] = UINT64_MAX;
}

void reload_advance(struct master *master)
{
	const uint64_t now = clock_ms();
	unsigned slot;

	for (slot = 0; slot < master->workers; slot++)
		if (master->leave_by[slot] <= now)
			reload_end(master, slot);
	if (master->reload_asked && master->announced && master->renew.trial == 0 &&
	    master->phase == MASTER_SERVING && master->reload_slot == master->workers)
		reload_begin(master);
	while (master->phase == MASTER_SERVING && (slot = master->reload_slot) < master->workers) {
		/* A slot has room for one that leaves. */
		if (!master->replacing && master->leaving[slot].pid)
			return;
		/* One that has died will be followed by one with the new settings
		 * anyhow. */
		if (!master->replacing && master->children[slot].pid)
			reload_replace(master, slot);
		if (master->replacing && !master->children[slot].ready)
			return;
		if (master->replacing)
			reload_hand_over(master, slot);
		master->replacing = false;
		if (++master->reload_slot == master->workers) {
			log_info("reloaded");
			notify_ready(master);
		}
	}
}

uint64_t reload_next(const struct master *master)
{
	uint64_t next = UINT64_MAX;

	for (unsigned slot = 0; slot < master->workers; slot++)
		if (master->leaving[slot].pid && master->leave_by[slot] < next)
			next = master->leave_by[slot];
	return next;
}
