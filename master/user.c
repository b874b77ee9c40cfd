/* Changes of user and capabilities, for master.c (opening files), spawn.c and
 * child.c. */
#include "master/user.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Users without an entry in the user database, as in containers, have a number only,
 * and no group but that of the user nobody. */
#define GROUP_NONE 65534

static bool is_number(const char *name, uid_t *out)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	*out = (uid_t)number;
	return name[0] >= '0' && name[0] <= '9' && *end == '\0' && number < (uid_t)-1;
}

enum rc user_find(const char *name, struct user *out, struct error *err)
{
	const struct passwd *found = getpwnam(name);
	uid_t number = 0;

	if (found == NULL && !is_number(name, &number))
		return error_set(err, RC_NOT_FOUND, "there is no user %.100s", name);
	if (found == NULL)
		found = getpwuid(number);
	*out = (struct user){ name, found ? found->pw_uid : number,
			      found ? found->pw_gid : GROUP_NONE };
	if (geteuid() == out->uid)
		out->name = NULL;
	else if (geteuid() != 0)
		return error_set(err, RC_DENIED,
				 "only root can become the user %.100s; start the server as root, "
				 "or as that user",
				 name);
	return RC_OK;
}

enum rc user_become(const struct user *user)
{
	uid_t real, effective, saved;

	if (user->name == NULL)
		return RC_OK;
	if (initgroups(user->name, user->gid) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return RC_DENIED;
	if (getresuid(&real, &effective, &saved) < 0 || real != user->uid ||
	    effective != user->uid || saved != user->uid)
		return RC_DENIED;
	/* There must be no way back. */
	return user->uid != 0 && setuid(0) == 0 ? RC_DENIED : RC_OK;
}

enum rc user_enter(const struct user *user, struct error *err)
{
	if (user->name == NULL || (initgroups(user->name, user->gid) == 0 &&
				   setegid(user->gid) == 0 && seteuid(user->uid) == 0))
		return RC_OK;
	return error_set(err, RC_DENIED, "cannot act as the user %.100s: %s", user->name,
			 strerror(errno));
}

void user_leave(const struct user *user)
{
	if (user->name == NULL)
		return;
	/* A process that has changed back in part must not go on. */
	if (seteuid(0) < 0 || setegid(getgid()) < 0 || setgroups(0, NULL) < 0)
		abort();
}

enum rc user_visit(const struct user *user)
{
	if (user->name == NULL ||
	    (initgroups(user->name, user->gid) == 0 && setresgid(user->gid, user->gid, 0) == 0 &&
	     setresuid(user->uid, user->uid, 0) == 0))
		return RC_OK;
	return RC_DENIED;
}

enum rc user_return(const struct user *user)
{
	if (user->name == NULL || (seteuid(0) == 0 && setresgid(0, 0, 0) == 0 &&
				   setresuid(0, 0, 0) == 0 && setgroups(0, NULL) == 0))
		return RC_OK;
	return RC_DENIED;
}

enum rc user_shed(const struct user *user, struct error *err)
{
	static const unsigned needed[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_NET_BIND_SERVICE };
	const size_t count = sizeof(needed) / sizeof(needed[0]);
	capng_select_t set = CAPNG_SELECT_CAPS;
	bool had[sizeof(needed) / sizeof(needed[0])];

	if (user->name == NULL || geteuid() != 0)
		return RC_OK;
	/* In a container root may have less to begin with. */
	if (capng_get_caps_process() < 0)
		return error_set(err, RC_DENIED, "cannot read the capabilities of this process: %s",
				 strerror(errno));
	for (size_t i = 0; i < count; i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, needed[i]);
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		set = CAPNG_SELECT_BOTH;
	capng_clear(set);
	for (size_t i = 0; i < count; i++)
		if (had[i] &&
		    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
				 needed[i]) < 0)
			return error_set(err, RC_DENIED, "cannot give up privileges");
	if (capng_apply(set) < 0)
		return error_set(err, RC_DENIED, "cannot give up privileges: %s", strerror(errno));
	return RC_OK;
}
