/* Landlock (landlock(7)): which files a process may still open. What is open already
 * stays so. */
#ifndef OS_LANDLOCK_H
#define OS_LANDLOCK_H

#include "base/rc.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct landlock_beneath {
	const char *path; /* a folder, or a file; one that is not there is left out */
	bool write;       /* also change, make and remove */
};

/* From now on, and for all children: nothing but what lies beneath these; no TCP port
 * to bind or to connect to where the kernel knows how to forbid that (ABI 4). Needs
 * no_new_privs. RC_NOT_FOUND: this kernel has none, nothing is changed. */
MUST_USE enum rc landlock_enter(const struct landlock_beneath *beneath, size_t count,
				struct error *err);

#endif
