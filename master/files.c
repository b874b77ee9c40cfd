#include "master/files.h"

#include "os/chown.h"
#include "master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_QUEUE 64

struct place {
	int dir; /* open for its path alone */
	char dir_name[PATH_MAX];
	char name[NAME_MAX + 1]; /* of the file in it */
};

/* Where the file PATH + suffix lies. Close the directory. */
static enum rc place_find(const char *db, const char *suffix, struct place *out, struct error *err)
{
	char real[PATH_MAX], copy[PATH_MAX];
	const char *path = realpath(db, real) ? real : db;
	int len;

	if (*db == 0 || strlen(path) >= sizeof(copy))
		return error_set(err, RC_IO, "\"%.100s\" cannot be the name of a database", db);
	(void)strcpy(copy, path);
	len = snprintf(out->name, sizeof(out->name), "%s%s", basename(copy), suffix);
	if (len >= (int)sizeof(out->name))
		return error_set(err, RC_IO, "the database's name is too long: %.100s…", db);
	(void)strcpy(copy, path);
	(void)strcpy(out->dir_name, dirname(copy));
	out->dir = open(out->dir_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (out->dir < 0)
		return error_set(err, RC_IO,
				 "cannot open the directory %.200s: %s; make it, or name another "
				 "database with --db FILE",
				 out->dir_name, strerror(errno));
	return RC_OK;
}

/* ---- The
 * lock --------------------------------------------------------------------------------
 */

/* The holder wrote its process id; it is for people only. */
static enum rc lock_refused(int fd, const char *db, struct error *err)
{
	char text[24];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (errno != EWOULDBLOCK && len < 0)
		return error_set(err, RC_IO, "cannot lock %.200s: %s", db, strerror(errno));
	text[len > 0 ? len : 0] = 0;
	return error_set(err, RC_BUSY,
			 "another pocketbook (process %ld) has the database %.200s; stop it, or "
			 "name another with --db FILE",
			 strtol(text, NULL, 10), db);
}

static enum rc lock_take(int fd, const char *db, struct error *err)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return lock_refused(fd, db, err);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) < 0)
		return error_set(err, RC_IO, "cannot write to %.200s.lock: %s", db,
				 strerror(errno));
	return RC_OK;
}

enum rc master_lock(const char *db, int *lock, struct error *err)
{
	struct place place;
	enum rc rc = place_find(db, ".lock", &place, err);

	if (rc != RC_OK)
		return rc;
	*lock = openat(place.dir, place.name,
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	(void)close(place.dir);
	if (*lock < 0)
		return error_set(err, RC_IO,
				 "cannot open %.100s in %.200s: %s; the database's directory must "
				 "be writable, or name another with --db FILE",
				 place.name, place.dir_name, strerror(errno));
	chown_like_directory(*lock, db);
	rc = lock_take(*lock, db, err);
	if (rc != RC_OK)
		(void)close(*lock);
	return rc;
}

/* ---- The control
 * socket ------------------------------------------------------------------------------
 */

/* A path that fits where the real one may not: sockets know 107 bytes of it
 * (unix(7)). */
static enum rc control_address(const struct place *place, struct sockaddr_un *out,
			       struct error *err)
{
	int len = snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s", place->dir_name,
			   place->name);

	out->sun_family = AF_UNIX;
	if (len >= (int)sizeof(out->sun_path))
		len = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s",
			       place->dir, place->name);
	if (len >= (int)sizeof(out->sun_path))
		return error_set(err, RC_IO,
				 "the database's name is too long for a socket beside it: %.100s",
				 place->name);
	return RC_OK;
}

static enum rc control_clear(const struct place *place, struct error *err)
{
	struct stat found;

	if (fstatat(place->dir, place->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISSOCK(found.st_mode))
		return error_set(err, RC_IO,
				 "%.200s/%.100s is in the way: it is not a socket of ours; move it "
				 "elsewhere",
				 place->dir_name, place->name);
	if (unlinkat(place->dir, place->name, 0) < 0 && errno != ENOENT)
		return error_set(err, RC_IO, "cannot remove %.200s/%.100s: %s", place->dir_name,
				 place->name, strerror(errno));
	return RC_OK;
}

static enum rc control_bind(const struct place *place, int fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	enum rc rc = control_address(place, &address, err);
	mode_t mask;
	int bound;

	if (rc == RC_OK)
		rc = control_clear(place, err);
	if (rc != RC_OK)
		return rc;
	mask = umask(0177);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (bound < 0 || listen(fd, CONTROL_QUEUE) < 0)
		return error_set(err, RC_IO, "cannot make the control socket %.200s/%.100s: %s",
				 place->dir_name, place->name, strerror(errno));
	return RC_OK;
}

enum rc files_control_listen(const char *db, int *fd, struct error *err)
{
	struct place place;
	enum rc rc = place_find(db, ".sock", &place, err);

	if (rc != RC_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		rc = error_set(err, RC_IO, "cannot make a socket: %s", strerror(errno));
	else
		rc = control_bind(&place, *fd, err);
	(void)close(place.dir);
	if (rc != RC_OK && *fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return rc;
}

void files_control_remove(const char *db)
{
	struct place place;

	if (place_find(db, ".sock", &place, NULL) != RC_OK)
		return;
	(void)unlinkat(place.dir, place.name, 0);
	(void)close(place.dir);
}

static enum rc control_connect(const struct place *place, int fd, struct error *err)
{
	struct sockaddr_un address = { 0 };
	enum rc rc = control_address(place, &address, err);

	if (rc != RC_OK)
		return rc;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return RC_OK;
	rc = errno == ENOENT || errno == ECONNREFUSED ? RC_NOT_FOUND : RC_IO;
	return error_set(err, rc, "cannot reach the server by %.200s/%.100s: %s", place->dir_name,
			 place->name, strerror(errno));
}

enum rc master_control_connect(const char *db, int *fd, struct error *err)
{
	struct place place;
	enum rc rc = place_find(db, ".sock", &place, err);

	if (rc != RC_OK)
		return rc;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		rc = error_set(err, RC_IO, "cannot make a socket: %s", strerror(errno));
	else
		rc = control_connect(&place, *fd, err);
	(void)close(place.dir);
	if (rc != RC_OK && *fd >= 0)
		(void)close(*fd);
	return rc;
}
