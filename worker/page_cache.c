/* A direct-mapped cache of pull responses. Called by worker/sync. See also
 * shm/generation, which invalidates it. */
#include "worker/page_cache.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/generation.h"

#include <assert.h>
#include <stdlib.h>

/* Everything that a response depends on, besides the database. Zeroed before it is
 * filled, as it is hashed and compared as bytes. */
struct key {
	struct store_cursor since;
	uint64_t limit;
	uint64_t encoding;
	uint64_t group_len;
	char group[GROUP_MAX];
};

struct slot {
	uint64_t generation; /* GENERATION_NONE: empty */
	struct shared_buf *body;
	struct key key;
};

struct page_cache {
	struct slot slots[PAGE_CACHE_SLOTS];
};

struct page_cache *page_cache_new(void)
{
	return mem_alloc(sizeof(struct page_cache));
}

void page_cache_free(struct page_cache *page_cache)
{
	if (page_cache == NULL)
		return;
	for (size_t i = 0; i < PAGE_CACHE_SLOTS; i++)
		shared_buf_unref(page_cache->slots[i].body);
	free(page_cache);
}

/* Returns the number of bytes in use. */
static size_t key_make(struct key *key, const struct store_query *query, enum encoding encoding)
{
	assert(query->group.len <= GROUP_MAX);
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
	return hash_of(slice_make((const char *)key, len)) % PAGE_CACHE_SLOTS;
}

struct shared_buf *page_cache_find(const struct page_cache *page_cache,
				   const struct store_query *query, enum encoding encoding,
				   uint64_t generation)
{
	const struct slot *slot;
	struct key key;
	size_t len;

	if (generation == GENERATION_NONE)
		return NULL;
	len = key_make(&key, query, encoding);
	slot = &page_cache->slots[place(&key, len)];
	if (slot->body == NULL || memcmp(&slot->key, &key, len) != 0)
		return NULL;
	return slot->generation == generation || FAULT_MUTANT("generation_ignored") ? slot->body
										    : NULL;
}

void page_cache_put(struct page_cache *page_cache, const struct store_query *query,
		    enum encoding encoding, uint64_t generation, struct shared_buf *body)
{
	struct slot *slot;
	struct key key;
	size_t len;

	if (generation == GENERATION_NONE || body->bytes.len > PAGE_CACHE_PAGE_MAX)
		return;
	len = key_make(&key, query, encoding);
	slot = &page_cache->slots[place(&key, len)];
	shared_buf_unref(slot->body);
	slot->generation = generation;
	slot->body = shared_buf_ref(body);
	memcpy(&slot->key, &key, len);
}
