/* The stored data of users, and its limits, within a transaction. An account exists
 * from the first push of its user to which a limit applies, and stays; a push of a user
 * without one counts for no user. Without any limit or account pushes cost nothing
 * more. */
#ifndef STORE_SQLITE_QUOTA_H
#define STORE_SQLITE_QUOTA_H

#include "store/sqlite/transaction.h"

/* Makes the payer of the push the current one. RC_DENIED: its token is gone. */
MUST_USE enum rc quota_enter(struct transaction *transaction, const struct store_request *request);
/* Stores what the account of the current payer has grown by; there is none then. */
MUST_USE enum rc quota_leave(struct transaction *transaction);
/* Forgets the current payer. */
void quota_forget(struct transaction *transaction);
/* May the usage change by this? RC_OVER_QUOTA: `reply` has the limit. What does not
 * grow is always allowed. */
MUST_USE enum rc quota_allow(const struct quota_payer *payer,
			     const int64_t growth[STORE_QUOTA_STORED], struct store_reply *reply);
/* Creates the payer's account if it has none. */
MUST_USE enum rc quota_open_account(struct sqlite *sqlite, struct quota_payer *payer);
/* The current payer, who has an account, has so much more. */
void quota_grow(struct transaction *transaction, const int64_t growth[STORE_QUOTA_STORED]);
/* Changes what an account counts. */
MUST_USE enum rc quota_charge(struct sqlite *sqlite, uint64_t account,
			      const int64_t growth[STORE_QUOTA_STORED]);

#endif
