/* The heap of a k-way merge: groups ordered by the sequence number of their next
 * document. */
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
	size_t room;
};

void merge_push(struct merge *runs, struct merge_run run);
/* Removes and returns the lowest; the heap must not be empty. */
struct merge_run merge_pop(struct merge *runs);
void merge_free(struct merge *runs);

#endif
