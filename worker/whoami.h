/* Tells a client who its token says that it is. */
#ifndef WORKER_WHOAMI_H
#define WORKER_WHOAMI_H

struct exchange;

/* GET /whoami (doc/protocol.md). */
void whoami_serve(struct exchange *exchange);

#endif
