/* Which group comes next: a heap of groups by the sequence number of the first document
 * that each has still to show. */
#ifndef STORE_SQLITE_MERGE_H
#define STORE_SQLITE_MERGE_H

#include <stddef.h>
#include <stdint.h>

struct merge_run {
	uint64_t seq;
	uint64_t gid;
};

/* Zeroed: empty. items[0] is the lowest. */
struct merge {
	struct merge_run *items;
	size_t count;
	size_t cap;
};

void merge_push(struct merge *runs, struct merge_run run);
/* Takes the lowest; there must be one. */
struct merge_run merge_pop(struct merge *runs);
void merge_free(struct merge *runs);

#endif
