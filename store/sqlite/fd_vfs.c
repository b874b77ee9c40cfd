/* A file layer for one descriptor, for copy.c. See sqlite.org/vfs.html. */
#include "store/sqlite/fd_vfs.h"

#include "base/fault.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fd_file {
	sqlite3_file base; /* first, for SQLite */
	int fd;
};

static sqlite3_vfs *real;
static int opening = -1; /* for fd_open, which has no argument of ours */

static int fd_of(sqlite3_file *file)
{
	return ((struct fd_file *)file)->fd;
}

static int fd_close(sqlite3_file *file)
{
	(void)file;
	return SQLITE_OK;
}

/* What lies beyond the end reads as zeros. */
static int fd_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	char *to = data;
	int done = 0;

	while (done < len) {
		ssize_t got = pread(fd_of(file), to + done, (size_t)(len - done), at + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SQLITE_IOERR_READ;
		if (got == 0)
			break;
		done += (int)got;
	}
	memset(to + done, 0, (size_t)(len - done));
	return done == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int fd_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	const char *from = data;
	int done = 0;

	while (done < len) {
		ssize_t put = pwrite(fd_of(file), from + done, (size_t)(len - done), at + done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 && (errno == ENOSPC || errno == EDQUOT) ? SQLITE_FULL
									       : SQLITE_IOERR_WRITE;
		done += (int)put;
	}
	return SQLITE_OK;
}

static int fd_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	return ftruncate(fd_of(file), len) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

/* The caller syncs. */
static int fd_sync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return SQLITE_OK;
}

static int fd_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct stat status;

	if (fstat(fd_of(file), &status) < 0)
		return SQLITE_IOERR_FSTAT;
	*out = status.st_size;
	return SQLITE_OK;
}

static int fd_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int fd_is_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int fd_control(sqlite3_file *file, int operation, void *arg)
{
	(void)file;
	(void)operation;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int fd_zero(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = fd_close,
	.xRead = fd_read,
	.xWrite = fd_write,
	.xTruncate = fd_truncate,
	.xSync = fd_sync,
	.xFileSize = fd_size,
	.xLock = fd_lock,
	.xUnlock = fd_lock,
	.xCheckReservedLock = fd_is_reserved,
	.xFileControl = fd_control,
	.xSectorSize = fd_zero,
	.xDeviceCharacteristics = fd_zero,
};

/* Temporary files, which have no name, are SQLite's own matter. */
static int fd_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		   int *out_flags)
{
	struct fd_file *own = (struct fd_file *)file;

	(void)vfs;
	if (name == NULL)
		return real->xOpen(real, name, file, flags, out_flags);
	own->base.pMethods = NULL;
	if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || opening < 0)
		return SQLITE_CANTOPEN;
	own->base.pMethods = &methods;
	own->fd = opening;
	opening = -1;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int fd_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	(void)name;
	(void)sync;
	return SQLITE_OK;
}

static int fd_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	(void)vfs;
	(void)name;
	(void)flags;
	*out = 0;
	return SQLITE_OK;
}

static int fd_full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	sqlite3_snprintf(room, out, "%s", name);
	return SQLITE_OK;
}

/* Registered only while it is used, so that it cannot become the default. */
int fd_vfs_open(int fd, int flags, sqlite3 **db)
{
	static sqlite3_vfs own;
	int code;

	assert(fd >= 0);
	real = sqlite3_vfs_find(NULL);
	if (real == NULL)
		return SQLITE_NOMEM; /* for want of which SQLite could not begin */
	own = *real;
	own.zName = "pocketbook-fd";
	if (own.szOsFile < (int)sizeof(struct fd_file))
		own.szOsFile = (int)sizeof(struct fd_file);
	own.xOpen = fd_open;
	own.xDelete = fd_delete;
	own.xAccess = fd_access;
	own.xFullPathname = fd_full_name;
	opening = fd;
	code = sqlite3_vfs_register(&own, 0);
	if (code == SQLITE_OK)
		code = sqlite3_open_v2("copy", db, flags | SQLITE_OPEN_READWRITE, own.zName);
	(void)sqlite3_vfs_unregister(&own);
	return code;
}
