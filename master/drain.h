/* The end of the server in order: first the workers, then the writer, to which they may
 * still send what they have accepted. */
#ifndef MASTER_DRAIN_H
#define MASTER_DRAIN_H

#include "master/state.h"

/* Stops listening and has the workers leave. Nothing if that has begun. */
void drain_begin(struct master *master, const char *reason);
/* The same after a fault: the exit status is EXIT_FAILURE. */
void drain_after_fault(struct master *master, const char *reason);
/* Asked for once more: those that are still there are killed soon. */
void drain_hurry(struct master *master);
/* Takes it as far as it goes now. */
void drain_advance(struct master *master);

#endif
