/* Pushes, in the SQLite back end. */
#ifndef STORE_SQLITE_PUSH_H
#define STORE_SQLITE_PUSH_H

#include "store/sqlite/transaction.h"

/* Applies a push: decides on every edit, then writes. reply->results has
 * request->edit_count zeroed elements; the values of conflicts are appended to
 * *bytes and point into it. RC_TOO_LARGE, RC_DENIED, RC_OVER_QUOTA: nothing was
 * written. After any other failure the transaction must be rolled back. */
MUST_USE enum rc push_apply(struct transaction *transaction, const struct store_request *request,
			    struct store_reply *reply, struct buf *bytes);

#endif
