/* The users that the processes of a server run as that root has started. */
#ifndef MASTER_USER_H
#define MASTER_USER_H

#include "base/error.h"

#include <sys/types.h>

struct user {
	const char *name; /* NULL: no change, for each function below */
	uid_t uid;
	gid_t gid;
};

/* Finds a user by name or number. RC_NOT_FOUND: there is none; RC_DENIED: this process
 * may not become it. */
MUST_USE enum rc user_find(const char *name, struct user *out, struct error *err);
/* Becomes the user for good, with its groups and none of the privileges from before.
 * RC_DENIED: must not go on. */
MUST_USE enum rc user_become(const struct user *user);
/* Acts as the user, such as for files to be created, until user_leave. RC_DENIED with
 * the reason. */
MUST_USE enum rc user_enter(const struct user *user, struct error *err);
void user_leave(const struct user *user);
/* The same with the real user id, which access(2) checks and so SQLite. The process, a
 * child of root's, must then become a user for good (user_become) or end. RC_DENIED:
 * must not go on. */
MUST_USE enum rc user_visit(const struct user *user);
MUST_USE enum rc user_return(const struct user *user);
/* Drops the capabilities of root except those to start, signal and replace processes of
 * the user and to listen on ports below 1024 (capabilities(7)); this process may not
 * even read files of others then, nor may programs that it starts. Nothing if this
 * process is not root. RC_DENIED with the reason. */
MUST_USE enum rc user_shed(const struct user *user, struct error *err);

#endif
