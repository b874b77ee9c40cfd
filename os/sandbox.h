/* The sandbox of a process that has acquired its resources, so that an attacker who
 * takes over the process gains little: no_new_privs, no core dumps, Landlock and a
 * seccomp filter
 * (Documentation/userspace-api/{no_new_privs,landlock,seccomp_filter}.rst of Linux).
 *
 * A system call is one of these:
 * - listed: allowed;
 * - listed with conditions: allowed if its arguments meet them, otherwise it fails with
 *   EPERM;
 * - typical of an attack, by its number or its arguments: ends the process with SIGSYS,
 *   which the master logs;
 * - any other: fails with ENOSYS, so that a libc that tries a newer call falls back to
 *   an older one. */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "os/landlock.h"

#include <seccomp.h>
#include <stdint.h>

#define SANDBOX_CONDITIONS_MAX 3

/* A system call, and what becomes of it if all conditions hold. A list of rules ends
 * with SANDBOX_END; of the rules for one call at most one should apply.
 *
 *     static const struct sandbox_rule rules[] = {
 *             SANDBOX_ALLOW(accept4),
 *             SANDBOX_ALLOW_IF(ioctl, SANDBOX_ARG(1, FIONREAD)),
 *             SANDBOX_END
 *     };
 *
 * Arguments are compared as 64 bits, also if the kernel uses 32 of them. A filter
 * cannot see what a pointer points to. */
struct sandbox_rule {
	int call;                                               /* SCMP_SYS(...) */
	uint32_t action;                                        /* SCMP_ACT_... */
	struct scmp_arg_cmp conditions[SANDBOX_CONDITIONS_MAX]; /* up to one without op */
};

/* Not the number of a call on any architecture. */
#define SANDBOX_NO_CALL (-10000)

/* clang-format off */
#define SANDBOX_ALLOW(name) \
	{ .call = SCMP_SYS(name), .action = SCMP_ACT_ALLOW }
#define SANDBOX_ALLOW_IF(name, ...) \
	{ .call = SCMP_SYS(name), .action = SCMP_ACT_ALLOW, .conditions = { __VA_ARGS__ } }
/* Ends the process; for arguments that are typical of an attack. */
#define SANDBOX_KILL_IF(name, ...) \
	{ .call = SCMP_SYS(name), .action = SCMP_ACT_KILL_PROCESS, .conditions = { __VA_ARGS__ } }
#define SANDBOX_END \
	{ .call = SANDBOX_NO_CALL }
/* Conditions on the argument `at`, counted from 0. */
#define SANDBOX_ARG(at, value) \
	{ at, SCMP_CMP_EQ, (scmp_datum_t)(value), 0 }
#define SANDBOX_ARG_NOT(at, value) \
	{ at, SCMP_CMP_NE, (scmp_datum_t)(value), 0 }
/* It has all of these bits; none of them; none but them. */
#define SANDBOX_ARG_WITH(at, bits) \
	{ at, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), (scmp_datum_t)(bits) }
#define SANDBOX_ARG_WITHOUT(at, bits) \
	{ at, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0 }
#define SANDBOX_ARG_ONLY(at, bits) \
	{ at, SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(bits), 0 }
/* clang-format on */

#define SANDBOX_BENEATH_MAX 20

struct sandbox {
	/* Calls allowed in addition to those that all processes need
	 * (sandbox_calls.c). */
	const struct sandbox_rule *rules;
	/* The same, for the back end of the store (store_needs); NULL: none. What they
	 * allow is not killed by any other rule. */
	const struct sandbox_rule *store_rules;
	/* Called when Landlock is in force and the filter is not yet, for sockets that
	 * the process connects to later: Landlock forbids to connect to an abstract
	 * address of a socket that was made before. False: failed. NULL: none. */
	bool (*before_filter)(void *arg);
	void *arg;
	/* Allow open and openat for reading, and openat2, whose flags a filter cannot
	 * see, if Landlock restricts it. */
	bool opens_to_read;
	/* Allow open and openat in all modes. */
	bool opens_to_write;
	/* Landlock lets TCP sockets connect; the rules may still forbid it. */
	bool connects;
	/* The paths beneath which files may be opened, if the kernel has Landlock; at
	 * most SANDBOX_BENEATH_MAX. */
	const struct landlock_beneath *beneath;
	size_t beneath_count;
};

/* Disables core dumps and, except for root, tracing of this process (PR_SET_DUMPABLE,
 * prctl(2)): its memory contains secrets. */
void sandbox_keep_secrets(void);

/* Enters the sandbox, irrevocably. RC_NOT_FOUND: the kernel lacks a part of it, which
 * err names; the rest is in force. Any other error: the sandbox is not in force. */
MUST_USE enum rc sandbox_enter(const struct sandbox *sandbox, struct error *err);

/* sandbox_enter, and logs what the kernel lacks (RC_OK then), or that it failed. */
MUST_USE enum rc sandbox_enter_logged(const struct sandbox *sandbox);

/* A weaker sandbox for the master, which forks the other processes and executes newer
 * versions of itself: forbids only calls that none of them ever needs. */
MUST_USE enum rc sandbox_enter_loosely(struct error *err);

#endif
