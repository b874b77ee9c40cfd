/* Names and locks of files that commands are writing, and removal of those that killed
 * commands have left. Used by cli/atomic_file.c. */
#include "cli/temp_file.h"

#include "base/array.h"
#include "cli/say.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
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

/* Fills in the letters. */
static enum rc choose(char *letters)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char random[LETTERS];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return RC_IO;
	for (size_t i = 0; i < LETTERS; i++)
		letters[i] = alphabet[random[i] % (sizeof(alphabet) - 1)];
	return RC_OK;
}

enum rc temp_file_make(int dir, const char *base, char name[NAME_MAX + 1], int *fd)
{
	int len = snprintf(name, NAME_MAX + 1, "%s" MARK "XXXXXX", base);

	if (len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return RC_IO;
	}
	for (;;) {
		if (choose(name + len - LETTERS) != RC_OK)
			return RC_IO;
		*fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (*fd < 0 && errno != EEXIST)
			return RC_IO;
		if (*fd >= 0 && !is_lost(*fd))
			return RC_OK;
		if (*fd >= 0)
			(void)close(*fd);
	}
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

void temp_file_sweep(int parent, const char *base)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (dir == NULL && fd >= 0)
		(void)close(fd);
	while (dir && (entry = readdir(dir)) != NULL)
		if (is_name(entry->d_name, base))
			sweep_one(dirfd(dir), entry->d_name);
	if (dir)
		(void)closedir(dir);
}
