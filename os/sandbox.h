/* What a process may still do once it has all that it needs, so that whoever takes it
 * over by a fault of ours gains little: no_new_privs, no core dumps, Landlock and a
 * seccomp filter
 * (Documentation/userspace-api/{no_new_privs,landlock,seccomp_filter}.rst of Linux).
 *
 * A system call is one of four things: allowed; an intruder's, which ends the process
 * with SIGSYS; answered with ENOSYS, which is every other one, so that a libc that
 * tries something newer falls back on what it knows; or allowed with some arguments
 * only (below). */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "os/landlock.h"

/* In front of SCMP_SYS's numbers, the end of a list of them. */
#define SANDBOX_END (-10000)

struct sandbox {
	const int *calls;   /* allowed beyond what every process needs (sandbox.c): SCMP_SYS(...) of
			       seccomp.h, then SANDBOX_END */
	bool own_sockets;   /* Unix sockets by names that the kernel gives (unix(7), autobind), to
			       meet itself there; else none */
	bool opens_to_read; /* openat, open: no more than to read; and openat2, whose arguments no
			       filter sees: Landlock does */
	bool opens_to_write; /* openat, open: all */
	const struct landlock_beneath
		*beneath; /* what may be opened: nothing else, where the kernel has Landlock */
	size_t beneath_count;
};

/* No core dump of this process, and none that is not root looks into it
 * (PR_SET_DUMPABLE, prctl(2)): it holds secrets. */
void sandbox_keep_secrets(void);

/* Enters it for good. RC_NOT_FOUND: this kernel lacks a part of it (`err` says which),
 * the rest is in force. Anything else but RC_OK: it could not be entered. */
MUST_USE enum rc sandbox_enter(const struct sandbox *sandbox, struct error *err);

/* For a process that starts others and is the parent of a program newer than itself:
 * only what none of them ever needs is taken away. */
MUST_USE enum rc sandbox_enter_loosely(struct error *err);

#endif
