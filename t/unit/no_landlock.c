/* Takes the place of os/landlock.c in tests, as on a kernel that has no Landlock: what
 * Landlock would deny, the filter of system calls must. */
#include "os/landlock.h"

enum rc landlock_enter(const struct landlock_beneath *beneath, size_t count, bool connects,
		       struct error *err)
{
	(void)beneath;
	(void)count;
	(void)connects;
	return error_set(err, RC_NOT_FOUND, "this kernel has no Landlock");
}
