/* The location of a database, and of the files by which processes on this machine find
 * each other: the lock (ipc/lock.h) and the control socket (ipc/control.h).
 *
 *   database          lock               control socket
 *   a file            FILE.lock          FILE.sock, or in the runtime directory
 *   a server's        both in the runtime directory
 *
 * The lock of a file always lies beside it. Were it to move with --runtime-dir, a
 * command without that option would not see it and would write at the same time as the
 * server. If the name of the database file is a symbolic link, its target counts, so
 * that two names of one database lead to one lock and one socket. */
#ifndef IPC_PLACE_H
#define IPC_PLACE_H

#include "base/error.h"

#include <limits.h>

struct db_place {
	const char *db;          /* as --db names it; to open it, and for messages */
	const char *path;        /* of the database file; NULL: the database is a server's */
	const char *runtime_dir; /* --runtime-dir; NULL: not given */
};

/* ---- For ipc/ and store/audit_file.c ---- */

struct ipc_file {
	int dir; /* of its directory, open for its path only (O_PATH) */
	char dir_name[PATH_MAX];
	char name[NAME_MAX + 1]; /* in that directory */
};

/* Finds the file with this suffix beside the database, or in the runtime directory,
 * under a name that no other database has. Close out->dir. RC_IO: the directory is
 * missing; RC_DENIED: the runtime directory belongs to another user or others may write
 * to it. */
MUST_USE enum rc ipc_file_beside(const struct db_place *place, const char *suffix,
				 struct ipc_file *out, struct error *err);
MUST_USE enum rc ipc_file_in_runtime_dir(const struct db_place *place, const char *suffix,
					 struct ipc_file *out, struct error *err);

#endif
