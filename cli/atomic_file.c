/* Files that appear whole or not at all. Used by backup, export and restore; the
 * temporary name comes from cli/temp_file.c. */
#include "cli/atomic_file.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cli/temp_file.h"
#include "os/trusted_path.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The files that a signal removes: the unfinished one, and those that SQLite may have
 * beside it. */
#define LEFTOVERS 4
static char leftovers[LEFTOVERS][NAME_MAX + 1];
static int leftovers_dir = -1;

static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

static void remove_leftovers(void)
{
	for (size_t i = 0; i < LEFTOVERS && leftovers_dir >= 0; i++)
		if (leftovers[i][0])
			(void)unlinkat(leftovers_dir, leftovers[i], 0);
}

static void on_signal(int number)
{
	remove_leftovers();
	(void)raise(number); /* the handler is gone (SA_RESETHAND) */
}

static void watch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			(void)sigaction(signals[i], &action, NULL);
}

static void leave_signals(void)
{
	struct sigaction old;

	for (size_t i = 0; i < COUNT(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == on_signal)
			(void)signal(signals[i], SIG_DFL);
}

/* A name that is too long for a companion of SQLite's has none. */
static void set_leftovers(int dir, const char *name)
{
	static const char *const suffixes[LEFTOVERS] = { "", "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < LEFTOVERS; i++)
		if (snprintf(leftovers[i], sizeof(leftovers[i]), "%s%s", name, suffixes[i]) >
		    NAME_MAX)
			leftovers[i][0] = '\0';
	leftovers_dir = dir;
}

/* The path of the temporary file, for SQLite and for messages. */
static char *path_beside(const char *target, const char *name)
{
	const char *slash = strrchr(target, '/');
	struct buf path = BUF_EMPTY;

	buf_put(&path, target, slash ? (size_t)(slash - target) + 1 : 0);
	buf_put_text(&path, name);
	buf_put_byte(&path, 0);
	return path.data;
}

enum rc atomic_file_open(const char *target, struct atomic_file *out, struct error *err)
{
	assert(leftovers_dir < 0); /* one at a time: signals remove only one */
	*out = ATOMIC_FILE_NONE;
	out->dir = trusted_path_open_parent(target, out->base);
	if (out->dir < 0)
		return error_set(err, RC_IO, "cannot make %.200s: %s", target, strerror(errno));
	temp_file_sweep(out->dir, out->base);
	if (temp_file_make(out->dir, out->base, out->name, &out->fd) != RC_OK) {
		enum rc rc =
			error_set(err, RC_IO, "cannot make %.200s: %s", target, strerror(errno));

		(void)close(out->dir);
		*out = ATOMIC_FILE_NONE;
		return rc;
	}
	out->target = mem_copy(target, strlen(target));
	out->path = path_beside(target, out->name);
	set_leftovers(out->dir, out->name);
	watch_signals();
	return RC_OK;
}

enum rc atomic_file_sync_directory(const struct atomic_file *file, struct error *err)
{
	int fd = openat(file->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	int reason = errno;

	if (fd >= 0)
		(void)close(fd);
	if (synced)
		return RC_OK;
	return error_set(err, RC_IO, "the directory of %.200s did not reach the disk: %s",
			 file->target, strerror(reason));
}

bool atomic_file_replaces(const struct atomic_file *file, const char *path)
{
	struct stat one, other;

	return fstatat(file->dir, file->base, &one, 0) == 0 && stat(path, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Fails if `to` exists. Network file systems cannot do this in one step (EINVAL);
 * there, it is checked first. */
static int rename_new(int dir, const char *from, const char *to)
{
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(dir, from, dir, to);
}

/* The file has its name, or is gone. */
static void atomic_file_close(struct atomic_file *file)
{
	leave_signals();
	leftovers_dir = -1;
	atomic_file_release_rights(file);
	(void)close(file->fd);
	free(file->path);
	file->path = NULL;
}

enum rc atomic_file_commit_here(struct atomic_file *file, bool replace, struct error *err)
{
	if (fsync(file->fd) < 0)
		return error_set(err, RC_IO, "%.200s did not reach the disk: %s", file->target,
				 strerror(errno));
	if ((replace ? renameat(file->dir, file->name, file->dir, file->base)
		     : rename_new(file->dir, file->name, file->base)) < 0)
		return error_set(err, errno == EEXIST ? RC_EXISTS : RC_IO, "cannot make %.200s: %s",
				 file->target, strerror(errno));
	if (atomic_file_sync_directory(file, NULL) != RC_OK)
		return error_set(err, RC_UNAVAILABLE,
				 "%.200s is there, but its name may not be on the disk yet: %s",
				 file->target, strerror(errno));
	return RC_OK;
}

enum rc atomic_file_commit(struct atomic_file *file, bool replace, struct error *err)
{
	enum rc rc;

	assert(file->path && file->target);
	rc = file->rights >= 0 ? atomic_file_commit_there(file, replace, err)
			       : atomic_file_commit_here(file, replace, err);
	if (rc == RC_OK || rc == RC_UNAVAILABLE)
		atomic_file_close(file);
	return rc;
}

void atomic_file_abort(struct atomic_file *file)
{
	if (file->path) {
		remove_leftovers();
		atomic_file_close(file);
	}
	if (file->target)
		(void)close(file->dir);
	free(file->target);
	*file = ATOMIC_FILE_NONE;
}

/* If the file system has no unnamed files, the name is removed at once. */
static int open_unnamed(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct buf name = BUF_EMPTY;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	buf_put_text(&name, directory);
	buf_put(&name, "/pocketbook.XXXXXX", sizeof("/pocketbook.XXXXXX"));
	fd = mkostemp(name.data, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(name.data);
	buf_free(&name);
	return fd;
}

enum rc temp_file_unnamed(int *fd, struct error *err)
{
	const char *directory = getenv("TMPDIR");

	if (directory == NULL || *directory == '\0')
		directory = "/var/tmp";
	*fd = open_unnamed(directory);
	/* After a change of user, it may be a directory of the user before. */
	if (*fd < 0 && errno == EACCES)
		*fd = open_unnamed(directory = "/var/tmp");
	return *fd < 0 ? error_set(err, RC_IO, "cannot make a temporary file in %.200s: %s",
				   directory, strerror(errno))
		       : RC_OK;
}
