/* Pushes, in the SQLite back end. */
#ifndef STORE_SQLITE_PUSH_H
#define STORE_SQLITE_PUSH_H

#include "store/sqlite/transaction.h"

/* Applies a push: decides on every edit, then writes. `results` has
 * request->edit_count zeroed elements; the values of conflicts are appended to
 * *bytes and point into it. RC_TOO_LARGE: nothing was written. After any other
 * failure the transaction must be rolled back. */
MUST_USE enum rc push_apply(struct transaction *transaction, const struct store_request *request,
			    struct store_result *results, struct buf *bytes);

#endif
