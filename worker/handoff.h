/* How a worker leaves without closing anything: it gives its connections and streams to
 * its successor, over a channel (ipc/channel.h) that the master made for the two.
 *
 *   predecessor                                  successor
 *   idle connections ──descriptor──────────────▶ served on, as if accepted here
 *   streams ──descriptor, groups, places────────▶ caught up from their places, as after a reconnect
 * that no client notices busy connections: answered, then idle streams with unsent
 * bytes: given when these have gone out
 *
 * A message says which version of this it is of; one that the successor does not know
 * is a connection that it closes. */
#ifndef WORKER_HANDOFF_H
#define WORKER_HANDOFF_H

#include "worker/state.h"

struct handoff;

/* What became of the giving. */
enum handoff_state {
	HANDOFF_NONE,
	HANDOFF_SENDING,
	HANDOFF_LOST /* the successor is gone, or slow readers took too long */
};

struct handoff *handoff_new(struct worker *worker);
void handoff_free(struct handoff *handoff);
/* Gives all to the successor at the other end, and what still comes. The socket is
 * taken over, here and below. */
void handoff_send_all(struct handoff *handoff, int fd);
/* Nothing is on its way. */
bool handoff_is_done(const struct handoff *handoff);
enum handoff_state handoff_state(const struct handoff *handoff);
/* Takes what the predecessor at the other end has. */
void handoff_receive(struct handoff *handoff, int fd);

#endif
