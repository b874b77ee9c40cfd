/* The requests that are committed together, taken from all peers in turn, and the peers
 * that their replies go to. */
#ifndef WRITER_BATCH_H
#define WRITER_BATCH_H

#include "store/store.h"
#include "writer/peer.h"

#define BATCH_REQUESTS 1024
#define BATCH_BYTES ((size_t)16 << 20) /* a batch of this size takes no more */

struct batch_origin {
	struct peer *peer; /* NULL: the writer itself, which needs no reply */
	uint64_t tag;
	size_t at; /* of its frame among those taken of the peer */
};

struct batch {
	const struct store_quota *quota; /* the server's, for each request; NULL: none */
	struct store_request requests[BATCH_REQUESTS];
	struct batch_origin origins[BATCH_REQUESTS];
	size_t count;
	size_t bytes;
};

/* Takes one request of each peer in turn, beginning with peer number `first`, until
 * none is left or the batch is full. A request that cannot be unpacked gets
 * RC_MALFORMED, one that the peer has no right to RC_DENIED (rights.h), both once they
 * are the first of their peer in a batch. The requests point into the buffers of the
 * peers, which must stay as they are until batch_clear (peer_hold). */
void batch_collect(struct batch *batch, struct peer *const *peers, size_t count, size_t first);
/* Adds a request of the writer itself; false: the batch is full. */
MUST_USE bool batch_add(struct batch *batch, const struct store_request *request);
/* Queues a reply for each request at its peer. */
void batch_answer(const struct batch *batch, const struct store_reply *replies);
/* Puts requests that the store has put off (STORE_REPLIES_MAX) back at their peers; the
 * batch ends before the first of them. */
void batch_put_back(struct batch *batch, const struct store_reply *replies);
/* Queues this failure as the reply to each. */
void batch_refuse(const struct batch *batch, enum rc rc);
void batch_clear(struct batch *batch);

#endif
