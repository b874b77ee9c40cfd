/* Walks a path component by component, so that root knows whom it trusts in using it.
 * Used by cli/database.c for the database, and for files that root names beside it. */
#include "os/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as in path_resolution(7) */

/* Of a directory: who can change the names in it. */
enum trust {
	TRUST_ROOT,   /* root alone */
	TRUST_STICKY, /* others can add names, and change those of their own */
	TRUST_SHARED, /* the directory is root's, but others may write to it */
	TRUST_FOREIGN /* its owner */
};

struct walk {
	int dir; /* O_PATH */
	enum trust trust;
	bool is_beyond;          /* a directory on the way was not root's alone */
	struct path_owner owner; /* of the first such directory */
	bool is_shared;          /* it was TRUST_SHARED */
	char rest[PATH_MAX];     /* of the path, from dir */
	char last[NAME_MAX + 1]; /* its last component, when all others are walked */
	unsigned links;
};

/* The user whom the kernel shows in place of all that this namespace does not know
 * (user_namespaces(7)) is none that could do anything here. */
static bool is_outside(uid_t uid)
{
	unsigned long first, outside, count;
	bool known = false;
	FILE *map = fopen("/proc/self/uid_map", "re");

	if (map == NULL)
		return false;
	while (!known && fscanf(map, "%lu %lu %lu", &first, &outside, &count) == 3)
		known = uid >= first && uid - first < count;
	(void)fclose(map);
	return !known;
}

static bool is_roots(uid_t uid)
{
	return uid == 0 || is_outside(uid);
}

static enum trust trust_of(const struct stat *status)
{
	bool writable =
		(status->st_mode & S_IWOTH) || ((status->st_mode & S_IWGRP) && status->st_gid != 0);

	if (!is_roots(status->st_uid))
		return TRUST_FOREIGN;
	if (!writable)
		return TRUST_ROOT;
	return status->st_mode & S_ISVTX ? TRUST_STICKY : TRUST_SHARED;
}

static void walk_meet(struct walk *walk, uid_t uid, bool is_shared)
{
	if (walk->is_beyond)
		return;
	walk->is_beyond = true;
	walk->is_shared = is_shared;
	walk->owner = (struct path_owner){ !is_shared, uid };
}

/* The descriptor becomes the walk's. */
static int walk_enter(struct walk *walk, int dir)
{
	struct stat status;

	if (walk->dir >= 0)
		(void)close(walk->dir);
	walk->dir = dir;
	if (dir < 0 || fstat(dir, &status) < 0)
		return -1;
	walk->trust = trust_of(&status);
	if (walk->trust == TRUST_FOREIGN || walk->trust == TRUST_SHARED)
		walk_meet(walk, status.st_uid, walk->trust == TRUST_SHARED);
	return 0;
}

static int walk_begin(struct walk *walk, const char *path)
{
	char here[PATH_MAX] = "";

	*walk = (struct walk){ .dir = -1 };
	if (path[0] == '\0') {
		errno = ENOENT;
		return -1;
	}
	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return -1;
	if (snprintf(walk->rest, sizeof(walk->rest), "%s/%s", here, path) >=
	    (int)sizeof(walk->rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return walk_enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Takes the next component off; false: there is none. *is_last: nothing but slashes
 * follows. */
static bool walk_next(struct walk *walk, char name[NAME_MAX + 1], bool *is_last)
{
	const char *from = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(from, "/");
	const char *after = from + len;

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, from, len);
	name[len] = '\0';
	*is_last = after[strspn(after, "/")] == '\0';
	memmove(walk->rest, after, strlen(after) + 1);
	return true;
}

static int walk_follow(struct walk *walk, int link)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target) - 1);

	if (len <= 0 || ++walk->links > LINKS_MAX) {
		errno = len < 0 ? errno : ELOOP;
		return -1;
	}
	target[len] = '\0';
	if (snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest) >= (int)sizeof(rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)strcpy(walk->rest, rest);
	return target[0] == '/' ? walk_enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* One component, opened as `fd`, which is taken. 1: it was the last one. */
static int walk_step(struct walk *walk, const char *name, int fd, bool is_last, bool follow_last)
{
	struct stat status;
	int result;

	if (fstat(fd, &status) < 0)
		return -1;
	if (walk->trust == TRUST_STICKY && !is_roots(status.st_uid))
		walk_meet(walk, status.st_uid, false);
	if (is_last && !(follow_last && S_ISLNK(status.st_mode))) {
		(void)strcpy(walk->last, name);
		(void)close(fd);
		return 1;
	}
	if (S_ISDIR(status.st_mode))
		return walk_enter(walk, fd);
	errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
	result = S_ISLNK(status.st_mode) && !walk->is_beyond ? walk_follow(walk, fd) : -1;
	(void)close(fd);
	return result;
}

/* Walks to the last component, or until a directory on the way is not root's alone if
 * `until_beyond`. 0: walk->dir is where the walk has ended. */
static int walk_all(struct walk *walk, bool until_beyond, bool follow_last)
{
	char name[NAME_MAX + 1];
	bool is_last;
	int result = 0;

	while (result == 0 && !(until_beyond && walk->is_beyond) &&
	       walk_next(walk, name, &is_last)) {
		int fd = openat(walk->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT && is_last) {
			(void)strcpy(walk->last, name);
			return 0;
		}
		result = fd < 0 ? -1 : walk_step(walk, name, fd, is_last, follow_last);
	}
	return result < 0 ? -1 : 0;
}

/* ---- Becoming the owner ---- */

static enum rc refuse_shared(const char *path, struct error *err)
{
	return error_set(err, RC_DENIED,
			 "%.200s: a directory on its way is root's, but others may write to it; "
			 "remove that permission (chmod go-w), or run the command as the user of "
			 "the server",
			 path);
}

enum rc trusted_path_owner(const char *path, struct path_owner *out, struct error *err)
{
	struct walk walk;
	int failed;

	*out = (struct path_owner){ false, 0 };
	if (geteuid() != 0)
		return RC_OK;
	failed = walk_begin(&walk, path) < 0 || walk_all(&walk, true, true) < 0 ? errno : 0;
	if (walk.dir >= 0)
		(void)close(walk.dir);
	*out = walk.owner;
	if (walk.is_shared)
		return refuse_shared(path, err);
	/* The caller that opens it reports a missing part. */
	if (failed && failed != ENOENT && failed != ENOTDIR && failed != ELOOP)
		return error_set(err, RC_IO, "%.200s: %s", path, strerror(failed));
	return RC_OK;
}

/* Without an entry in the user database: no groups but that of the user nobody. The
 * group of the directory may be one that its owner is no member of. */
#define GROUP_NONE 65534

enum rc trusted_path_become(const struct path_owner *owner, struct error *err)
{
	const struct passwd *found = owner->is_foreign ? getpwuid(owner->uid) : NULL;
	gid_t gid = found ? found->pw_gid : GROUP_NONE;
	uid_t uid = owner->uid;

	if (!owner->is_foreign)
		return RC_OK;
	if ((found ? initgroups(found->pw_name, gid) : setgroups(0, NULL)) == 0 &&
	    setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0 && setuid(0) < 0)
		return RC_OK;
	return error_set(err, RC_DENIED, "cannot act as the user %u, whose directory it is in: %s",
			 (unsigned)uid, strerror(errno));
}

/* ---- Opening files of root's ---- */

static int open_foreign(const struct walk *walk)
{
	int fd = openat(walk->dir, walk->last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1)
		return fd;
	if (fd >= 0) {
		(void)close(fd);
		errno = ELOOP;
	}
	return -1;
}

int trusted_path_open(const char *path)
{
	struct walk walk;
	int fd = -1;

	if (geteuid() != 0)
		return open(path, O_RDONLY | O_CLOEXEC);
	/* A link of /proc that leads to no path, such as /dev/stdin, ends the walk. */
	if ((walk_begin(&walk, path) < 0 || walk_all(&walk, false, true) < 0) && walk.is_beyond)
		fd = -1;
	else if (walk.is_beyond)
		fd = open_foreign(&walk);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (walk.dir >= 0)
		(void)close(walk.dir);
	return fd;
}

/* For users other than root: links are followed as ever. */
static int open_parent_plainly(const char *path, char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	char directory[PATH_MAX];

	if (*last == '\0' || strlen(last) > NAME_MAX || strlen(path) >= sizeof(directory)) {
		errno = *last ? ENAMETOOLONG : EISDIR;
		return -1;
	}
	(void)strcpy(name, last);
	(void)snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(last - path) : 1,
		       slash ? path : ".");
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int trusted_path_open_parent(const char *path, char name[NAME_MAX + 1])
{
	struct walk walk;

	if (geteuid() != 0)
		return open_parent_plainly(path, name);
	if (walk_begin(&walk, path) < 0 || walk_all(&walk, false, false) < 0) {
		if (walk.dir >= 0)
			(void)close(walk.dir);
		return -1;
	}
	if (walk.last[0] == '\0') {
		(void)close(walk.dir);
		errno = EISDIR;
		return -1;
	}
	(void)strcpy(name, walk.last);
	return walk.dir;
}
