/* Watches over the files of an open database. Called by open.c and, through the door,
 * by the writer (writer/presence.c). */
#include "store/sqlite/files.h"

#include "base/mem.h"
#include "os/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The lock ---- */

static enum rc lock_refused(const char *path, enum rc rc, struct error *err)
{
	if (rc == RC_BUSY)
		return error_set(err, RC_DENIED,
				 "another process writes to %.200s, by another name of the file or "
				 "with a lock that was removed; stop that process first",
				 path);
	return error_set(err, RC_IO, "cannot lock %.200s: %s", path, strerror(errno));
}

/* With several names there would be several logs. */
static enum rc refuse_links(const char *path, const struct stat *status, struct error *err)
{
	if (status->st_nlink <= 1)
		return RC_OK;
	return error_set(err, RC_DENIED,
			 "%.200s has %lu names (hard links), and a server on another one would "
			 "destroy it; keep one of them, or copy the file",
			 path, (unsigned long)status->st_nlink);
}

enum rc files_lock(struct files *files, const char *path, struct error *err)
{
	struct stat status;
	enum rc rc;

	files->lock = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (files->lock < 0 || fstat(files->lock, &status) < 0)
		return error_set(err, rc_of_errno(errno), "cannot open %.200s: %s", path,
				 strerror(errno));
	rc = refuse_links(path, &status, err);
	if (rc != RC_OK)
		return rc;
	rc = file_lock_take(files->lock);
	return rc == RC_OK ? RC_OK : lock_refused(path, rc, err);
}

/* ---- The names ---- */

static char *name_of(const char *path, const char *suffix)
{
	size_t len = strlen(path), more = strlen(suffix) + 1;
	char *name = mem_alloc(len + more);

	memcpy(name, path, len);
	memcpy(name + len, suffix, more);
	return name;
}

static bool has_index_beside(const char *path)
{
	char *real = realpath(path, NULL);
	char *name = name_of(real ? real : path, "-shm");
	const bool has = access(name, F_OK) == 0;

	free(name);
	free(real);
	return has;
}

static bool has_writer(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const bool has = fd >= 0 && file_lock_is_taken(fd);

	if (fd >= 0)
		close(fd);
	return has;
}

/* The index lies beside the name of a writer as long as it has the file open: by that
 * name the file is not opened here, which would release the locks that this process may
 * have on it. */
enum rc files_refuse_other_name(const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0 || status.st_nlink <= 1 || has_index_beside(path) ||
	    !has_writer(path))
		return RC_OK;
	return error_set(err, RC_DENIED,
			 "%.200s has %lu names (hard links), and another process writes to it by "
			 "another one, where its log lies; use that name",
			 path, (unsigned long)status.st_nlink);
}

static bool same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static enum rc gone(const char *name, const char *what, struct error *err)
{
	return error_set(err, RC_MOVED, "%.200s %s", name, what);
}

enum rc files_note(struct files *files, const char *path, sqlite3 *db, struct error *err)
{
	static const char *const suffixes[FILES_COUNT] = { "", "-wal", "-shm" };
	const char *real = sqlite3_db_filename(db, "main");
	int moved = 0;

	files->path = mem_copy(path, strlen(path));
	for (int kind = 0; kind < FILES_COUNT; kind++) {
		files->names[kind] = name_of(real, suffixes[kind]);
		/* One that is missing here will be missed by files_check. */
		(void)stat(files->names[kind], &files->stats[kind]);
	}
	/* Was it the file that SQLite has open? */
	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved ? gone(path, "was removed or replaced while it was opened", err) : RC_OK;
}

static enum rc check_database(struct files *files, struct error *err)
{
	struct stat now;

	if (stat(files->path, &now) < 0)
		return gone(files->path, "was removed or renamed", err);
	if (!same_file(&now, &files->stats[FILES_DB]))
		return gone(files->path, "is another file now", err);
	if (now.st_nlink > 1)
		return gone(files->path, "has a second name (a hard link)", err);
	if (now.st_size < files->size)
		return gone(files->path, "was truncated", err);
	files->size = now.st_size;
	return RC_OK;
}

enum rc files_check(struct files *files, struct error *err)
{
	enum rc rc = check_database(files, err);

	for (int kind = FILES_WAL; rc == RC_OK && kind < FILES_COUNT; kind++) {
		struct stat now;

		if (stat(files->names[kind], &now) < 0)
			rc = gone(files->names[kind], "was removed or renamed", err);
		else if (!same_file(&now, &files->stats[kind]))
			rc = gone(files->names[kind], "is another file now", err);
	}
	return rc;
}

uint64_t files_identity(const struct files *files)
{
	const struct stat *db = &files->stats[FILES_DB];

	return (uint64_t)db->st_ino ^ (uint64_t)db->st_dev << 44 ^ UINT64_C(1) << 63;
}

/* The same in the run after an upgrade, so not by a hash with a key of its own. */
static uint64_t logs_number(const struct stat *wal, const struct stat *shm)
{
	const uint64_t number =
		(uint64_t)wal->st_ino * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)shm->st_ino;

	return number ? number : 1;
}

uint64_t files_logs(const struct files *files)
{
	return logs_number(&files->stats[FILES_WAL], &files->stats[FILES_SHM]);
}

uint64_t files_logs_at(const char *path)
{
	char *real = realpath(path, NULL);
	char *wal = name_of(real ? real : path, "-wal"), *shm = name_of(real ? real : path, "-shm");
	struct stat wal_now, shm_now;
	const bool are = stat(wal, &wal_now) == 0 && stat(shm, &shm_now) == 0;

	free(real);
	free(wal);
	free(shm);
	return are ? logs_number(&wal_now, &shm_now) : 0;
}

void files_forget(struct files *files)
{
	for (int kind = 0; kind < FILES_COUNT; kind++)
		free(files->names[kind]);
	free(files->path);
	if (files->lock >= 0)
		(void)close(files->lock);
	*files = FILES_NONE;
}
