/* What users have stored, and the limits of it, within a transaction. An account exists
 * from the first push of its user to which a limit applies, and stays; a push of a user
 * without one counts for nobody. Without any limit or account pushes cost nothing
 * more. */
#ifndef STORE_SQLITE_QUOTA_H
#define STORE_SQLITE_QUOTA_H

#include "store/sqlite/transaction.h"

/* Who a push counts for. */
struct quota_payer {
	bool counts;
	uint64_t account; /* of its account; 0: none yet */
	struct slice user;
	int64_t usage[STORE_QUOTA_STORED];
	int64_t limits[STORE_QUOTA_STORED]; /* or STORE_QUOTA_OFF */
};

/* Finds the payer of a push; quota_payer_free frees it. RC_DENIED: its token is
 * gone. */
MUST_USE enum rc quota_find(struct sqlite *sqlite, const struct store_request *request,
			    struct quota_payer *out);
void quota_payer_free(struct quota_payer *payer);
/* May the usage change by this? RC_OVER_QUOTA: `reply` has the limit. What does not
 * grow is always allowed. */
MUST_USE enum rc quota_allow(const struct quota_payer *payer,
			     const int64_t growth[STORE_QUOTA_STORED], struct store_reply *reply);
/* Creates the payer's account if it has none. */
MUST_USE enum rc quota_open_account(struct sqlite *sqlite, struct quota_payer *payer);
/* Changes what an account counts. */
MUST_USE enum rc quota_charge(struct sqlite *sqlite, uint64_t account,
			      const int64_t growth[STORE_QUOTA_STORED]);

#endif
