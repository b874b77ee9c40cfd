/* The control socket: administrators' commands to a running server. */
#ifndef WRITER_CONTROL_H
#define WRITER_CONTROL_H

#include "shm/scoreboard.h"
#include "writer/peer.h"

#define CONTROL_MAX 16 /* connections at a time; others wait in the socket's queue */

/* Takes one connection, if it is of this process's user or of root. RC_BUSY: none is
 * there; RC_DENIED: not of these; RC_IO. */
MUST_USE enum rc control_accept(int listener, int *fd, struct caller *caller);
/* Answers the requests at the head of the peer's queue that ask for the scoreboard
 * (CONTROL_BOARD). It needs no answer of the store. */
void control_answer(const struct shm *shm, struct peer *peer);
/* Is it an administrator's connection that has neither sent nor read anything for long?
 * There are few places. */
bool control_is_idle(const struct peer *peer);

#endif
