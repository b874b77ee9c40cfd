/* Removes former versions of documents within a transaction. */
#ifndef STORE_SQLITE_PRUNE_H
#define STORE_SQLITE_PRUNE_H

#include "store/sqlite/transaction.h"

/* The former versions of a document. */
struct prune_chain {
	uint64_t gid;
	struct slice id;
	uint64_t newest; /* the key of that one */
	uint64_t last;   /* versions up to this one are removed */
};

/* Removes the oldest of them, at most `limit`: all, if those are fewer than 32. Adds
 * their number to *dropped. */
MUST_USE enum rc prune_document(struct sqlite *sqlite, const struct prune_chain *chain,
				uint64_t limit, uint64_t *dropped);
/* A piece of a purge: continues the walk through all versions and removes those that
 * were replaced before the times of the request. Counts them in the reply, and all that
 * it has read in *looked. At the limit, the reply has the position of the next piece,
 * with its id in `bytes`. */
MUST_USE enum rc prune_old(struct transaction *transaction, const struct store_request *request,
			   struct store_reply *reply, struct buf *bytes, uint64_t *looked);
/* Removes versions, at most `limit`, of documents that were deleted before this. */
MUST_USE enum rc prune_deleted(struct sqlite *sqlite, int64_t before, uint64_t limit,
			       uint64_t *pruned);

#endif
