/* The lock of a database. The master takes it for the life of a server, and commands
 * take it while they write to a database without a server (cli/admin.c). */
#include "ipc/lock.h"

#include "os/file_lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The holder wrote its process id into the file; it is for messages only. */
static enum rc lock_refused(int fd, const char *db, struct error *err)
{
	int reason = errno;
	char text[24];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (reason != EWOULDBLOCK)
		return error_set(err, RC_IO, "cannot lock %.200s: %s", db, strerror(reason));
	text[len > 0 ? len : 0] = 0;
	return error_set(err, RC_BUSY,
			 "another pocketbook (process %ld) has the database %.200s; stop it, or "
			 "name another with --db FILE",
			 strtol(text, NULL, 10), db);
}

static enum rc lock_file(int fd, const struct ipc_file *file, const char *db, struct error *err)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return lock_refused(fd, db, err);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) < 0)
		return error_set(err, RC_IO, "cannot write to %.200s/%.100s: %s", file->dir_name,
				 file->name, strerror(errno));
	return RC_OK;
}

static enum rc lock_find(const struct db_place *place, struct ipc_file *file, struct error *err)
{
	return place->path ? ipc_file_beside(place, ".lock", file, err)
			   : ipc_file_in_runtime_dir(place, ".lock", file, err);
}

/* A file can have several names, and a lock can be removed: so its writer has locked
 * the file itself as well (store/sqlite/files.c). */
static enum rc lock_check_database(const struct db_place *place, struct error *err)
{
	int fd = place->path ? open(place->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	bool taken = fd >= 0 && file_lock_is_taken(fd);

	if (fd >= 0)
		(void)close(fd);
	if (!taken)
		return RC_OK;
	return error_set(err, RC_DENIED,
			 "another process writes to the database %.200s, by another name of the "
			 "file or with a lock that was removed; stop that process first",
			 place->db);
}

enum rc lock_take(const struct db_place *place, int *lock, struct error *err)
{
	struct ipc_file file;
	enum rc rc;

	assert(place->db && lock);
	rc = lock_find(place, &file, err);
	if (rc != RC_OK)
		return rc;
	*lock = openat(file.dir, file.name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		       0600);
	(void)close(file.dir);
	if (*lock < 0)
		return error_set(err, RC_IO,
				 "cannot open %.100s in %.200s: %s; the directory must be "
				 "writable, or name another database with --db FILE",
				 file.name, file.dir_name, strerror(errno));
	rc = lock_file(*lock, &file, place->db, err);
	if (rc == RC_OK)
		rc = lock_check_database(place, err);
	if (rc != RC_OK)
		(void)close(*lock);
	return rc;
}

enum rc lock_path(const struct db_place *place, char out[LOCK_PATH_MAX], struct error *err)
{
	struct ipc_file file;
	enum rc rc = lock_find(place, &file, err);

	if (rc != RC_OK)
		return rc;
	(void)close(file.dir);
	if (snprintf(out, LOCK_PATH_MAX, "%s/%s", file.dir_name, file.name) >= LOCK_PATH_MAX)
		return error_set(err, RC_IO, "the lock's name is too long");
	return RC_OK;
}

bool lock_is_named(int lock, const char *path)
{
	struct stat held, named;

	return fstat(lock, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}
