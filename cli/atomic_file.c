/* Files that appear whole or not at all. Used by backup, export and restore; the
 * temporary name comes from cli/temp_file.c. */
#include "cli/atomic_file.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cli/temp_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The files that a signal removes: the unfinished one, and those that SQLite may have
 * beside it. */
#define LEFTOVERS 4
static char *leftovers[LEFTOVERS];

static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

static void on_signal(int number)
{
	for (size_t i = 0; i < LEFTOVERS; i++)
		if (leftovers[i])
			(void)unlink(leftovers[i]);
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

static void set_leftovers(const char *path)
{
	static const char *const suffixes[LEFTOVERS] = { "", "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < LEFTOVERS; i++) {
		struct buf name = BUF_EMPTY;

		buf_put_text(&name, path);
		buf_put_text(&name, suffixes[i]);
		buf_put_byte(&name, 0);
		leftovers[i] = name.data;
	}
}

static void clear_leftovers(void)
{
	for (size_t i = 0; i < LEFTOVERS; i++) {
		free(leftovers[i]);
		leftovers[i] = NULL;
	}
}

enum rc atomic_file_open(const char *target, struct atomic_file *out, struct error *err)
{
	assert(leftovers[0] == NULL); /* one at a time: signals remove only one */
	*out = (struct atomic_file){ NULL, NULL, -1 };
	temp_file_sweep(target);
	if (temp_file_make(target, &out->path, &out->fd) != RC_OK)
		return error_set(err, RC_IO, "cannot make %.200s: %s", target, strerror(errno));
	out->target = mem_copy(target, strlen(target));
	set_leftovers(out->path);
	watch_signals();
	return RC_OK;
}

static int sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC), failed;

	if (fd < 0)
		return -1;
	failed = fsync(fd) < 0 ? errno : 0;
	(void)close(fd);
	errno = failed;
	return failed ? -1 : 0;
}

enum rc atomic_file_directory(const char *path, char out[PATH_MAX])
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy))
		return RC_TOO_LARGE;
	(void)strcpy(copy, path);
	(void)strcpy(out, dirname(copy));
	return RC_OK;
}

enum rc atomic_file_sync_directory(const char *path, struct error *err)
{
	char directory[PATH_MAX];

	if (atomic_file_directory(path, directory) != RC_OK ||
	    sync_path(directory, O_DIRECTORY) < 0)
		return error_set(err, RC_IO, "the directory of %.200s did not reach the disk: %s",
				 path, strerror(errno));
	return RC_OK;
}

bool atomic_file_is_same(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* Fails if `to` exists. Network file systems cannot do this in one step (EINVAL);
 * there, it is checked first. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (faccessat(AT_FDCWD, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

/* The file has its name, or is gone. */
static void atomic_file_close(struct atomic_file *file)
{
	leave_signals();
	clear_leftovers();
	(void)close(file->fd);
	free(file->path);
	file->path = NULL;
}

enum rc atomic_file_commit(struct atomic_file *file, bool replace, struct error *err)
{
	assert(file->path && file->target);
	if (sync_path(file->path, 0) < 0)
		return error_set(err, RC_IO, "%.200s did not reach the disk: %s", file->target,
				 strerror(errno));
	if ((replace ? rename(file->path, file->target) : rename_new(file->path, file->target)) < 0)
		return error_set(err, errno == EEXIST ? RC_EXISTS : RC_IO, "cannot make %.200s: %s",
				 file->target, strerror(errno));
	atomic_file_close(file);
	if (atomic_file_sync_directory(file->target, NULL) != RC_OK)
		return error_set(err, RC_UNAVAILABLE,
				 "%.200s is there, but its name may not be on the disk yet: %s",
				 file->target, strerror(errno));
	return RC_OK;
}

void atomic_file_abort(struct atomic_file *file)
{
	if (file->path) {
		for (size_t i = 0; i < LEFTOVERS; i++)
			(void)unlink(leftovers[i]);
		atomic_file_close(file);
	}
	free(file->target);
	*file = (struct atomic_file){ NULL, NULL, -1 };
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
	return *fd < 0 ? error_set(err, RC_IO, "cannot make a temporary file in %.200s: %s",
				   directory, strerror(errno))
		       : RC_OK;
}
