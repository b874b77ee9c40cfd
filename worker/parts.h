/* The parts of a worker, made from its settings. */
#ifndef WORKER_PARTS_H
#define WORKER_PARTS_H

#include "worker/state.h"

/* The event base and the store must be there. Returns NULL, or the name of the part
 * that could not be made, with errno as its maker left it; to be freed nevertheless. */
const char *parts_make(struct worker *worker);
/* Frees the parts and closes the store. The store answers everything that is
 * outstanding first, while the parts that asked are still there. */
void parts_free(struct worker *worker);

#endif
