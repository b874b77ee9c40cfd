/* The documents of all groups in the order of their sequence numbers, for pulls of the
 * group `*`.
 *
 * No index has all documents in that order, as each write would have to keep it. So the
 * groups with a document after the cursor are found by their newest numbers, and merged
 * by a heap. A page costs a look at each group, and one search in each that has changed
 * since the cursor. */
#ifndef STORE_SQLITE_ALL_GROUPS_H
#define STORE_SQLITE_ALL_GROUPS_H

#include "store/sqlite/statements.h"

struct all_groups_entry {
	uint64_t next; /* the number of the group's next document */
	uint64_t gid;
};

/* A heap by `next`. Start with a zeroed struct. */
struct all_groups {
	sqlite3_stmt *rows; /* SQL_OWN or SQL_OWN_META of the group on top, at its next document */
	struct all_groups_entry *heap;
	size_t count, room;
	uint64_t start;
};

/* Within a transaction: goes to the first document after `from->seq`, of those that a
 * pull from there shows. `own`: SQL_OWN or SQL_OWN_META. */
MUST_USE enum rc all_groups_start(struct sqlite *sqlite, const struct store_cursor *from,
				  enum sql own, struct all_groups *all);
/* Goes to the next document. */
MUST_USE enum rc all_groups_step(struct all_groups *all);
/* The number of the document whose row `rows` is at; 0: there is none. */
uint64_t all_groups_next(const struct all_groups *all);
void all_groups_end(struct all_groups *all);

#endif
