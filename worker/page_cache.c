/* A direct-mapped cache of pull responses. Called by worker/sync_pull. See also
 * shm/edition, which says when a page is out of date. */
#include "worker/page_cache.h"

#include "store/docid.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/mem.h"
#include "shm/edition.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "worker/compress.h"

#include <assert.h>
#include <stdlib.h>

/* Everything that a response depends on, besides the database. Zeroed before it is
 * filled, as it is hashed and compared as bytes. Behind the name of a group that spans
 * lanes comes the text of the cursor, which has room there, as the name is short. */
struct key {
	struct store_cursor since;
	uint64_t limit;
	uint64_t encoding;
	uint64_t meta;
	uint64_t group_len;
	char group[GROUP_MAX];
};

_Static_assert(GROUP_MAX > STORE_CURSOR_TEXT_MAX, "the cursor fits behind the group");

struct slot {
	struct page page; /* without a body: empty */
	struct key key;
};

struct page_cache {
	struct slot slots[PAGE_CACHE_SLOTS];
	size_t bytes; /* of all pages in them */
	size_t hand;  /* the slot that is emptied next for want of room */
};

static size_t page_bytes(const struct page *page)
{
	return (page->body ? page->body->bytes.len : 0) + (page->gzip ? page->gzip->bytes.len : 0);
}

static void page_evict(struct page_cache *page_cache, struct page *page)
{
	page_cache->bytes -= page_bytes(page);
	shared_buf_unref(page->body);
	shared_buf_unref(page->gzip);
	free((void *)page->state.heads);
	*page = (struct page){ .body = NULL };
}

/* Room for so many bytes more, without the page that they belong to. */
static void make_room(struct page_cache *page_cache, size_t bytes, const struct page *except)
{
	while (page_cache->bytes + bytes > PAGE_CACHE_BYTES) {
		struct page *page = &page_cache->slots[page_cache->hand++ % PAGE_CACHE_SLOTS].page;

		if (page != except)
			page_evict(page_cache, page);
	}
}

struct page_cache *page_cache_new(void)
{
	return mem_alloc(sizeof(struct page_cache));
}

void page_cache_free(struct page_cache *page_cache)
{
	if (page_cache == NULL)
		return;
	for (size_t i = 0; i < PAGE_CACHE_SLOTS; i++)
		page_evict(page_cache, &page_cache->slots[i].page);
	free(page_cache);
}

/* Returns the number of bytes in use. */
static size_t key_make(struct key *key, const struct store_query *query, enum encoding encoding)
{
	size_t cursor_len = 0;

	assert(query->group.len <= GROUP_MAX);
	memset(key, 0, sizeof(*key));
	key->since.epoch = query->since.epoch;
	key->since.seq = query->since.seq;
	key->since.start = query->since.start;
	key->since.bound = query->since.bound;
	key->since.reset = query->since.reset;
	key->limit = query->limit;
	key->encoding = (uint64_t)encoding;
	key->meta = query->meta;
	key->group_len = query->group.len;
	memcpy(key->group, query->group.data, query->group.len);
	if (query->all)
		cursor_len = store_cursors_format(query->all, key->group + query->group.len);
	return offsetof(struct key, group) + query->group.len + cursor_len;
}

static size_t place(const struct key *key, size_t len)
{
	return hash_of(slice_make((const char *)key, len)) % PAGE_CACHE_SLOTS;
}

struct page *page_cache_find(struct page_cache *page_cache, const struct store_query *query,
			     enum encoding encoding)
{
	struct slot *slot;
	struct key key;
	size_t len = key_make(&key, query, encoding);

	slot = &page_cache->slots[place(&key, len)];
	return slot->page.body && memcmp(&slot->key, &key, len) == 0 ? &slot->page : NULL;
}

bool page_is_good(struct page *page, const struct shm *shm, uint64_t edition, uint64_t now)
{
	if (edition == EDITION_NONE || now - page->state.read_at > PAGE_CACHE_AGE_US)
		return false;
	if (edition == page->edition)
		return true;
	/* In this order, see shm/edition.h. */
	if (!edition_is_accounted(shm, edition))
		return false;
	if (!FAULT_MUTANT("page_stale") &&
	    (edition_spoils(shm) != page->state.spoils ||
	     ring_bucket(shm, page->group, page->state.lane) > page->state.head))
		return false;
	page->edition = edition;
	return true;
}

/* Its lanes: from *first, so many. */
static unsigned lanes_of(const struct page_state *state, unsigned *first)
{
	*first = state->heads ? 0 : state->lane;
	return state->heads ? (unsigned)state->heads->lanes : 1;
}

/* Does the ring account for these heads? */
static bool has_come_to(const struct page_state *state, const struct shm *shm,
			const struct store_places *heads)
{
	unsigned first;
	const unsigned count = lanes_of(state, &first);

	for (unsigned lane = first; lane < first + count; lane++)
		if (ring_committed(shm, lane) < heads->seqs[lane])
			return false;
	return true;
}

/* Is the page newer than what the ring knows of its group? */
static bool is_newest(const struct page *page, const struct shm *shm)
{
	const struct page_state *state = &page->state;
	unsigned first;
	const unsigned count = lanes_of(state, &first);

	for (unsigned lane = first; lane < first + count; lane++)
		if (ring_bucket(shm, page->group, lane) >
		    (state->heads ? state->heads->seqs[lane] : state->head))
			return false;
	return true;
}

bool page_is_current(const struct page *page, const struct shm *shm,
		     const struct store_places *heads, uint64_t now)
{
	const struct page_state *state = &page->state;

	if (now - state->read_at > PAGE_CACHE_AGE_US || shm_epoch(shm) != state->epoch)
		return false;
	/* Of another epoch, the numbers of the ring stand for other commits. */
	if (heads && (heads->epoch != state->epoch || !has_come_to(state, shm, heads)))
		return false;
	return edition_spoils(shm) == state->spoils && is_newest(page, shm) &&
	       shm_epoch(shm) == state->epoch;
}

struct shared_buf *page_cache_gzip(struct page_cache *page_cache, struct page *page)
{
	struct buf bytes = BUF_EMPTY;

	if (!page->state.may_compress || page->tried_gzip)
		return page->gzip;
	page->tried_gzip = true;
	if (!compress_gzip(buf_slice(&page->body->bytes), &bytes))
		return NULL;
	make_room(page_cache, bytes.len, page);
	page_cache->bytes += bytes.len;
	page->gzip = shared_buf_new(&bytes);
	return page->gzip;
}

static struct store_places *copy_heads(const struct store_places *heads)
{
	struct store_places *copy = mem_alloc(sizeof(*copy));

	*copy = *heads;
	return copy;
}

void page_cache_put(struct page_cache *page_cache, const struct store_query *query,
		    enum encoding encoding, const struct page_state *state, struct shared_buf *body)
{
	struct slot *slot;
	struct key key;
	size_t len;

	if (body->bytes.len > PAGE_CACHE_PAGE_MAX)
		return;
	len = key_make(&key, query, encoding);
	slot = &page_cache->slots[place(&key, len)];
	page_evict(page_cache, &slot->page);
	make_room(page_cache, body->bytes.len, &slot->page);
	page_cache->bytes += body->bytes.len;
	slot->page = (struct page){ .body = shared_buf_ref(body),
				    .state = *state,
				    .group = hash_of(query->group) };
	if (state->heads)
		slot->page.state.heads = copy_heads(state->heads);
	memcpy(&slot->key, &key, len);
}
