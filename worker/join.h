/* Joining with an invitation. */
#ifndef WORKER_JOIN_H
#define WORKER_JOIN_H

struct exchange;

/* POST /join (doc/protocol.md). */
void join_serve(struct exchange *exchange);

#endif
