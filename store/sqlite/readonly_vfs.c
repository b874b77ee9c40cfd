/* A file layer that opens everything read-only. Called by open.c for readers. */
#include "store/sqlite/readonly_vfs.h"

#include <unistd.h>

static sqlite3_vfs *real;

/* A missing log is created: a database in WAL mode cannot be read without one. */
static int readonly_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			 int *out_flags)
{
	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) && access(name, F_OK) == 0)
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
			SQLITE_OPEN_READONLY;
	return real->xOpen(real, name, file, flags, out_flags);
}

/* A layer above the default VFS, registered only while it is used, so that it cannot
 * become the default itself. */
int readonly_vfs_open(const char *name, int flags, sqlite3 **db)
{
	static sqlite3_vfs own;
	int code;

	real = sqlite3_vfs_find(NULL);
	if (real == NULL)
		return SQLITE_NOMEM; /* for want of which SQLite could not begin */
	own = *real;
	own.zName = "pocketbook-readonly";
	own.xOpen = readonly_open;
	code = sqlite3_vfs_register(&own, 0);
	if (code == SQLITE_OK)
		code = sqlite3_open_v2(name, db, flags | SQLITE_OPEN_READONLY, own.zName);
	(void)sqlite3_vfs_unregister(&own);
	return code;
}
