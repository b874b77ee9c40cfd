/* What is committed together: requests of all peers, taken in turn, and whom to
 * answer. */
#ifndef WRITER_BATCH_H
#define WRITER_BATCH_H

#include "store/store.h"
#include "writer/peer.h"

#define BATCH_REQUESTS 1024
#define BATCH_BYTES ((size_t)16 << 20) /* a batch takes no more once it has so much */

struct batch_origin {
	struct peer *peer; /* NULL: the writer itself, which needs no answer */
	uint64_t tag;
};

struct batch {
	struct store_request requests[BATCH_REQUESTS];
	struct batch_origin origins[BATCH_REQUESTS];
	size_t count;
	size_t bytes;
};

/* Takes one frame of each peer in turn, beginning with peer number `first`, until there
 * are none or the batch is full. What cannot be unpacked is answered with RC_MALFORMED
 * at once. The peers' buffers must stay as they are until batch_clear. */
void batch_collect(struct batch *batch, struct peer *const *peers, size_t count, size_t first);
/* Adds a request of the writer's own, unless the batch is full. */
MUST_USE bool batch_add(struct batch *batch, const struct store_request *request);
/* Queues the replies at their peers: as many as there are requests. */
void batch_answer(const struct batch *batch, const struct store_reply *replies);
/* Answers all requests with one and the same failure. */
void batch_refuse(const struct batch *batch, enum rc rc);
void batch_clear(struct batch *batch);

#endif
