#include "store/reader.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static sqlite3_vfs *real;

/* A log that is not there is made, as without it a database in WAL mode cannot be read at all. */
static int reader_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) && access(name, F_OK) == 0)
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
	return real->xOpen(real, name, file, flags, out_flags);
}

const char *reader_vfs(void)
{
	static sqlite3_vfs own;

	if (real == NULL) {
		real = sqlite3_vfs_find(NULL);
		own = *real;
		own.zName = "pocketbook-reader";
		own.xOpen = reader_open;
		if (sqlite3_vfs_register(&own, 0) != SQLITE_OK)
			abort();
	}
	return own.zName;
}
