/* The index of documents by the groups that contain their group. */
#ifndef STORE_SQLITE_ANCESTORS_H
#define STORE_SQLITE_ANCESTORS_H

#include "store/sqlite/statements.h"

#include "store/docid.h"

/* The groups that contain a group, outermost first. */
struct ancestors {
	char name[GROUP_MAX]; /* of that group */
	size_t len;
	uint64_t aids[GROUP_MAX];
	size_t count;
};

/* Finds the ancestors of `group`, and makes rows for those that have none. Those that
 * it shares with the group before are not looked up again. */
MUST_USE enum rc ancestors_find(struct sqlite *sqlite, struct ancestors *ancestors,
				struct slice group);
/* Of no group; to begin with. */
void ancestors_forget(struct ancestors *ancestors);
/* A document of the group moved from the number `from` to `to`; 0: it was not there, or
 * is not any more. */
MUST_USE enum rc ancestors_move(struct sqlite *sqlite, const struct ancestors *ancestors,
				uint64_t gid, uint64_t from, uint64_t to);
/* Removes the rows of those in which nothing is left, and forgets them all. */
MUST_USE enum rc ancestors_drop_empty(struct sqlite *sqlite, struct ancestors *ancestors);

#endif
