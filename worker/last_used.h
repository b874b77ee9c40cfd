/* When tokens were last used: what the lookups of a worker notice goes to the writer,
 * many tokens at a time. It costs nothing but for the first use of a token in an
 * hour. */
#ifndef WORKER_LAST_USED_H
#define WORKER_LAST_USED_H

#include "worker/state.h"

/* With authentication only. NULL: libevent refuses. */
struct last_used *last_used_new(struct worker *worker);
/* NULL is a no-op. */
void last_used_free(struct last_used *last_used);

#endif
