/* The heap of a k-way merge of groups. Called by read.c. */
#include "store/sqlite/merge.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

void merge_push(struct merge *runs, struct merge_run run)
{
	size_t at = runs->count++;

	runs->items = mem_grow(runs->items, &runs->room, runs->count, sizeof(*runs->items));
	for (; at > 0 && runs->items[(at - 1) / 2].seq > run.seq; at = (at - 1) / 2)
		runs->items[at] = runs->items[(at - 1) / 2];
	runs->items[at] = run;
}

struct merge_run merge_pop(struct merge *runs)
{
	struct merge_run lowest, last;
	size_t at = 0, child;

	assert(runs->count > 0);
	lowest = runs->items[0];
	last = runs->items[--runs->count];
	while ((child = 2 * at + 1) < runs->count) {
		if (child + 1 < runs->count && runs->items[child + 1].seq < runs->items[child].seq)
			child++;
		if (runs->items[child].seq >= last.seq)
			break;
		runs->items[at] = runs->items[child];
		at = child;
	}
	runs->items[at] = last;
	return lowest;
}

void merge_free(struct merge *runs)
{
	free(runs->items);
	*runs = (struct merge){ .items = NULL };
}
