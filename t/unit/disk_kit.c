/* See disk_kit.h. */
#include "disk_kit.h"

#include <errno.h>
#include <sqlite3.h>

struct disk disk;

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods log, db;
	const sqlite3_io_methods *real_log, *real_db;
} layer;

static int answer(int code)
{
	errno = disk.error;
	return code;
}

/* SQLite remembers the errno of a failure with the file. */
static int log_control(sqlite3_file *file, int operation, void *arg)
{
	if (operation != SQLITE_FCNTL_LAST_ERRNO)
		return layer.real_log->xFileControl(file, operation, arg);
	*(int *)arg = disk.error;
	return SQLITE_OK;
}

static int log_sync(sqlite3_file *file, int flags)
{
	disk.syncs++;
	return disk.log_sync ? answer(disk.log_sync) : layer.real_log->xSync(file, flags);
}

static int log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	if (disk.log_limit && at + len > disk.log_limit)
		return SQLITE_FULL;
	return disk.log_write ? answer(disk.log_write)
			      : layer.real_log->xWrite(file, data, len, at);
}

static int db_sync(sqlite3_file *file, int flags)
{
	return disk.db_sync ? answer(disk.db_sync) : layer.real_db->xSync(file, flags);
}

static int db_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	return disk.db_write ? answer(disk.db_write) : layer.real_db->xWrite(file, data, len, at);
}

static int db_grow(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	int code = layer.real_db->xShmMap(file, region, size, extend && !disk.grow, out);

	return code == SQLITE_OK && *out == NULL && extend ? answer(disk.grow) : code;
}

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		      int *out_flags)
{
	int code = layer.real->xOpen(layer.real, name, file, flags, out_flags);

	(void)vfs;
	if (code != SQLITE_OK || (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0)
		return code;
	if (flags & SQLITE_OPEN_WAL) {
		layer.real_log = file->pMethods;
		layer.log = *file->pMethods;
		layer.log.xSync = log_sync;
		layer.log.xWrite = log_write;
		layer.log.xFileControl = log_control;
		file->pMethods = &layer.log;
	} else {
		layer.real_db = file->pMethods;
		layer.db = *file->pMethods;
		layer.db.xSync = db_sync;
		layer.db.xWrite = db_write;
		layer.db.xShmMap = db_grow;
		file->pMethods = &layer.db;
	}
	return SQLITE_OK;
}

int disk_setup(void **state)
{
	disk = (struct disk){ .error = EIO };
	layer.real = sqlite3_vfs_find(NULL);
	layer.vfs = *layer.real;
	layer.vfs.zName = "failing";
	layer.vfs.xOpen = layer_open;
	return sqlite3_vfs_register(&layer.vfs, 1) == SQLITE_OK ? kit_setup(state) : -1;
}

int disk_teardown(void **state)
{
	int result;

	disk = (struct disk){ .error = EIO };
	result = kit_teardown(state);
	sqlite3_vfs_unregister(&layer.vfs);
	return result;
}
