/* A file layer that fails on demand, for tests. Enabled by open.c and scan.c. */
#include "store/sqlite/fault_vfs.h"

#ifdef ENABLE_FAULTS

#include "base/array.h"
#include "base/fault.h"
#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAN_MAX 4096

/* Files of these kinds have methods of their own: those of SQLite, except the
 * operations that may fail. */
enum kind { KIND_DB, KIND_WAL, KIND_COUNT };

static const char *const kind_names[KIND_COUNT] = { [KIND_DB] = "db", [KIND_WAL] = "wal" };

/* Operations that a witness reports. */
enum note {
	NOTE_WRITE,
	NOTE_TRUNCATE,
	NOTE_SYNC,
	NOTE_COMMIT,
	NOTE_CHECKPOINT,
	NOTE_RECOVER,
	NOTE_COUNT
};

static const char *const note_names[NOTE_COUNT] = {
	[NOTE_WRITE] = "write",   [NOTE_TRUNCATE] = "truncate",     [NOTE_SYNC] = "sync",
	[NOTE_COMMIT] = "commit", [NOTE_CHECKPOINT] = "checkpoint", [NOTE_RECOVER] = "recover",
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods[KIND_COUNT];
	const sqlite3_io_methods *real_methods[KIND_COUNT];
	int last_error; /* of the last operation that was made to fail */
	bool noted[KIND_COUNT][NOTE_COUNT];
} disk;

/* ---- The plan ---- */

static int error_of(const char *name)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {
		{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EROFS", EROFS }
	};

	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	return 0;
}

static void plan_read(char text[PLAN_MAX])
{
	const char *path = getenv("POCKETBOOK_DISK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t len = fd < 0 ? 0 : read(fd, text, PLAN_MAX - 1);

	if (fd >= 0)
		(void)close(fd);
	text[len > 0 ? len : 0] = 0;
}

/* The error of the line; 0: the line is for another operation. */
static int line_error(const char *line, const char *operation, enum kind kind)
{
	char verb[16], file[16], error[16];

	if (sscanf(line, "%15s %15s %15s", verb, file, error) != 3 || error_of(error) == 0) {
		(void)dprintf(STDERR_FILENO, "pocketbook: POCKETBOOK_DISK: cannot read \"%s\"\n",
			      line);
		_exit(2);
	}
	if (strcmp(verb, operation) != 0 ||
	    (strcmp(file, kind_names[kind]) != 0 && strcmp(file, "any") != 0))
		return 0;
	return error_of(error);
}

/* Sets errno as the system would. */
static bool fails(const char *operation, enum kind kind)
{
	char text[PLAN_MAX], *rest;
	int error = 0;

	plan_read(text);
	for (char *line = strtok_r(text, "\n", &rest); line && error == 0;
	     line = strtok_r(NULL, "\n", &rest))
		error = line_error(line, operation, kind);
	if (error)
		errno = disk.last_error = error;
	return error != 0;
}

/* ---- The witness ---- */

static void witness(enum note note, enum kind kind)
{
	const char *path = getenv("POCKETBOOK_WITNESS");
	int fd;

	if (path == NULL || disk.noted[kind][note])
		return;
	disk.noted[kind][note] = true;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 ||
	    dprintf(fd, "%ld %s %s\n", (long)getpid(), note_names[note], kind_names[kind]) < 0)
		abort();
	(void)close(fd);
}

/* Is this the file to be watched? */
static bool is_meant(const char *name, enum kind kind)
{
	const char *db = getenv("POCKETBOOK_WITNESS_DB");
	size_t len = db ? strlen(db) : 0;

	return db == NULL || (name && strncmp(name, db, len) == 0 &&
			      strcmp(name + len, kind == KIND_WAL ? "-wal" : "") == 0);
}

/* ---- The file ---- */

static enum kind kind_of(const sqlite3_file *file)
{
	return file->pMethods == &disk.methods[KIND_WAL] ? KIND_WAL : KIND_DB;
}

static const sqlite3_io_methods *real_of(const sqlite3_file *file)
{
	return disk.real_methods[kind_of(file)];
}

static int fault_vfs_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
	return fails("read", kind_of(file)) ? SQLITE_IOERR_READ
					    : real_of(file)->xRead(file, data, len, at);
}

static int fault_vfs_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	witness(NOTE_WRITE, kind_of(file));
	if (kind_of(file) == KIND_WAL)
		FAULT("log_write");
	else
		FAULT("checkpoint_write");
	if (fails("write", kind_of(file)))
		return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	return real_of(file)->xWrite(file, data, len, at);
}

static int fault_vfs_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	witness(NOTE_TRUNCATE, kind_of(file));
	return fails("truncate", kind_of(file)) ? SQLITE_IOERR_TRUNCATE
						: real_of(file)->xTruncate(file, len);
}

static int fault_vfs_sync(sqlite3_file *file, int flags)
{
	witness(NOTE_SYNC, kind_of(file));
	if (kind_of(file) == KIND_WAL)
		FAULT("log_sync");
	else
		FAULT("checkpoint_sync");
	return fails("sync", kind_of(file)) ? SQLITE_IOERR_FSYNC
					    : real_of(file)->xSync(file, flags);
}

static int fault_vfs_grow(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	if (extend && fails("grow", kind_of(file))) {
		/* Existing regions need not grow. */
		int code = real_of(file)->xShmMap(file, region, size, 0, out);

		return code == SQLITE_OK && *out == NULL ? SQLITE_IOERR_SHMSIZE : code;
	}
	return real_of(file)->xShmMap(file, region, size, extend, out);
}

/* https://www.sqlite.org/walformat.html#wal_locks: the first three are those of
 * writing, checkpointing and recovering. */
static int fault_vfs_lock(sqlite3_file *file, int first, int count, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) && (flags & SQLITE_SHM_EXCLUSIVE))
		for (int lock = first; lock < first + count && lock < 3; lock++)
			witness((enum note)(NOTE_COMMIT + lock), kind_of(file));
	return real_of(file)->xShmLock(file, first, count, flags);
}

/* SQLite remembers the errno of a failure with the file. */
static int fault_vfs_control(sqlite3_file *file, int operation, void *arg)
{
	if (operation != SQLITE_FCNTL_LAST_ERRNO || disk.last_error == 0)
		return real_of(file)->xFileControl(file, operation, arg);
	*(int *)arg = disk.last_error;
	return SQLITE_OK;
}

static int fault_vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			  int *out_flags)
{
	int code = disk.real->xOpen(disk.real, name, file, flags, out_flags);
	enum kind kind = flags & SQLITE_OPEN_WAL ? KIND_WAL : KIND_DB;
	sqlite3_io_methods *methods = &disk.methods[kind];

	(void)vfs;
	if (code != SQLITE_OK || (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0 ||
	    !is_meant(name, kind))
		return code;
	disk.real_methods[kind] = file->pMethods;
	*methods = *file->pMethods;
	methods->xRead = fault_vfs_read;
	methods->xWrite = fault_vfs_write;
	methods->xTruncate = fault_vfs_truncate;
	methods->xSync = fault_vfs_sync;
	methods->xShmMap = fault_vfs_grow;
	methods->xShmLock = fault_vfs_lock;
	methods->xFileControl = fault_vfs_control;
	file->pMethods = methods;
	return SQLITE_OK;
}

/* ---- Memory ---- */

static sqlite3_mem_methods real_memory;

static void *fault_vfs_malloc(int size)
{
	return FAULT_ALLOCATION() ? NULL : real_memory.xMalloc(size);
}

static void *fault_vfs_realloc(void *old, int size)
{
	return FAULT_ALLOCATION() ? NULL : real_memory.xRealloc(old, size);
}

static void fault_vfs_memory(void)
{
	sqlite3_mem_methods memory;

	if (getenv("POCKETBOOK_LEVERS") == NULL || real_memory.xMalloc)
		return;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
		abort();
	memory = real_memory;
	memory.xMalloc = fault_vfs_malloc;
	memory.xRealloc = fault_vfs_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK)
		abort();
}

void fault_vfs_install(void)
{
	const char *plan = getenv("POCKETBOOK_DISK"), *notes = getenv("POCKETBOOK_WITNESS");

	fault_vfs_memory();
	if (disk.real || ((plan == NULL || *plan == 0) && notes == NULL))
		return;
	disk.real = sqlite3_vfs_find(NULL);
	if (disk.real == NULL)
		return;
	disk.vfs = *disk.real;
	disk.vfs.zName = "pocketbook-faulty";
	disk.vfs.xOpen = fault_vfs_open;
	if (sqlite3_vfs_register(&disk.vfs, 1) != SQLITE_OK)
		abort();
}

#endif
