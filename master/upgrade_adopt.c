/* What a new run makes of the record: settings that stay, sockets, children of the run
 * before. */
#include "master/upgrade.h"

#include "base/exit.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void retention_tell(bool tell, const char *name, const char *value)
{
	if (tell)
		log_warn("setting_kept", LOG_TEXT("name", name), LOG_TEXT("value", value),
			 LOG_TEXT("reason", "only a new start changes it"));
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool same_list(const struct renewal *renewal, const struct master_settings *settings)
{
	bool same = renewal->listen_count == settings->listen_count;

	for (size_t i = 0; same && i < settings->listen_count; i++)
		same = same_text(renewal->listen[i], settings->listen[i]);
	return same;
}

static void keep_user(const struct renewal *renewal, struct master_settings *settings, bool tell)
{
	struct user was = { 0 };
	struct error err;

	if (same_text(renewal->user, settings->user.name))
		return;
	retention_tell(tell, "user", renewal->user ? renewal->user : "");
	if (renewal->user && user_find(renewal->user, &was, &err) != RC_OK)
		log_error("user_refused", LOG_TEXT("reason", err.text));
	else
		settings->user = was;
}

void renew_keep(const struct renewal *renewal, struct master_settings *settings, bool tell)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", renewal->workers);
	if (!same_text(renewal->db, settings->worker.db))
		retention_tell(tell, "db", renewal->db);
	if (!same_text(renewal->runtime_dir, settings->place.runtime_dir))
		retention_tell(tell, "runtime-dir",
			       renewal->runtime_dir ? renewal->runtime_dir : "");
	if (!same_list(renewal, settings))
		retention_tell(tell, "listen", renewal->listen[0]);
	if (!same_text(renewal->metrics, settings->metrics))
		retention_tell(tell, "metrics-listen", renewal->metrics ? renewal->metrics : "");
	if (renewal->workers != settings->workers)
		retention_tell(tell, "workers", number);
	keep_user(renewal, settings, tell);
	settings->worker.db = renewal->db;
	settings->place = (struct db_place){ .db = renewal->db,
					     .path = renewal->remote ? NULL : renewal->db,
					     .runtime_dir = renewal->runtime_dir };
	settings->listen = renewal->listen;
	settings->listen_count = renewal->listen_count;
	settings->metrics = renewal->metrics;
	settings->workers = renewal->workers;
	settings->greeting = NULL;
}

int renew_try(const struct renewal *renewal, const struct master_settings *settings)
{
	if (!settings->worker.auth && !renewal->loopback) {
		(void)dprintf(STDERR_FILENO, "pocketbook: auth: off would let everybody read and "
					     "write all; an address that the server "
					     "listens on is not loopback\n");
		return EXIT_FAILURE;
	}
	return settings->try_out ? settings->try_out(settings) : EXIT_SUCCESS;
}

/* ---- Sockets and
 * children ----------------------------------------------------------------------------
 */

static enum rc adopt_listeners(const struct renewal *renewal, struct master *master,
			       struct error *err)
{
	const size_t count = renewal->fd_count / renewal->workers;
	struct listeners *listeners = &master->listeners;

	listeners_new(count - (renewal->metrics != NULL), renewal->metrics != NULL,
		      renewal->workers, listeners);
	for (size_t i = 0; i < renewal->fd_count; i++) {
		listeners->fds[i] = renewal->fds[i];
		(void)fcntl(renewal->fds[i], F_SETFD, FD_CLOEXEC);
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

enum rc renew_adopt(struct renewal *renewal, struct master *master, struct error *err)
{
	master->lock = renewal->lock;
	master->control = renewal->control;
	master->activated = renewal->activated;
	(void)fcntl(master->lock, F_SETFD, FD_CLOEXEC);
	(void)fcntl(master->control, F_SETFD, FD_CLOEXEC);
	master->olds = renewal->olds;
	master->old_count = renewal->old_count;
	renewal->olds = NULL;
	for (unsigned i = 0; i < master->old_count; i++) {
		struct child *old = &master->olds[i];

		(void)snprintf(old->name, sizeof(old->name),
			       i + 1 == master->old_count ? "writer" : "worker.%u", i);
		if (old->channel >= 0)
			(void)fcntl(old->channel, F_SETFD, FD_CLOEXEC);
	}
	master->phase = MASTER_TAKING_OVER;
	return adopt_listeners(renewal, master, err);
}
