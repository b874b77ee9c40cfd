/* The users that the server's processes run as where it was started as root. */
#ifndef MASTER_USER_H
#define MASTER_USER_H

#include "base/error.h"

#include <sys/types.h>

struct user {
	const char *name; /* NULL: stay who we are */
	uid_t uid;
	gid_t gid;
};

/* Finds a user by name. RC_NOT_FOUND: there is none; RC_DENIED: this process may not
 * become that one. */
MUST_USE enum rc user_find(const char *name, struct user *out, struct error *err);
/* Becomes the user for good, with its groups and none of the privileges from before.
 * RC_DENIED: must not go on. */
MUST_USE enum rc user_become(const struct user *user);
/* Makes what follows as the user (files above all), until user_leave. Nothing where the
 * name is NULL. RC_DENIED with the reason. */
MUST_USE enum rc user_enter(const struct user *user, struct error *err);
void user_leave(const struct user *user);
/* Is the user in all but the way back, for what asks access(2), which goes by the real
 * one, as SQLite does. This process, root, then becomes another for good (user_become)
 * or ends. Nothing where the name is NULL. RC_DENIED: must not go on. */
MUST_USE enum rc user_visit(const struct user *user);
MUST_USE enum rc user_return(const struct user *user);
/* Leaves this process, root, only what it takes to start, signal and replace the user's
 * processes and to listen on ports below 1024 (capabilities(7)); it may not even read
 * what others own. Also for programs that it starts. Nothing where the name is NULL or
 * this process is not root. RC_DENIED with the reason. */
MUST_USE enum rc user_shed(const struct user *user, struct error *err);

#endif
