/* The sandbox of a process that has acquired its resources, so that an attacker who
 * takes over the process gains little: no_new_privs, no core dumps, Landlock and a
 * seccomp filter
 * (Documentation/userspace-api/{no_new_privs,landlock,seccomp_filter}.rst of Linux).
 *
 * The filter puts each system call into one of four classes: allowed; allowed with
 * certain arguments (see below); typical of an attack, which ends the process with
 * SIGSYS; and all others, which fail with ENOSYS, so that a libc that tries a newer
 * call falls back to an older one. */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "os/landlock.h"

/* Terminates a list of SCMP_SYS numbers, all of which are larger. */
#define SANDBOX_END (-10000)

struct sandbox {
	/* Calls allowed in addition to those that all processes need (sandbox.c):
	 * SCMP_SYS(...) of seccomp.h, terminated by SANDBOX_END. */
	const int *calls;
	/* The same, for the back end of the store (store_needs); NULL: none. */
	const int *store_calls;
	/* Allow Unix sockets with addresses assigned by the kernel (unix(7), autobind),
	 * by which a process connects to itself. */
	bool own_sockets;
	/* Allow open and openat for reading, and openat2, whose arguments a filter
	 * cannot see: Landlock restricts it. */
	bool opens_to_read;
	/* Allow open and openat in all modes. */
	bool opens_to_write;
	/* The paths beneath which files may be opened, if the kernel has Landlock. */
	const struct landlock_beneath *beneath;
	size_t beneath_count;
};

/* Disables core dumps and, except for root, tracing of this process (PR_SET_DUMPABLE,
 * prctl(2)): its memory contains secrets. */
void sandbox_keep_secrets(void);

/* Enters the sandbox, irrevocably. RC_NOT_FOUND: the kernel lacks a part of it, which
 * err names; the rest is in force. Any other error: the sandbox is not in force. */
MUST_USE enum rc sandbox_enter(const struct sandbox *sandbox, struct error *err);

/* A weaker sandbox for the master, which forks the other processes and executes newer
 * versions of itself: forbids only calls that none of them ever needs. */
MUST_USE enum rc sandbox_enter_loosely(struct error *err);

#endif
