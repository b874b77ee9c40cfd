/* The control socket: administrators' commands to a running server. */
#ifndef WRITER_CONTROL_H
#define WRITER_CONTROL_H

#include "ipc/frame.h"
#include "shm/scoreboard.h"
#include "writer/peer.h"

#define CONTROL_MAX 16 /* connections at a time; others wait in the socket's queue */

/* Takes one connection, if it is of this process's user or of root. RC_BUSY: none is
 * there; RC_DENIED: not of these; RC_IO. */
MUST_USE enum rc control_accept(int listener, int *fd);
/* A request of this one byte is not for the store: it is answered with the score board
 * (scoreboard_view_pack). */
#define CONTROL_BOARD 0xb0
/* Answers a frame that is such a request; false: it is none. */
bool control_answer(const struct shm *shm, struct peer *peer, const struct frame *frame);
/* Has it kept its place for long without sending or taking anything? Workers never
 * have. */
bool control_is_idle(const struct peer *peer);

#endif
