/* The time by which each request of a database that several hosts share is answered.
 * Its handler may make several calls of the store, each behind those of others, and
 * none of them knows of the rest; what none has answered in time gets 503, and the
 * handler goes on for a client that has gone. */
#ifndef WORKER_DEADLINE_H
#define WORKER_DEADLINE_H

#include "worker/dispatch.h"

struct deadlines;

/* NULL: no memory. */
struct deadlines *deadlines_new(struct worker *worker);
/* NULL is fine. No request may be left. */
void deadlines_free(struct deadlines *deadlines);

/* When the request has begun, and before the memory of the exchange is freed. */
void deadline_begin(struct exchange *exchange);
void deadline_end(struct exchange *exchange);

#endif
