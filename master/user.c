#include "master/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum rc user_find(const char *name, struct user *out, struct reason *why)
{
	const struct passwd *found;

	errno = 0;
	found = getpwnam(name);
	if (found == NULL)
		return reason_set(why, RC_NOT_FOUND, "there is no user %.100s", name);
	*out = (struct user){ name, found->pw_uid, found->pw_gid };
	if (geteuid() == out->uid)
		out->name = NULL;
	else if (geteuid() != 0)
		return reason_set(why, RC_DENIED, "only root can become the user %.100s; start the server as root, or as that user", name);
	return RC_OK;
}

enum rc user_become(const struct user *user)
{
	uid_t real, effective, saved;

	if (user->name == NULL)
		return RC_OK;
	if (initgroups(user->name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return RC_DENIED;
	if (getresuid(&real, &effective, &saved) < 0 || real != user->uid || effective != user->uid || saved != user->uid)
		return RC_DENIED;
	/* There must be no way back. */
	return user->uid != 0 && setuid(0) == 0 ? RC_DENIED : RC_OK;
}

enum rc user_enter(const struct user *user, struct reason *why)
{
	if (user->name == NULL || (initgroups(user->name, user->gid) == 0 && setegid(user->gid) == 0 && seteuid(user->uid) == 0))
		return RC_OK;
	return reason_set(why, RC_DENIED, "cannot act as the user %.100s: %s", user->name, strerror(errno));
}

void user_leave(const struct user *user)
{
	if (user->name == NULL)
		return;
	/* A process that is half one and half the other must not go on. */
	if (seteuid(0) < 0 || setegid(getgid()) < 0 || setgroups(0, NULL) < 0)
		abort();
}
