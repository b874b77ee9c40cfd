/* How a worker leaves without closing anything: it gives its connections and streams to its successor, over a channel (ipc/channel.h)
 * that the master made for the two.
 *
 *   predecessor                                  successor
 *   idle connections ──descriptor──────────────▶ served on, as if accepted here
 *   streams ──descriptor, groups, places────────▶ caught up from their places, as after a reconnect that no client notices
 *   busy connections: answered, then idle
 *   streams with unsent bytes: given when these have gone out
 *
 * A message says which version of this it is of; one that the successor does not know is a connection that it closes. */
#ifndef WORKER_HANDOFF_H
#define WORKER_HANDOFF_H

#include "worker/state.h"

struct heritage;

/* What became of the giving. */
enum heritage_state { HERITAGE_NONE, HERITAGE_GIVING, HERITAGE_LOST /* the successor is gone, or slow readers took too long */ };

struct heritage *heritage_new(struct worker *worker);
void heritage_free(struct heritage *heritage);
/* Gives all to the successor at the other end, and what still comes. The socket is taken over, here and below. */
void heritage_give(struct heritage *heritage, int fd);
/* Nothing is on its way. */
bool heritage_is_done(const struct heritage *heritage);
enum heritage_state heritage_state(const struct heritage *heritage);
/* Takes what the predecessor at the other end has. */
void heritage_take(struct heritage *heritage, int fd);

#endif
