/* Which group comes next: a heap of groups by the sequence number of the first document that each has still to show. */
#ifndef STORE_SQLITE_MERGE_H
#define STORE_SQLITE_MERGE_H

#include <stddef.h>
#include <stdint.h>

struct run {
	uint64_t seq;
	uint64_t gid;
};

/* Zeroed: empty. items[0] is the lowest. */
struct runs {
	struct run *items;
	size_t count;
	size_t cap;
};

void runs_push(struct runs *runs, struct run run);
/* Takes the lowest; there must be one. */
struct run runs_pop(struct runs *runs);
void runs_free(struct runs *runs);

#endif
