/* Answers to pulls that are kept ready: when a group has changed, all its clients pull
 * the same page, and until the next change whoever asks finds nothing new. A page is
 * good for the edition of the database (shm/generation.h) in which it was read. */
#ifndef WORKER_PAGE_CACHE_H
#define WORKER_PAGE_CACHE_H

#include "base/shared_buf.h"
#include "store/store.h"
#include "transit/transit.h"

#define PAGE_CACHE_SLOTS 128                   /* pages at most */
#define PAGE_CACHE_PAGE_MAX ((size_t)32 << 10) /* a larger one is not kept */

struct page_cache;

struct page_cache *page_cache_new(void);
/* NULL is fine. */
void page_cache_free(struct page_cache *page_cache);

/* The page that this query got in this edition, or NULL; the caller's to hold. An
 * edition of GENERATION_NONE has none. */
struct shared_buf *page_cache_find(const struct page_cache *page_cache,
				   const struct store_query *query, enum encoding encoding,
				   uint64_t generation);
/* Keeps it in the place of another one. */
void page_cache_put(struct page_cache *page_cache, const struct store_query *query,
		    enum encoding encoding, uint64_t generation, struct shared_buf *body);

#endif
