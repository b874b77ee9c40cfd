/* A file that is written under another name beside its target and renamed when it is
 * complete, so that it is never half there. It is used by its descriptors: another user
 * who may change names in the directory cannot turn it into another file. */
#ifndef CLI_ATOMIC_FILE_H
#define CLI_ATOMIC_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct atomic_file {
	char *target;
	char *path; /* the unfinished file, mode 0600; NULL when it is finished or gone */
	int fd;     /* as long as path: for reading and writing, and its lock, which keeps
		     * others from removing it (cli/temp_file.h) */
	int dir;    /* the directory of both names */
	char name[NAME_MAX + 1];
	char base[NAME_MAX + 1];
	int rights; /* to the process that keeps the rights; -1: none does */
	pid_t keeper;
};

#define ATOMIC_FILE_NONE ((struct atomic_file){ .fd = -1, .dir = -1, .rights = -1 })

/* Creates the empty file. One at a time in a process. First removes what killed
 * commands have left of the same target. A signal that ends the process (SIGHUP,
 * SIGINT, SIGTERM) removes the file, until atomic_file_commit or atomic_file_abort. In
 * directories of others, root follows no links. */
MUST_USE enum rc atomic_file_open(const char *target, struct atomic_file *out, struct error *err);
/* Syncs the file and renames it; on RC_OK both are on disk. No other descriptor of it
 * may be in use. RC_EXISTS: there is a file of that name, and `replace` is false;
 * RC_UNAVAILABLE: it has its name, which a loss of power may undo. */
MUST_USE enum rc atomic_file_commit(struct atomic_file *file, bool replace, struct error *err);
/* Removes the file unless it was committed, and frees. A zeroed struct is fine. */
void atomic_file_abort(struct atomic_file *file);

/* Before the process becomes another user: starts a process that stays who it is, and
 * that renames or removes the file for this one, also if this one is killed. */
MUST_USE enum rc atomic_file_keep_rights(struct atomic_file *file, struct error *err);

/* A file without a name, for reading and writing, which is gone when it is closed: in
 * TMPDIR, or else on a disk (/tmp may be memory). */
MUST_USE enum rc temp_file_unnamed(int *fd, struct error *err);

/* Syncs its directory, so that changes of names in it are on disk. */
MUST_USE enum rc atomic_file_sync_directory(const struct atomic_file *file, struct error *err);
/* Is the file that a commit would replace the one at this path? */
bool atomic_file_replaces(const struct atomic_file *file, const char *path);

/* ---- For cli/kept_rights.c and atomic_file.c ---- */

MUST_USE enum rc atomic_file_commit_here(struct atomic_file *file, bool replace, struct error *err);
MUST_USE enum rc atomic_file_commit_there(struct atomic_file *file, bool replace,
					  struct error *err);
void atomic_file_release_rights(struct atomic_file *file);

#endif
