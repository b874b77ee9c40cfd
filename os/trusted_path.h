/* Paths that root uses although others own directories on the way. Such an owner can
 * put a link in the place of anything, at any time. So root either becomes that owner
 * before it looks into the directory, or opens a file there without following links.
 * For any other user than root the functions do nothing special: a user's own rights
 * are the limit then. */
#ifndef OS_TRUSTED_PATH_H
#define OS_TRUSTED_PATH_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whom root must trust in order to use a path by name: the owner of the first directory
 * on the way (of the first file or link in a sticky directory) that is not root's. */
struct path_owner {
	bool is_foreign; /* false: of root alone */
	uid_t uid;
};

/* RC_DENIED: a directory on the way is root's, but others may write to it; RC_IO. A
 * path that does not exist is fine. */
MUST_USE enum rc trusted_path_owner(const char *path, struct path_owner *out, struct error *err);
/* Becomes that user for good, with its groups and without any right of root's. Does
 * nothing if the owner is not foreign. */
MUST_USE enum rc trusted_path_become(const struct path_owner *owner, struct error *err);

/* Opens a file for reading. In a directory of another user, neither links nor files of
 * several names or other kinds are opened. Returns -1 with errno. */
int trusted_path_open(const char *path);
/* Opens the directory that contains the file (O_PATH), and splits off its name; the
 * file need not exist. Links are not followed in directories of others. Returns -1 with
 * errno. */
int trusted_path_open_parent(const char *path, char name[NAME_MAX + 1]);

#endif
