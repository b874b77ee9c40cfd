/* The short way of a push of new documents. */
#ifndef STORE_SQLITE_INSERT_H
#define STORE_SQLITE_INSERT_H

#include "store/sqlite/transaction.h"

/* If all edits of the push are on base 0, inserts them without looking at what is
 * there. *done false: one of them is there, or may exceed a quota, and nothing of the
 * push is in the transaction; it must be decided edit by edit. */
MUST_USE enum rc insert_new(struct transaction *transaction, const struct store_request *request,
			    struct store_result *results, bool *done);

#endif
