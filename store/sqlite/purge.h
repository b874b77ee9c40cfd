/* Forgetting tombstones, in the SQLite back end. */
#ifndef STORE_SQLITE_PURGE_H
#define STORE_SQLITE_PURGE_H

#include "store/sqlite/transaction.h"

/* Forgets up to `limit` tombstones that were made before `before`, the oldest first,
 * and groups that nothing is left of. Moves the commit's horizon. A failure: the
 * transaction must go. */
MUST_USE enum rc purge_apply(struct transaction *commit, int64_t before, uint64_t limit,
			     uint64_t *purged);

#endif
