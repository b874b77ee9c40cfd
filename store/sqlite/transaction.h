/* One transaction of the writer, and the requests done in it. */
#ifndef STORE_SQLITE_TRANSACTION_H
#define STORE_SQLITE_TRANSACTION_H

#include "store/sqlite/statements.h"

/* The group that documents are being written in: a push has most of its documents in
 * one. */
struct transaction_group {
	struct slice name; /* empty: none yet */
	uint64_t gid;      /* 0: no such group yet */
	uint64_t seq; /* of the newest write in it, to be noted when another one is entered; 0: none
		       */
};

struct transaction {
	struct sqlite *sqlite;
	struct store_state state; /* grows with every write; noted at the end */
	int64_t now;              /* seconds since 1970 */
	struct transaction_group group;
};

/* Makes `name` the commit's group. */
MUST_USE enum rc transaction_enter(struct transaction *commit, struct slice name);
/* Makes the row of the commit's group, which has none. */
MUST_USE enum rc transaction_add_group(struct transaction *commit);
/* Notes what was written in the present group. */
MUST_USE enum rc transaction_leave(struct transaction *commit);

#endif
