/* Former versions of documents: keeping them within a transaction. */
#ifndef STORE_SQLITE_HISTORY_H
#define STORE_SQLITE_HISTORY_H

#include "store/history.h"
#include "store/sqlite/transaction.h"

/* The version that a write of the current group replaces. */
struct history_former {
	struct slice id;
	uint64_t seq;
	uint64_t version;
	int64_t ended; /* seconds since 1970 */
	uint64_t next; /* the version that replaces it */
	uint64_t key;  /* the number of that write */
};

/* Before the row is written: copies it, if the rules keep former versions of this
 * document, and removes some of the excess versions. *kept: the row must be written
 * with the key as that of its newest former version, and a large value now belongs to
 * the copy. */
MUST_USE enum rc history_keep(struct transaction *transaction, const struct store_history *rules,
			      const struct history_former *former, bool *kept);

#endif
