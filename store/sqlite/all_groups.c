/* Merges the documents of all groups by their numbers. Called by read.c for the group
 * `*`. */
#include "store/sqlite/all_groups.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* ---- The heap ---- */

static void swap(struct all_groups_entry *a, struct all_groups_entry *b)
{
	struct all_groups_entry kept = *a;

	*a = *b;
	*b = kept;
}

static void sift_down(struct all_groups *all, size_t at)
{
	struct all_groups_entry *heap = all->heap;

	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < all->count; child++)
			if (heap[child].next < heap[least].next)
				least = child;
		if (least == at)
			return;
		swap(&heap[at], &heap[least]);
		at = least;
	}
}

static void add(struct all_groups *all, uint64_t gid, uint64_t next)
{
	all->heap = mem_grow(all->heap, &all->room, all->count + 1, sizeof(*all->heap));
	all->heap[all->count++] = (struct all_groups_entry){ next, gid };
}

/* ---- Rows ---- */

/* The next row of the group on top. *next 0: it has none. */
static enum rc step(struct all_groups *all, uint64_t *next)
{
	bool row;
	enum rc rc = sql_step(all->rows, &row);

	*next = rc == RC_OK && row ? sql_number(all->rows, 0) : 0;
	return rc;
}

/* Puts `rows` where the top of the heap is. */
static enum rc seek(struct all_groups *all)
{
	uint64_t found;
	enum rc rc;

	sqlite3_reset(all->rows);
	if (all->count == 0)
		return RC_OK;
	sql_bind_number(all->rows, 1, all->heap[0].gid);
	sql_bind_number(all->rows, 2, all->heap[0].next - 1);
	sql_bind_number(all->rows, 3, all->start);
	rc = step(all, &found);
	if (rc == RC_OK && found != all->heap[0].next) {
		log_error("store_order_broken", LOG_NUMBER("seq", all->heap[0].next));
		rc = RC_CORRUPT;
	}
	return rc;
}

static enum rc find_groups(struct sqlite *sqlite, const struct store_cursor *from,
			   struct all_groups *all)
{
	sqlite3_stmt *stmt = sqlite->sql[SQL_CHANGED_GROUPS];
	enum rc rc;
	bool row;

	sql_bind_number(stmt, 2, from->seq);
	sql_bind_number(stmt, 3, from->start);
	while ((rc = sql_step(stmt, &row)) == RC_OK && row)
		if (!sql_is_null(stmt, 1))
			add(all, sql_number(stmt, 0), sql_number(stmt, 1));
	sqlite3_reset(stmt);
	return rc;
}

enum rc all_groups_start(struct sqlite *sqlite, const struct store_cursor *from, enum sql own,
			 struct all_groups *all)
{
	enum rc rc = find_groups(sqlite, from, all);

	assert(all->rows == NULL);
	all->rows = sqlite->sql[own];
	all->start = from->start;
	for (size_t at = all->count / 2; at > 0; at--)
		sift_down(all, at - 1);
	return rc == RC_OK ? seek(all) : rc;
}

enum rc all_groups_step(struct all_groups *all)
{
	const struct all_groups_entry before = all->heap[0];
	uint64_t next;
	enum rc rc = step(all, &next);

	assert(all->count > 0);
	if (rc != RC_OK)
		return rc;
	if (next)
		all->heap[0].next = next;
	else
		all->heap[0] = all->heap[--all->count];
	sift_down(all, 0);
	/* The same group again: its row is there already. */
	return next && all->heap[0].gid == before.gid ? RC_OK : seek(all);
}

uint64_t all_groups_next(const struct all_groups *all)
{
	return all->count ? all->heap[0].next : 0;
}

void all_groups_end(struct all_groups *all)
{
	if (all->rows)
		sqlite3_reset(all->rows);
	free(all->heap);
	*all = (struct all_groups){ .rows = NULL };
}
