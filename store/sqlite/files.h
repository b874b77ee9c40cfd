/* The files of an open database: which process writes to them, and whether they are
 * still where they were opened. SQLite never asks: it would go on writing to files that
 * were removed or replaced, and everything that it has confirmed since would be lost.
 *
 * A file cannot take the number (inode) of one that is open, so the numbers that are
 * found at the names say whether the files are the same. */
#ifndef STORE_SQLITE_FILES_H
#define STORE_SQLITE_FILES_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum files_kind { FILES_DB, FILES_WAL, FILES_SHM, FILES_COUNT };

struct files {
	char *path;                     /* as it was opened; NULL: not noted */
	char *names[FILES_COUNT];       /* where the files lie, links resolved */
	struct stat stats[FILES_COUNT]; /* when they were opened */
	off_t size;                     /* of the database, which only grows */
	int lock;                       /* of a writer; -1 */
};

#define FILES_NONE ((struct files){ .lock = -1 })

/* For a writer, before SQLite opens the file: makes sure that no other process writes
 * to it, under any name. RC_DENIED: one does, or the file has several names;
 * RC_IO. */
MUST_USE enum rc files_lock(struct files *files, const char *path, struct error *err);
/* For a reader, before SQLite opens the file: the log lies beside the name that the
 * writer has opened, so that by another name (a hard link) the latest writes would be
 * missing, unnoticed. RC_DENIED. */
MUST_USE enum rc files_refuse_other_name(const char *path, struct error *err);
/* Remembers the files of a connection that has read the database. RC_MOVED: they are
 * not at their names any more. */
MUST_USE enum rc files_note(struct files *files, const char *path, sqlite3 *db, struct error *err);
/* Are the files of a writer still the ones at their names? RC_MOVED: `err` says which
 * is not. Takes some microseconds. */
MUST_USE enum rc files_check(struct files *files, struct error *err);
/* A number that differs from that of any other database. */
uint64_t files_identity(const struct files *files);
/* A number of the log and the wal-index: of those that were opened, and of those that
 * are at the names now (0: one is missing). */
uint64_t files_logs(const struct files *files);
uint64_t files_logs_at(const char *path);
/* After SQLite has closed them. */
void files_forget(struct files *files);

#endif
