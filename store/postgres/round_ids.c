/* The set of the ids of a round, to find those that come twice. Called by push.c. */
#include "store/postgres/commit.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void round_ids_clear(struct round_ids *ids)
{
	if (ids->count)
		memset(ids->slots, 0, ids->room * sizeof(*ids->slots));
	ids->count = 0;
}

static bool ids_insert(struct round_ids *ids, struct slice id)
{
	size_t at = hash_of(id) & (ids->room - 1);

	for (; ids->slots[at].data; at = (at + 1) & (ids->room - 1))
		if (slice_equal(ids->slots[at], id))
			return false;
	ids->slots[at] = id;
	ids->count++;
	return true;
}

static void ids_reserve(struct round_ids *ids, size_t count)
{
	struct round_ids larger = { .room = ids->room ? ids->room : 64 };

	while (larger.room < count * 2)
		larger.room *= 2;
	if (larger.room == ids->room)
		return;
	larger.slots = mem_array(larger.room, sizeof(*larger.slots));
	for (size_t i = 0; i < ids->room; i++)
		if (ids->slots[i].data)
			(void)ids_insert(&larger, ids->slots[i]);
	free(ids->slots);
	*ids = larger;
}

bool round_ids_add_all(struct round_ids *ids, const struct store_request *request)
{
	ids_reserve(ids, ids->count + request->edit_count);
	for (size_t i = 0; i < request->edit_count; i++)
		if (!ids_insert(ids, request->edits[i].id))
			return false;
	return true;
}

void round_ids_free(struct round_ids *ids)
{
	free(ids->slots);
}
