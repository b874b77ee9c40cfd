/* A file in the making: under another name beside its target until it is whole, then renamed into its place; never half there. */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include "base/reason.h"

#include <stdbool.h>

struct scratch {
	char *target;
	char *path; /* the file as long as it is in the making; mode 0600, empty at first, not open */
};

/* One at a time. A signal that ends the process (SIGHUP, SIGINT, SIGTERM) takes the file away, until scratch_keep or scratch_drop. */
MUST_USE enum rc scratch_open(const char *target, struct scratch *out, struct reason *why);
/* Syncs the file and gives it its name, for good when this returns RC_OK. RC_EXISTS: something of that name is there, and `replace` is
 * false. Whoever has the file open has closed it. */
MUST_USE enum rc scratch_keep(struct scratch *scratch, bool replace, struct reason *why);
/* Takes the file away unless it was kept, and frees. A zeroed struct is fine. */
void scratch_drop(struct scratch *scratch);

#endif
