/* The requests that are committed together, taken from all peers in turn, and the peers
 * that their replies go to.
 *
 * Shares. A commit takes as long as what is in it, so a token with large pushes would
 * make all others wait for each of them. While several tokens are about, each may add
 * SHARE_TURN bytes to a batch, and saves up what it does not use as long as it has a
 * request waiting (deficit round robin, as in worker/fair_queue.h). What is too large
 * for that now stays with its peer, and requests of others overtake it. If nothing else
 * waits, the first that was left is taken nevertheless, unless it is large and has to
 * wait for small ones (group_commit.h).
 *
 * A small request can have a large reply, the values of its conflicts, which takes as
 * long. It is known afterwards only, so the next requests of its token are taken for
 * large ones, and one at a time, until a reply is small.
 *
 * Whose a request is, the worker says. One that was taken over can invent tokens and
 * get more turns, but peers take turns too, and none may add more than SHARE_PEER to a
 * batch: what it takes away from others is the share of one worker. */
#ifndef WRITER_BATCH_H
#define WRITER_BATCH_H

#include "store/store.h"
#include "writer/peer.h"

#define BATCH_REQUESTS 1024
#define BATCH_BYTES ((size_t)16 << 20) /* a batch of this size takes no more */

#define SHARE_TURN ((size_t)256 << 10)
#define SHARE_LARGE ((size_t)64 << 10) /* a request of more bytes is large */
#define SHARE_PEER ((size_t)2 << 20)
#define SHARE_MEMORY ((size_t)64 << 20) /* bytes of one token, after which it is alone */
#define SHARE_BUCKETS 1024

/* Tokens with the same hash modulo SHARE_BUCKETS share a turn, so the table needs no
 * more room for any keys that a worker sends. */
struct share {
	uint64_t batch;  /* in which it had its last turn */
	size_t saved;    /* bytes that it may still add */
	bool has_enough; /* in that batch */
	bool is_costly;  /* its last reply was large */
};

struct shares {
	struct share buckets[SHARE_BUCKETS];
	uint64_t batches;  /* until now */
	uint64_t last;     /* key of the last request taken */
	size_t last_bytes; /* taken of that key alone, up to SHARE_MEMORY */
};

struct batch_origin {
	struct peer *peer; /* NULL: the writer itself, which needs no reply */
	uint64_t tag;
	size_t at;          /* of its frame among those taken of the peer */
	struct actor actor; /* of PEER_ADMIN */
};

struct batch {
	const struct store_quota *quota;     /* the server's, for each request; NULL: none */
	const struct store_history *history; /* the same */
	struct store_request requests[BATCH_REQUESTS];
	struct batch_origin origins[BATCH_REQUESTS];
	size_t count;
	size_t bytes;
	bool takes_large; /* batch_collect takes large requests, too, or only one token is about */
	/* Of the last batch_collect, until the next one. */
	bool is_shared; /* several tokens are about */
	bool has_large, has_small;
	struct shares shares; /* stays from batch to batch */
};

/* Takes one request of each peer in turn, beginning with peer number `first`, until
 * none is left that its token's share allows, or the batch is full. A request that
 * cannot be unpacked gets RC_MALFORMED, one that the peer has no right to RC_DENIED
 * (rights.h), both once they are the first of their peer in a batch. The requests point
 * into the buffers of the peers, which must stay as they are until batch_clear
 * (peer_hold). */
void batch_collect(struct batch *batch, struct peer *const *peers, size_t count, size_t first);
/* Adds a request of the writer itself; false: the batch is full. */
MUST_USE bool batch_add(struct batch *batch, const struct store_request *request);
/* Queues a reply for each request at its peer. */
void batch_answer(struct batch *batch, const struct store_reply *replies);
/* Puts requests that the store has put off (STORE_REPLIES_MAX) back at their peers; the
 * batch ends before the first of them. */
void batch_put_back(struct batch *batch, const struct store_reply *replies);
/* Queues this failure as the reply to each. */
void batch_refuse(const struct batch *batch, enum rc rc);
void batch_clear(struct batch *batch);

#endif
