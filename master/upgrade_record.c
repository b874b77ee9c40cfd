/* The record that one run leaves to the next, see upgrade.h: lines of a name and a
 * value. Old and new binaries read each other's: a line whose name is unknown is passed
 * over, and the head changes only if one cannot follow the other. */
#include "master/upgrade.h"

#include "base/log.h"
#include "base/mem.h"
#include "shm/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RECORD_HEAD "pocketbook-renewal 1"

/* ---- Written --------------------------------------------------------------------- */

static void record_write_texts(const struct master *master, int record)
{
	const struct master_settings *settings = master->settings;

	(void)dprintf(record, "%s\nprogram %s\ndb %s\n", RECORD_HEAD, master->program,
		      settings->worker.db);
	if (settings->place.path == NULL)
		(void)dprintf(record, "remote 1\n");
	if (settings->place.runtime_dir)
		(void)dprintf(record, "runtime-dir %s\n", settings->place.runtime_dir);
	if (settings->user.name)
		(void)dprintf(record, "user %s\n", settings->user.name);
	for (size_t i = 0; i < settings->listen_count; i++)
		(void)dprintf(record, "listen %s\n", settings->listen[i]);
	if (settings->metrics)
		(void)dprintf(record, "metrics %s\n", settings->metrics);
	if (settings->admin)
		(void)dprintf(record, "admin %s\nadmin-listener %d\nadmin-child %ld %d\n",
			      settings->admin, master->admin.listener,
			      (long)master->admin.child.pid, master->admin.child.channel);
}

int upgrade_record_write(const struct master *master)
{
	const struct listeners *listeners = &master->listeners;
	int record = memfd_create("upgrade", MFD_CLOEXEC);

	if (record < 0)
		return -1;
	record_write_texts(master, record);
	(void)dprintf(record, "workers %u\nactivated %d\nloopback %d\nlock %d\ncontrol %d\n",
		      master->workers, master->activated,
		      listeners_are_loopback(listeners, listeners->count - listeners->metrics),
		      master->lock, master->control);
	(void)dprintf(record, "database %" PRIu64 "\nlogs %" PRIu64 "\n", shm_database(master->shm),
		      shm_logs(master->shm));
	for (size_t i = 0; i < listeners->count * listeners->slots; i++)
		(void)dprintf(record, "fd %d\n", listeners->fds[i]);
	for (unsigned slot = 0; slot <= master->workers; slot++)
		(void)dprintf(record, "child %ld %d\n", (long)master->children[slot].pid,
			      master->children[slot].channel);
	if (dprintf(record, "end\n") > 0)
		return record;
	(void)close(record);
	return -1;
}

static void record_mark(int fd, bool open)
{
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, open ? 0 : FD_CLOEXEC);
}

void upgrade_record_keep_open(const struct master *master, int fd, bool open)
{
	const struct listeners *listeners = &master->listeners;

	record_mark(fd, open);
	record_mark(master->lock, open);
	record_mark(master->control, open);
	record_mark(master->admin.listener, open);
	record_mark(master->admin.child.channel, open);
	for (size_t i = 0; i < listeners->count * listeners->slots; i++)
		record_mark(listeners->fds[i], open);
	for (unsigned slot = 0; slot <= master->workers; slot++)
		record_mark(master->children[slot].channel, open);
}

/* ---- Read ------------------------------------------------------------------------ */

bool master_is_upgrade(void)
{
	return getenv(UPGRADE_VARIABLE) != NULL;
}

static void record_load(int record, struct buf *text)
{
	char bytes[4096];
	ssize_t got;

	for (off_t at = 0; (got = pread(record, bytes, sizeof(bytes), at)) > 0; at += got)
		buf_put(text, bytes, (size_t)got);
	buf_put_byte(text, 0);
}

static struct child record_child(const char *rest)
{
	long pid = 0;
	int channel = -1;

	(void)sscanf(rest, "%ld %d", &pid, &channel);
	return (struct child){ .pid = (pid_t)pid, .channel = channel, .ready = true };
}

static void record_take_child(struct upgrade_record *out, const char *rest)
{
	out->children = mem_resize(out->children, out->child_count + 1, sizeof(*out->children));
	out->children[out->child_count++] = record_child(rest);
}

static bool record_take_admin(struct upgrade_record *out, const char *name, const char *rest)
{
	if (strcmp(name, "admin") == 0)
		out->admin = rest;
	else if (strcmp(name, "admin-listener") == 0)
		out->admin_listener = atoi(rest);
	else if (strcmp(name, "admin-child") == 0)
		out->admin_child = record_child(rest);
	else
		return false;
	return true;
}

static void record_take(struct upgrade_record *out, const char *name, const char *rest)
{
	if (record_take_admin(out, name, rest))
		return;
	if (strcmp(name, "program") == 0)
		out->program = rest;
	else if (strcmp(name, "db") == 0)
		out->db = rest;
	else if (strcmp(name, "remote") == 0)
		out->remote = atoi(rest) != 0;
	else if (strcmp(name, "runtime-dir") == 0)
		out->runtime_dir = rest;
	else if (strcmp(name, "user") == 0)
		out->user = rest;
	else if (strcmp(name, "metrics") == 0)
		out->metrics = rest;
	else if (strcmp(name, "workers") == 0)
		out->workers = (unsigned)atoi(rest);
	else if (strcmp(name, "activated") == 0)
		out->activated = atoi(rest) != 0;
	else if (strcmp(name, "loopback") == 0)
		out->loopback = atoi(rest) != 0;
	else if (strcmp(name, "database") == 0)
		out->database = strtoull(rest, NULL, 10);
	else if (strcmp(name, "logs") == 0)
		out->logs = strtoull(rest, NULL, 10);
	else if (strcmp(name, "lock") == 0)
		out->lock = atoi(rest);
	else if (strcmp(name, "control") == 0)
		out->control = atoi(rest);
	else if (strcmp(name, "child") == 0)
		record_take_child(out, rest);
	else if (strcmp(name, "fd") == 0) {
		out->fds = mem_resize(out->fds, out->fd_count + 1, sizeof(int));
		out->fds[out->fd_count++] = atoi(rest);
	} else if (strcmp(name, "listen") == 0) {
		out->listen = mem_resize(out->listen, out->listen_count + 1, sizeof(char *));
		out->listen[out->listen_count++] = rest;
	}
}

/* Returns whether it was read to its end. */
static bool record_parse(struct upgrade_record *out)
{
	char *rest = NULL, *line = strtok_r(out->text.data, "\n", &rest);

	if (line == NULL || strcmp(line, RECORD_HEAD) != 0)
		return false;
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		char *space = strchr(line, ' ');

		if (strcmp(line, "end") == 0)
			return true;
		if (space == NULL)
			continue;
		*space = 0;
		record_take(out, line, space + 1);
	}
	return false;
}

static bool record_is_whole(const struct upgrade_record *out)
{
	return out->program && out->db && out->workers && out->child_count == out->workers + 1 &&
	       out->fd_count && out->fd_count % out->workers == 0;
}

enum rc upgrade_record_read(struct upgrade_record *out, struct error *err)
{
	const char *value = getenv(UPGRADE_VARIABLE);
	int record = value ? atoi(value) : -1;

	*out = (struct upgrade_record){ .dry_run = value && strchr(value, 'T'),
					.lock = -1,
					.admin_listener = -1,
					.admin_child = { .channel = -1 },
					.control = -1 };
	(void)unsetenv(UPGRADE_VARIABLE);
	record_load(record, &out->text);
	if (record > STDERR_FILENO)
		(void)close(record);
	if (!record_parse(out) || !record_is_whole(out))
		return error_set(err, RC_MALFORMED,
				 "this version cannot take over from the one that runs: stop the "
				 "server and start it again");
	return RC_OK;
}

void upgrade_record_clear(struct upgrade_record *record)
{
	buf_free(&record->text);
	free(record->listen);
	free(record->fds);
	free(record->children);
}
