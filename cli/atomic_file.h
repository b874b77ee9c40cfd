/* A file in the making: under another name beside its target until it is whole, then
 * renamed into its place; never half there. */
#ifndef CLI_ATOMIC_FILE_H
#define CLI_ATOMIC_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

struct atomic_file {
	char *target;
	char *path; /* the file as long as it is in the making; mode 0600, empty at first */
	int fd;     /* as long: what keeps others from removing it (cli/temp_file.h) */
};

/* One at a time; first removes what those that were killed have left of the same
 * target. A signal that ends the process (SIGHUP, SIGINT, SIGTERM) takes the file away,
 * until atomic_file_commit or atomic_file_abort. */
MUST_USE enum rc atomic_file_open(const char *target, struct atomic_file *out, struct error *err);
/* Syncs the file and gives it its name, for good when this returns RC_OK. RC_EXISTS:
 * something of that name is there, and `replace` is false; RC_UNAVAILABLE: it has its
 * name, which a loss of power may take again. Whoever has the file open has closed
 * it. */
MUST_USE enum rc atomic_file_commit(struct atomic_file *file, bool replace, struct error *err);
/* Takes the file away unless it was kept, and frees. A zeroed struct is fine. */
void atomic_file_abort(struct atomic_file *file);

/* A file for reading and writing that has no name, and goes when it is closed: in
 * TMPDIR, else on a disk (/tmp may be memory). */
MUST_USE enum rc temp_file_unnamed(int *fd, struct error *err);

/* What has happened to names in the directory of `path` is on the disk. */
MUST_USE enum rc atomic_file_sync_directory(const char *path, struct error *err);
/* The directory that the file lies in. RC_TOO_LARGE: longer than PATH_MAX. */
MUST_USE enum rc atomic_file_directory(const char *path, char out[PATH_MAX]);
/* Are both there, and one file? */
bool atomic_file_is_same(const char *a, const char *b);

#endif
