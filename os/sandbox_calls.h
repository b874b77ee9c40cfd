/* The lists of system calls of os/sandbox_calls.c. Those of type int end with
 * SANDBOX_NO_CALL. */
#ifndef OS_SANDBOX_CALLS_H
#define OS_SANDBOX_CALLS_H

#include "os/sandbox.h"

/* The runtime of a sanitizer reads /proc, maps executable memory, and detects leaks in
 * a separate process. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* For all processes: libc, logging, memory, time, open sockets and files. */
extern const int calls_common[];
extern const struct sandbox_rule rules_common[];
extern const struct sandbox_rule rules_memory[];
/* Opening files. To open one for writing without being allowed to is fatal. */
extern const struct sandbox_rule rules_open_nothing[];
extern const struct sandbox_rule rules_open_to_read[];
extern const struct sandbox_rule rules_open_to_write[];
extern const struct sandbox_rule rules_openat2[];
/* Forbidden to all processes, including later versions of the program after an upgrade:
 * access to other processes' memory, changes of the system. */
extern const int calls_never[];
/* Typical of an attack: fatal unless the process has a rule for the call. */
extern const int calls_suspicious[];
/* Used by the sanitizers; otherwise as suspicious as the above. */
extern const int calls_sanitizers[];

#endif
