/* Orders of the admin page to end a stream. */
#ifndef WRITER_STREAMS_H
#define WRITER_STREAMS_H

#include "writer/state.h"

/* Carries out the orders that come next on this peer: an order to all workers, of which
 * the one that has the stream ends it, and a line in the audit file. */
void streams_answer(struct writer *writer, struct peer *peer);

#endif
