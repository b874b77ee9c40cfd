/* The changes of a commit as ring entries: each group with a written document once,
 * with its newest sequence number, in the order of these numbers. */
#ifndef WRITER_HINTS_H
#define WRITER_HINTS_H

#include "shm/ring.h"
#include "store/store.h"

struct hints {
	struct ring_entry *entries;
	size_t count;
	size_t cap;
};

/* Replaces the entries; begin with a zeroed struct. */
void hints_collect(struct hints *hints, const struct store_request *requests,
		   const struct store_reply *replies, size_t count);
/* The same for changes that another host has made. */
void hints_collect_changes(struct hints *hints, const struct store_change *changes, size_t count);
void hints_free(struct hints *hints);

#endif
