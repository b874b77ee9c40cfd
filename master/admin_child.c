/* The process of the admin page, for master.c (its socket), supervise.c (each turn of
 * the loop), reload.c, drain.c and the upgrade. */
#include "master/admin_child.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "ipc/channel.h"
#include "master/state.h"
#include "shm/shm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAVE_MS 8000
#define BACKLOG 64

/* ---- The socket ------------------------------------------------------------------ */

static enum rc listen_failed(const char *text, struct error *err)
{
	return error_set(err, RC_IO, "cannot listen on %.200s: %s; choose another with --admin",
			 text, strerror(errno));
}

/* Of mode 0600 from the start: who may connect has an administrator's rights. A socket
 * that is there is stale, as the lock of the database is this process's; anything else
 * stays. */
static int listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const mode_t mask = umask(0177);
	struct stat about;
	bool open;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (lstat(path, &about) == 0 && S_ISSOCK(about.st_mode))
		(void)unlink(path);
	open = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       listen(fd, BACKLOG) == 0;
	(void)umask(mask);
	if (open || fd < 0)
		return fd;
	(void)close(fd);
	return -1;
}

static enum rc open_unix(struct master *master, struct error *err)
{
	const struct master_settings *settings = master->settings;
	enum rc rc = user_enter(&settings->user, err);

	if (rc != RC_OK)
		return rc;
	master->admin.listener = listen_unix(settings->admin);
	if (master->admin.listener < 0)
		rc = listen_failed(settings->admin, err);
	user_leave(&settings->user);
	return rc;
}

enum rc admin_child_listen(struct master *master, struct error *err)
{
	const char *text = master->settings->admin;
	struct listen_address address;
	enum rc rc;

	admin_child_clear(&master->admin);
	if (text == NULL)
		return RC_OK;
	master->admin.is_unix = strchr(text, '/') != NULL;
	if (master->admin.is_unix)
		return open_unix(master, err);
	rc = listen_parse(text, &address, err);
	if (rc != RC_OK)
		return rc;
	master->admin.listener = listen_open_alone(&address);
	return master->admin.listener < 0 ? listen_failed(text, err) : RC_OK;
}

void admin_child_clear(struct admin_child *admin)
{
	*admin = (struct admin_child){ .listener = -1,
				       .child = { .channel = -1 },
				       .former = { .channel = -1 } };
	(void)snprintf(admin->child.name, sizeof(admin->child.name), "admin");
	(void)snprintf(admin->former.name, sizeof(admin->former.name), "admin");
}

void admin_child_adopt(struct master *master, int listener, const struct child *child)
{
	struct admin_child *admin = &master->admin;

	admin_child_clear(admin);
	admin->listener = listener;
	admin->is_unix = master->settings->admin && strchr(master->settings->admin, '/');
	admin->former.pid = child->pid;
	admin->former.channel = child->channel;
	admin->former_leave_by = UINT64_MAX;
}

void admin_child_close(struct master *master)
{
	const struct master_settings *settings = master->settings;
	struct error err;

	if (master->admin.listener < 0)
		return;
	(void)close(master->admin.listener);
	if (!master->admin.is_unix || user_enter(&settings->user, &err) != RC_OK)
		return;
	(void)unlink(settings->admin);
	user_leave(&settings->user);
}

void admin_child_close_in_child(struct admin_child *admin, bool is_admin)
{
	child_hang_up(&admin->child);
	child_hang_up(&admin->former);
	if (!is_admin && admin->listener >= 0)
		(void)close(admin->listener);
}

static const struct listen_address *listener_address(const struct master *master,
						     struct listen_address *out)
{
	out->len = sizeof(out->socket);
	(void)getsockname(master->admin.listener, &out->socket.any, &out->len);
	return out;
}

static bool is_loopback(const struct master *master)
{
	struct listen_address address;

	return master->admin.is_unix || listen_is_loopback(listener_address(master, &address));
}

void admin_child_announce(const struct master *master)
{
	struct listen_address address;
	char text[LISTEN_TEXT_MAX];

	if (master->admin.listener < 0)
		return;
	if (master->admin.is_unix) {
		(void)dprintf(STDERR_FILENO, "pocketbook: admin page at unix:%s\n",
			      master->settings->admin);
		return;
	}
	listen_format(listener_address(master, &address), text);
	(void)dprintf(STDERR_FILENO, "pocketbook: admin page at http://%s\n", text);
}

/* ---- The process ----------------------------------------------------------------- */

static int run(void *arg, const struct child *child, int channel)
{
	struct master *master = arg;
	const struct admin_inheritance inheritance = {
		.shm = master->shm,
		.listener = master->admin.listener,
		.is_unix = master->admin.is_unix,
		.is_loopback = is_loopback(master),
		.sandbox = master->current.sandbox,
		.channel = channel,
		.place = &master->settings->place,
		.settings = &master->current.worker,
	};

	child_settle(child, &master->settings->user);
	master_close_in_child(master, -1);
	admin_child_close_in_child(&master->admin, true);
	(void)close(master->lock);
	(void)close(master->control);
	return admin_run(&inheritance);
}

static void start(struct master *master)
{
	struct child *child = &master->admin.child;

	shm_keep_served(master->shm);
	if (child_start(child, run, master) == RC_OK && (master->announced || master->upgraded))
		log_info("child_start", LOG_TEXT("child", child->name),
			 LOG_NUMBER("child_pid", child->pid));
}

static bool wants(const struct master *master)
{
	const struct admin_child *admin = &master->admin;

	return admin->listener >= 0 && admin->child.pid == 0 && master_is_up(master) &&
	       master_writer(master)->ready;
}

static bool link_to_writer(struct child *admin, const struct child *writer)
{
	int ends[2];
	bool sent;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		log_error("link_failed", LOG_NUMBER("errno", errno));
		return false;
	}
	sent = channel_send(admin->channel, CHANNEL_LINK, ends[0]) == RC_OK &&
	       channel_send(writer->channel, CHANNEL_ADMIN, ends[1]) == RC_OK;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return sent;
}

bool admin_child_advance(struct master *master)
{
	struct admin_child *admin = &master->admin;
	const struct child *writer = master_writer(master);
	const uint64_t now = clock_ms();

	if (wants(master) && now >= admin->child.start_at)
		start(master);
	if (admin->former.pid && now >= admin->former_leave_by) {
		(void)kill(admin->former.pid, SIGKILL);
		admin->former_leave_by = now + LEAVE_MS;
	}
	if (!master_is_up(master) || admin->child.pid == 0 || admin->child.linked ||
	    writer->pid == 0)
		return false;
	admin->child.linked = link_to_writer(&admin->child, writer);
	return !admin->child.linked;
}

static void dismiss_former(struct admin_child *admin)
{
	admin->former_leave_by = clock_ms() + LEAVE_MS;
	(void)kill(admin->former.pid, SIGTERM);
}

void admin_child_hear(struct master *master)
{
	if (child_hear(&master->admin.child) && master->admin.former.pid &&
	    master->admin.former_leave_by == UINT64_MAX)
		dismiss_former(&master->admin);
}

/* ---- The end --------------------------------------------------------------------- */

static void log_end(const char *name, pid_t pid, int status, bool left)
{
	const struct log_field fields[] = {
		LOG_TEXT("child", name),
		LOG_NUMBER("child_pid", pid),
		WIFSIGNALED(status) ? LOG_NUMBER("signal", WTERMSIG(status))
				    : LOG_NUMBER("status", WEXITSTATUS(status)),
	};

	log_write(left ? LOG_INFO : LOG_WARN, "child_exit", fields,
		  sizeof(fields) / sizeof(fields[0]));
}

static void reap(struct child *child, bool left)
{
	const pid_t pid = child->pid;
	int status;

	if (child_reap(child, &status))
		log_end(child->name, pid, status, left);
}

void admin_child_reap(struct master *master)
{
	reap(&master->admin.child, master_is_stopping(master));
	reap(&master->admin.former, true);
}

void admin_child_replace(struct master *master)
{
	struct admin_child *admin = &master->admin;

	if (admin->child.pid == 0)
		return;
	if (admin->former.pid) {
		/* There is no room for two that leave: it is started again when it
		 * has. */
		(void)kill(admin->child.pid, SIGTERM);
		return;
	}
	admin->former = admin->child;
	dismiss_former(admin);
	admin->child.pid = 0;
	admin->child.channel = -1;
	admin->child.ready = admin->child.linked = false;
	admin->child.start_at = admin->child.pause = admin->child.stillborn = 0;
}

void admin_child_signal(const struct master *master, int signal)
{
	const pid_t pids[] = { master->admin.child.pid, master->admin.former.pid };

	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		if (pids[i])
			(void)kill(pids[i], signal);
}

bool admin_child_is_gone(const struct master *master)
{
	return master->admin.child.pid == 0 && master->admin.former.pid == 0;
}

uint64_t admin_child_next(const struct master *master)
{
	const struct admin_child *admin = &master->admin;
	uint64_t next = admin->former.pid ? admin->former_leave_by : UINT64_MAX;

	if (wants(master) && admin->child.start_at < next)
		next = admin->child.start_at;
	return next;
}
