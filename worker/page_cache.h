/* Cache of pull responses. After a change every client of a group pulls the same page;
 * until the next one, the same empty page. A page is good for the generation of the
 * database (shm/generation.h) in which it was read. */
#ifndef WORKER_PAGE_CACHE_H
#define WORKER_PAGE_CACHE_H

#include "base/shared_buf.h"
#include "store/store.h"
#include "transit/transit.h"

#define PAGE_CACHE_SLOTS 128                   /* pages at most */
#define PAGE_CACHE_PAGE_MAX ((size_t)32 << 10) /* a larger one is not cached */

struct page_cache;

struct page_cache *page_cache_new(void);
/* NULL is fine. */
void page_cache_free(struct page_cache *page_cache);

/* The page that this query got in this generation, or NULL. The cache keeps its
 * reference. GENERATION_NONE has no pages. */
struct shared_buf *page_cache_find(const struct page_cache *page_cache,
				   const struct store_query *query, enum encoding encoding,
				   uint64_t generation);
/* Takes a reference; evicts the page in the same slot. */
void page_cache_put(struct page_cache *page_cache, const struct store_query *query,
		    enum encoding encoding, uint64_t generation, struct shared_buf *body);

#endif
