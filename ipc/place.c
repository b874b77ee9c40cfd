/* Names and directories of the lock and the control socket of a database, for
 * ipc/lock.c and ipc/control.c. */
#include "ipc/place.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of the database file with all symbolic links resolved, split in two. */
struct real_path {
	char dir[PATH_MAX];
	char name[NAME_MAX + 1];
};

static enum rc real_path_find(const struct db_place *place, struct real_path *out,
			      struct error *err)
{
	char real[PATH_MAX], copy[PATH_MAX];
	const char *path = realpath(place->path, real) ? real : place->path;

	if (*path == '\0' || strlen(path) >= sizeof(copy))
		return error_set(err, RC_IO, "\"%.100s\" cannot be the name of a database",
				 place->db);
	(void)strcpy(copy, path);
	if (snprintf(out->name, sizeof(out->name), "%s", basename(copy)) >= (int)sizeof(out->name))
		return error_set(err, RC_IO, "the database's name is too long: %.100s…", place->db);
	(void)strcpy(copy, path);
	(void)strcpy(out->dir, dirname(copy));
	return RC_OK;
}

enum rc ipc_file_beside(const struct db_place *place, const char *suffix, struct ipc_file *out,
			struct error *err)
{
	struct real_path real;
	enum rc rc;

	assert(place->path);
	rc = real_path_find(place, &real, err);
	if (rc != RC_OK)
		return rc;
	if (snprintf(out->name, sizeof(out->name), "%s%s", real.name, suffix) >=
	    (int)sizeof(out->name))
		return error_set(err, RC_IO, "the database's name is too long: %.100s…", place->db);
	(void)strcpy(out->dir_name, real.dir);
	out->dir = open(out->dir_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (out->dir < 0)
		return error_set(err, RC_IO,
				 "cannot open the directory %.200s: %s; make it, or name another "
				 "database with --db FILE",
				 out->dir_name, strerror(errno));
	return RC_OK;
}

/* ---- The runtime directory ---- */

/* FNV-1a. The name must be the same in each process and each run, so no secret key
 * (base/hash.h); only administrators choose what is hashed. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* "test.db-0123456789abcdef.sock"; of a database server only the hash, as its URL may
 * hold a password. */
static enum rc runtime_name(const struct db_place *place, const char *suffix,
			    char out[NAME_MAX + 1], struct error *err)
{
	struct real_path real;
	char dir[PATH_MAX];
	uint64_t hash = HASH_BEGIN;
	enum rc rc;

	if (place->path == NULL) {
		(void)snprintf(out, NAME_MAX + 1, "db-%016" PRIx64 "%s", hash_text(hash, place->db),
			       suffix);
		return RC_OK;
	}
	rc = real_path_find(place, &real, err);
	if (rc != RC_OK)
		return rc;
	/* The file may not be there yet; its directory must. */
	if (realpath(real.dir, dir) == NULL)
		return error_set(err, RC_IO,
				 "cannot open the directory %.200s: %s; make it, or name another "
				 "database with --db FILE",
				 real.dir, strerror(errno));
	hash = hash_text(hash_text(hash_text(hash, dir), "/"), real.name);
	(void)snprintf(out, NAME_MAX + 1, "%.100s-%016" PRIx64 "%s", real.name, hash, suffix);
	return RC_OK;
}

/* For root: the user who owns the database is as good as root itself, since the server
 * runs as that user. */
static bool owns_database(const struct db_place *place, uid_t uid)
{
	struct real_path real;
	struct stat status;

	return place->path &&
	       (stat(place->path, &status) == 0 ||
		(real_path_find(place, &real, NULL) == RC_OK && stat(real.dir, &status) == 0)) &&
	       status.st_uid == uid;
}

/* A user who may write to the directory could put another socket there and receive what
 * administrators send. */
static enum rc runtime_dir_check(const struct db_place *place, const struct stat *status,
				 struct error *err)
{
	const char *dir = place->runtime_dir;
	uid_t uid = geteuid();

	if (status->st_uid != uid && status->st_uid != 0 &&
	    !(uid == 0 && owns_database(place, status->st_uid)))
		return error_set(err, RC_DENIED,
				 "--runtime-dir: %.200s belongs to another user (%u); name a "
				 "directory of this user or of root",
				 dir, (unsigned)status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(
			err, RC_DENIED,
			"--runtime-dir: others may write to %.200s; remove that permission "
			"(chmod go-w), or name another directory",
			dir);
	return RC_OK;
}

enum rc ipc_file_in_runtime_dir(const struct db_place *place, const char *suffix,
				struct ipc_file *out, struct error *err)
{
	struct stat status;
	enum rc rc;

	if (place->runtime_dir == NULL)
		return error_set(err, RC_IO,
				 "a database server has no directory for the lock and the control "
				 "socket; name one with --runtime-dir DIR");
	rc = runtime_name(place, suffix, out->name, err);
	if (rc != RC_OK)
		return rc;
	if (snprintf(out->dir_name, sizeof(out->dir_name), "%s", place->runtime_dir) >=
	    (int)sizeof(out->dir_name))
		return error_set(err, RC_IO, "--runtime-dir: the name is too long");
	out->dir = open(out->dir_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (out->dir < 0 || fstat(out->dir, &status) < 0)
		return error_set(err, RC_IO, "--runtime-dir: cannot open %.200s: %s", out->dir_name,
				 strerror(errno));
	rc = runtime_dir_check(place, &status, err);
	if (rc != RC_OK)
		(void)close(out->dir);
	return rc;
}
