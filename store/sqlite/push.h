/* Pushes, in the SQLite back end. */
#ifndef STORE_SQLITE_PUSH_H
#define STORE_SQLITE_PUSH_H

#include "store/sqlite/transaction.h"

/* Does a push: decides on every edit, then writes what is to be written. results has
 * request->edit_count zeroed entries; the values of conflicts are appended to *bytes,
 * and aimed at it. RC_TOO_LARGE: nothing was written. Any other failure: the
 * transaction must go. */
MUST_USE enum rc push_apply(struct transaction *commit, const struct store_request *request,
			    struct store_result *results, struct buf *bytes);

#endif
