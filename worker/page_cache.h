/* Cache of pull responses. After a change of a group all its clients pull the same
 * page; until the next one, the same empty page. A page is good until its group changes
 * (shm/edition.h).
 *
 * A back end that does not know its edition without asking (store_edition says 0) can
 * ask for the head, and compare the page with the ring when the ring has come there;
 * page_cache_find has the page, and page_is_good is the place for that. */
#ifndef WORKER_PAGE_CACHE_H
#define WORKER_PAGE_CACHE_H

#include "base/shared_buf.h"
#include "store/store.h"
#include "transit/transit.h"

#define PAGE_CACHE_SLOTS 128                    /* pages at most */
#define PAGE_CACHE_PAGE_MAX ((size_t)128 << 10) /* a larger one is not cached */
#define PAGE_CACHE_BYTES ((size_t)4 << 20)      /* of all pages, also compressed ones */
/* Then a page is read again: its cursor falls behind while others write, and a purge
 * that passes a cursor makes its client start anew. */
#define PAGE_CACHE_AGE_US (UINT64_C(60) * 1000 * 1000)

struct page_cache;
struct shm;

/* The state of the database that a page was read from. */
struct page_state {
	uint64_t head; /* the newest sequence number of all groups of the lane */
	unsigned lane; /* of the group */
	/* In place of these two if the group spans lanes, else NULL; copied by
	 * page_cache_put. */
	const struct store_places *heads;
	uint64_t epoch;    /* of these numbers */
	uint64_t spoils;   /* edition_spoils, read before the page */
	uint64_t read_at;  /* clock_us() */
	bool may_compress; /* see compress.h */
};

struct page {
	struct shared_buf *body; /* the cache's reference, as is the next */
	struct shared_buf *gzip; /* the same, compressed; NULL: not made */
	bool tried_gzip;
	struct page_state state;
	uint64_t group;   /* the hash of its name */
	uint64_t edition; /* the last one in which it was found to be good */
};

struct page_cache *page_cache_new(void);
/* NULL is fine. */
void page_cache_free(struct page_cache *page_cache);

/* The page that this query got last, or NULL. It may be out of date. Good until the
 * next call of page_cache_put. */
struct page *page_cache_find(struct page_cache *page_cache, const struct store_query *query,
			     enum encoding encoding);
/* Would the store answer with this page in the edition, which was read just before?
 * `now`: clock_us(). */
bool page_is_good(struct page *page, const struct shm *shm, uint64_t edition, uint64_t now);
/* The same for a database that other hosts use (store_is_shared), which was asked for
 * its heads since the query came: the buckets of this host account for these, and the
 * page is newer than what is in its group's. Before asking (`heads` NULL): may it
 * be? */
bool page_is_current(const struct page *page, const struct shm *shm,
		     const struct store_places *heads, uint64_t now);
/* The page in gzip, which is made by the first call; NULL: it may not be compressed, or
 * is not worth it. */
struct shared_buf *page_cache_gzip(struct page_cache *page_cache, struct page *page);
/* Takes a reference; evicts the page in the same slot, and others if there is no
 * room. */
void page_cache_put(struct page_cache *page_cache, const struct store_query *query,
		    enum encoding encoding, const struct page_state *state,
		    struct shared_buf *body);

#endif
