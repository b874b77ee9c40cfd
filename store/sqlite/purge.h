/* Purges of tombstones and former versions, in the SQLite back end. */
#ifndef STORE_SQLITE_PURGE_H
#define STORE_SQLITE_PURGE_H

#include "store/sqlite/transaction.h"

/* Removes former versions that are old, then tombstones from before `before`, the
 * oldest first, with their versions, and groups that are then empty. Moves the horizon
 * of the transaction, which must be rolled back after a failure. */
MUST_USE enum rc purge_apply(struct transaction *transaction, const struct store_request *request,
			     struct store_reply *reply, struct buf *bytes);

#endif
