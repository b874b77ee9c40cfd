/* Names and locks of files that commands are writing, and removal of those that killed
 * commands have left. Used by cli/atomic_file.c. */
#include "cli/temp_file.h"

#include "base/array.h"
#include "base/mem.h"
#include "cli/say.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".unfinished-"
#define LETTERS 6 /* of mkostemp(3) */

enum hold {
	HOLD_OK,
	HOLD_TAKEN, /* another process has it */
	HOLD_NONE,  /* locks of this file system are not reliable */
};

/* Network file systems implement flock(2) by the locks that SQLite takes, so it would
 * lock SQLite out of its own file. F_GETLK reports such a lock, and does not report a
 * local flock. */
static enum hold file_hold(int fd)
{
	struct flock other = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? HOLD_TAKEN : HOLD_NONE;
	if (fcntl(fd, F_GETLK, &other) == 0 && other.l_type == F_UNLCK)
		return HOLD_OK;
	(void)flock(fd, LOCK_UN);
	return HOLD_NONE;
}

/* Between its creation and its lock, a file looks like one that was left behind:
 * another process may have locked it for a moment, or removed it. */
static bool is_lost(int fd)
{
	struct stat status;

	return file_hold(fd) == HOLD_TAKEN || fstat(fd, &status) < 0 || status.st_nlink == 0;
}

enum rc temp_file_make(const char *target, char **path, int *fd)
{
	struct buf name = BUF_EMPTY;

	buf_put_text(&name, target);
	buf_put(&name, MARK "XXXXXX", sizeof(MARK "XXXXXX"));
	while ((*fd = mkostemp(name.data, O_CLOEXEC)) >= 0 && is_lost(*fd)) {
		(void)close(*fd);
		memset(name.data + name.len - 1 - LETTERS, 'X', LETTERS);
	}
	if (*fd < 0) {
		buf_free(&name);
		return RC_IO;
	}
	*path = name.data;
	return RC_OK;
}

/* ---- What was left ---- */

/* Is it an unfinished file of the target with this name in its directory? */
static bool is_name(const char *name, const char *base)
{
	size_t len = strlen(base), mark = strlen(MARK);

	if (strlen(name) != len + mark + LETTERS || memcmp(name, base, len) != 0 ||
	    memcmp(name + len, MARK, mark) != 0)
		return false;
	for (const char *at = name + len + mark; *at; at++)
		if (!isalnum((unsigned char)*at))
			return false;
	return true;
}

/* Was the open file created by a command of ours, and does it still have that name? */
static bool is_ours(int dir, const char *name, int fd)
{
	struct stat file, named;

	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & 07777) == 0600 &&
	       file.st_nlink == 1 && (file.st_uid == geteuid() || geteuid() == 0) &&
	       fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_dev == file.st_dev && named.st_ino == file.st_ino;
}

/* The file itself is last: without it, the others would not be found. */
static void remove_all(int dir, const char *name)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm", "" };
	char beside[NAME_MAX + 1];

	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (snprintf(beside, sizeof(beside), "%s%s", name, suffixes[i]) <
			    (int)sizeof(beside) &&
		    unlinkat(dir, beside, 0) == 0 && *suffixes[i] == '\0')
			say("removed %s, left by a command that was killed", name);
}

static void sweep_one(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (file_hold(fd) == HOLD_OK && is_ours(dir, name, fd))
		remove_all(dir, name);
	(void)close(fd);
}

void temp_file_sweep(const char *target)
{
	char *copy = mem_copy(target, strlen(target)), *other = mem_copy(target, strlen(target));
	const char *base = basename(other);
	DIR *dir = opendir(dirname(copy));
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (is_name(entry->d_name, base))
			sweep_one(dirfd(dir), entry->d_name);
	if (dir)
		(void)closedir(dir);
	free(copy);
	free(other);
}
