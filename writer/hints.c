/* Turns the replies of a commit into entries of the ring, for commit.c. */
#include "writer/hints.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(RING_LANES == STORE_LANES_MAX, "the ring has room for all lanes");

static void hints_add(struct hints *hints, uint64_t key, unsigned lane, uint64_t number)
{
	if (hints->count == hints->cap) {
		hints->cap = hints->cap ? 2 * hints->cap : 64;
		hints->entries = mem_resize(hints->entries, hints->cap, sizeof(*hints->entries));
	}
	hints->entries[hints->count++] =
		(struct ring_entry){ .key = key, .lane = lane, .number = number };
}

/* The groups that an id, or a group, lies in. */
static void hints_add_groups(struct hints *hints, struct slice id, unsigned lane, uint64_t seq)
{
	uint64_t hash = HASH_START;
	struct slice group;
	size_t at = 0;

	while (docid_next_group(id, &at, &hash, &group))
		hints_add(hints, hash, lane, seq);
}

/* Documents of one group often follow each other: their entries, which are those from
 * `from` on, get the newer number. */
static void hints_add_request(struct hints *hints, const struct store_request *request,
			      const struct store_reply *reply)
{
	struct slice last = slice_of(""), group;
	size_t from = hints->count;

	if (reply->rc != RC_OK || request->kind != STORE_PUSH)
		return;
	for (size_t i = 0; i < reply->result_count; i++) {
		const uint64_t seq = reply->results[i].seq;

		if (seq == 0)
			continue;
		group = docid_group(request->edits[i].id);
		if (slice_equal(group, last)) {
			for (size_t k = from; k < hints->count; k++)
				hints->entries[k].number = seq;
			continue;
		}
		last = group;
		from = hints->count;
		hints_add_groups(hints, request->edits[i].id, 0, seq);
	}
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Entries of one group side by side, the newest of each first. */
static int hints_by_key(const void *left, const void *right)
{
	const struct ring_entry *a = left, *b = right;

	if (a->key != b->key)
		return compare(a->key, b->key);
	return a->lane != b->lane ? compare(a->lane, b->lane) : compare(b->number, a->number);
}

/* Lane by lane. */
static int hints_by_number(const void *left, const void *right)
{
	const struct ring_entry *a = left, *b = right;

	return a->lane != b->lane ? compare(a->lane, b->lane) : compare(a->number, b->number);
}

static void hints_unique(struct hints *hints)
{
	struct ring_entry *entries = hints->entries;
	size_t kept = 0;

	for (size_t i = 0; i < hints->count; i++)
		if (kept == 0 || entries[kept - 1].key != entries[i].key ||
		    entries[kept - 1].lane != entries[i].lane)
			entries[kept++] = entries[i];
	hints->count = kept;
}

/* Everything is in the group of all groups, in each lane. */
static void hints_add_all(struct hints *hints)
{
	uint64_t newest[RING_LANES] = { 0 };

	for (size_t i = 0; i < hints->count; i++)
		if (hints->entries[i].number > newest[hints->entries[i].lane])
			newest[hints->entries[i].lane] = hints->entries[i].number;
	for (unsigned lane = 0; lane < RING_LANES; lane++)
		if (newest[lane])
			hints_add(hints, hash_of(slice_of("*")), lane, newest[lane]);
}

/* Brings the entries into the order that readers expect. */
static void hints_finish(struct hints *hints)
{
	if (hints->count == 0)
		return;
	hints_add_all(hints);
	qsort(hints->entries, hints->count, sizeof(*hints->entries), hints_by_key);
	hints_unique(hints);
	qsort(hints->entries, hints->count, sizeof(*hints->entries), hints_by_number);
	for (size_t i = 0; i < hints->count; i++)
		hints->entries[i].last = i + 1 == hints->count ||
					 hints->entries[i + 1].lane != hints->entries[i].lane;
}

void hints_collect(struct hints *hints, const struct store_request *requests,
		   const struct store_reply *replies, size_t count)
{
	assert(count == 0 || (requests && replies));
	hints->count = 0;
	if (FAULT_MUTANT("hints_dropped"))
		return;
	for (size_t i = 0; i < count; i++)
		hints_add_request(hints, &requests[i], &replies[i]);
	hints_finish(hints);
}

void hints_collect_changes(struct hints *hints, const struct store_change *changes, size_t count)
{
	hints->count = 0;
	for (size_t i = 0; i < count; i++) {
		const unsigned lane = (unsigned)changes[i].lane;

		if (changes[i].group.len == 0)
			continue;
		hints_add_groups(hints, changes[i].group, lane, changes[i].seq);
		hints_add(hints, hash_of(changes[i].group), lane, changes[i].seq);
	}
	hints_finish(hints);
}

void hints_free(struct hints *hints)
{
	free(hints->entries);
	*hints = (struct hints){ 0 };
}
