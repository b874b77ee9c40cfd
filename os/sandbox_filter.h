/* The seccomp filters of a sandbox. Called by os/sandbox.c alone. */
#ifndef OS_SANDBOX_FILTER_H
#define OS_SANDBOX_FILTER_H

#include "os/sandbox.h"

/* Loads the filters. `has_landlock`: Landlock is in force. Require no_new_privs.
 * RC_NOT_FOUND: this kernel has no filters. */
MUST_USE enum rc sandbox_filter_load(const struct sandbox *sandbox, bool has_landlock,
				     struct error *err);

/* The same for a filter that forbids only calls_never. */
MUST_USE enum rc sandbox_filter_load_loose(struct error *err);

#endif
