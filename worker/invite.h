/* Invitations for another device. */
#ifndef WORKER_INVITE_H
#define WORKER_INVITE_H

struct exchange;

/* POST /invite (doc/protocol.md). */
void invite_serve(struct exchange *exchange);

#endif
