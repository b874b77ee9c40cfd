/* Landlock (landlock(7)): restricts the files that a process may open. Files that are
 * open already are not affected. */
#ifndef OS_LANDLOCK_H
#define OS_LANDLOCK_H

#include "base/rc.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct landlock_beneath {
	const char *path; /* a folder or a file; ignored if it does not exist */
	bool write;       /* allow writing, creating and removing as well as reading */
};

/* Restricts this process and its future children to files beneath these paths, and
 * forbids binding and, unless `connects`, connecting TCP sockets if the kernel supports
 * that (ABI 4). Requires no_new_privs. RC_NOT_FOUND: the kernel has no Landlock,
 * nothing has changed. */
MUST_USE enum rc landlock_enter(const struct landlock_beneath *beneath, size_t count, bool connects,
				struct error *err);

#endif
