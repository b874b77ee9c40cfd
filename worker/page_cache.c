#include "worker/page_cache.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/generation.h"

#include <stdlib.h>

/* All that an answer depends on, besides the database. Zeroed before it is filled: it is hashed and compared as bytes. */
struct key {
	struct store_cursor since;
	uint64_t limit;
	uint64_t encoding;
	uint64_t group_len;
	char group[GROUP_MAX];
};

struct slot {
	uint64_t generation; /* GENERATION_NONE: empty */
	struct kept_body *body;
	struct key key;
};

struct kept {
	struct slot slots[KEPT_SLOTS];
};

struct kept_body *kept_body_new(struct buf *bytes)
{
	struct kept_body *body = mem_alloc(sizeof(*body));

	*body = (struct kept_body){ .holders = 1, .bytes = *bytes };
	*bytes = (struct buf)BUF_EMPTY;
	return body;
}

struct kept_body *kept_body_hold(struct kept_body *body)
{
	body->holders++;
	return body;
}

void kept_body_release(struct kept_body *body)
{
	if (--body->holders > 0)
		return;
	buf_free(&body->bytes);
	free(body);
}

struct kept *kept_new(void)
{
	return mem_alloc(sizeof(struct kept));
}

void kept_free(struct kept *kept)
{
	if (kept == NULL)
		return;
	for (size_t i = 0; i < KEPT_SLOTS; i++)
		if (kept->slots[i].body)
			kept_body_release(kept->slots[i].body);
	free(kept);
}

/* Returns how many bytes of it count. */
static size_t key_make(struct key *key, const struct store_query *query, enum encoding encoding)
{
	memset(key, 0, sizeof(*key));
	key->since.epoch = query->since.epoch;
	key->since.seq = query->since.seq;
	key->since.start = query->since.start;
	key->since.bound = query->since.bound;
	key->since.reset = query->since.reset;
	key->limit = query->limit;
	key->encoding = (uint64_t)encoding;
	key->group_len = query->group.len;
	memcpy(key->group, query->group.data, query->group.len);
	return offsetof(struct key, group) + query->group.len;
}

static size_t place(const struct key *key, size_t len)
{
	return hash_of(slice_make((const char *)key, len)) % KEPT_SLOTS;
}

struct kept_body *kept_find(const struct kept *kept, const struct store_query *query, enum encoding encoding, uint64_t generation)
{
	const struct slot *slot;
	struct key key;
	size_t len;

	if (generation == GENERATION_NONE)
		return NULL;
	len = key_make(&key, query, encoding);
	slot = &kept->slots[place(&key, len)];
	if (slot->body == NULL || memcmp(&slot->key, &key, len) != 0)
		return NULL;
	return slot->generation == generation || FAULT_MUTANT("generation_ignored") ? slot->body : NULL;
}

void kept_put(struct kept *kept, const struct store_query *query, enum encoding encoding, uint64_t generation, struct kept_body *body)
{
	struct slot *slot;
	struct key key;
	size_t len;

	if (generation == GENERATION_NONE || body->bytes.len > KEPT_PAGE_MAX)
		return;
	len = key_make(&key, query, encoding);
	slot = &kept->slots[place(&key, len)];
	if (slot->body)
		kept_body_release(slot->body);
	slot->generation = generation;
	slot->body = kept_body_hold(body);
	memcpy(&slot->key, &key, len);
}
