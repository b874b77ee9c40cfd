/* The reload, called by supervise.c in each turn of its loop. */
#include "master/reload.h"

#include "base/log.h"
#include "ipc/channel.h"
#include "master/notify.h"

#include <assert.h>

static void reload_move(struct reload *reload, enum reload_phase to)
{
	assert((reload->phase == RELOAD_IDLE && to == RELOAD_NEXT) ||
	       (reload->phase == RELOAD_NEXT && (to == RELOAD_STARTING || to == RELOAD_IDLE)) ||
	       (reload->phase == RELOAD_STARTING && to == RELOAD_NEXT));
	reload->phase = to;
}

void reload_ask(struct reload *reload, const struct channel_sender *sender)
{
	reload->asked = true;
	reload->by = *sender;
}

/* ---- Settings -------------------------------------------------------------------- */

/* Without authentication the addresses must be loopback, and they stay. */
static bool reload_is_open(const struct master *master, const struct master_settings *fresh)
{
	return !fresh->worker.auth &&
	       !listeners_are_loopback(&master->listeners, master->listeners.count);
}

/* The workers' successors inherit the level; the writer goes on. */
static void reload_set_level(const struct master *master)
{
	const struct child *writer = master_writer(master);
	const enum log_level level = master->current.log_level;

	log_limit(level);
	if (writer->pid && channel_send_level(writer->channel, level, &master->reload.by,
					      master->current.changed) != RC_OK)
		log_warn("log_level_unsent", LOG_TEXT("child", writer->name));
}

/* RC_OK with NULL: there is nothing to reload. */
static enum rc reload_read(const struct master *master, const struct master_settings **fresh,
			   struct error *err)
{
	enum rc rc;

	*fresh = NULL;
	if (master->on_reload == NULL)
		return RC_OK;
	rc = master->on_reload(master->reload_arg, fresh, err);
	if (rc != RC_OK || *fresh == NULL || !reload_is_open(master, *fresh))
		return rc;
	(void)master->on_reload(master->reload_arg, NULL, NULL);
	return error_set(err, RC_MALFORMED,
			 "auth: off would let any client read and write all, as this server is not "
			 "on loopback alone");
}

static void reload_begin(struct master *master)
{
	const struct master_settings *fresh;
	struct error err = { "" };

	master->reload.asked = false;
	if (reload_read(master, &fresh, &err) != RC_OK) {
		log_error("reload_refused", LOG_TEXT("reason", err.text));
		return;
	}
	if (fresh == NULL)
		return;
	master->current = *fresh;
	handover_keep_settings(&master->current, master->settings, true);
	reload_set_level(master);
	log_info("reload", LOG_NUMBER("workers", master->workers));
	notify_reloading();
	master->reload.slot = 0;
	reload_move(&master->reload, RELOAD_NEXT);
}

/* ---- Workers --------------------------------------------------------------------- */

static void reload_end(struct master *master)
{
	admin_child_replace(master);
	reload_move(&master->reload, RELOAD_IDLE);
	log_info("reloaded");
	notify_ready(master);
}

/* True: there was something to do, and there may be more. */
static bool reload_next(struct master *master)
{
	struct reload *reload = &master->reload;

	if (reload->slot == master->workers) {
		reload_end(master);
		return true;
	}
	if (!handover_is_done(master, reload->slot))
		return false;
	/* A worker that has died is followed by one with the new settings anyway. */
	if (master->children[reload->slot].pid == 0) {
		reload->slot++;
		return true;
	}
	handover_begin(master, reload->slot);
	master_spawn(master, reload->slot);
	reload_move(reload, RELOAD_STARTING);
	return true;
}

static bool reload_step(struct master *master)
{
	struct reload *reload = &master->reload;

	switch (reload->phase) {
	case RELOAD_IDLE:
		if (!reload->asked || master->upgrade.phase != UPGRADE_IDLE)
			return false;
		reload_begin(master);
		return reload->phase != RELOAD_IDLE;
	case RELOAD_NEXT:
		return reload_next(master);
	default:
		if (!master->children[reload->slot].ready)
			return false;
		handover_pair(master, reload->slot++);
		reload_move(reload, RELOAD_NEXT);
		return true;
	}
}

void reload_advance(struct master *master)
{
	while (master->phase == MASTER_SERVING && reload_step(master))
		;
}
