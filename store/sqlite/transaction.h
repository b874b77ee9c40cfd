/* A transaction of the writer and its current group. */
#ifndef STORE_SQLITE_TRANSACTION_H
#define STORE_SQLITE_TRANSACTION_H

#include "store/sqlite/ancestors.h"

/* The current group: most documents of a push are in one. */
struct transaction_group {
	struct slice name; /* empty: none yet */
	uint64_t gid;      /* 0: no such group yet */
	uint64_t seq;      /* of the newest write in it, stored when the group is left; 0: none */
};

/* Who a push counts for, with what it has. */
struct quota_payer {
	bool counts;
	uint64_t account; /* of its account; 0: none yet */
	struct slice user;
	int64_t usage[STORE_QUOTA_STORED];
	int64_t limits[STORE_QUOTA_STORED]; /* or STORE_QUOTA_OFF */
};

struct transaction {
	struct sqlite *sqlite;
	struct store_state state; /* updated by every write, stored at the end */
	int64_t now;              /* seconds since 1970 */
	struct slice user;        /* of the current push; empty: not known */
	struct transaction_group group;
	struct ancestors *ancestors; /* of the group that was written to last */
	/* The current payer (quota.h): pushes of one token often follow each other. */
	struct slice payer_token; /* empty: none */
	struct quota_payer payer;
	int64_t growth[STORE_QUOTA_STORED]; /* of its account, not stored yet */
};

/* Makes `name` the current group. */
MUST_USE enum rc transaction_enter(struct transaction *transaction, struct slice name);
/* Inserts the row of the current group, which has none; it counts for the account. */
MUST_USE enum rc transaction_add_group(struct transaction *transaction, uint64_t account);
/* Stores the newest sequence number of the current group. */
MUST_USE enum rc transaction_leave(struct transaction *transaction);

#endif
