/* A file that is written under another name beside its target and renamed when it is
 * complete, so that it is never half there. */
#ifndef CLI_ATOMIC_FILE_H
#define CLI_ATOMIC_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

struct atomic_file {
	char *target;
	char *path; /* the unfinished file, mode 0600; NULL when it is finished or gone */
	int fd; /* as long as path: its lock, which keeps others from removing it (cli/temp_file.h)
		 */
};

/* Creates the empty file. One at a time in a process. First removes what killed
 * commands have left of the same target. A signal that ends the process (SIGHUP,
 * SIGINT, SIGTERM) removes the file, until atomic_file_commit or atomic_file_abort. */
MUST_USE enum rc atomic_file_open(const char *target, struct atomic_file *out, struct error *err);
/* Syncs the file and renames it; on RC_OK both are on disk. No descriptor of it may be
 * in use. RC_EXISTS: there is a file of that name, and `replace` is false;
 * RC_UNAVAILABLE: it has its name, which a loss of power may undo. */
MUST_USE enum rc atomic_file_commit(struct atomic_file *file, bool replace, struct error *err);
/* Removes the file unless it was committed, and frees. A zeroed struct is fine. */
void atomic_file_abort(struct atomic_file *file);

/* A file without a name, for reading and writing, which is gone when it is closed: in
 * TMPDIR, or else on a disk (/tmp may be memory). */
MUST_USE enum rc temp_file_unnamed(int *fd, struct error *err);

/* Syncs the directory of `path`, so that changes of names in it are on disk. */
MUST_USE enum rc atomic_file_sync_directory(const char *path, struct error *err);
/* The directory of the file. RC_TOO_LARGE: longer than PATH_MAX. */
MUST_USE enum rc atomic_file_directory(const char *path, char out[PATH_MAX]);
/* Do both exist, and are they one file? */
bool atomic_file_is_same(const char *a, const char *b);

#endif
