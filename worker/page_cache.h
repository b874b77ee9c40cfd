/* Answers to pulls that are kept ready: when a group has changed, all its clients pull the same page, and until the next change whoever
 * asks finds nothing new. A page is good for the edition of the database (shm/generation.h) in which it was read. */
#ifndef WORKER_PAGE_CACHE_H
#define WORKER_PAGE_CACHE_H

#include "base/buf.h"
#include "store/store.h"
#include "transit/transit.h"

#define KEPT_SLOTS 128                   /* pages at most */
#define KEPT_PAGE_MAX ((size_t)32 << 10) /* a larger one is not kept */

/* Bytes that several answers share, gone when the last one lets go of them. */
struct kept_body {
	size_t holders;
	struct buf bytes;
};

/* Takes the memory of `bytes` over; held once. */
struct kept_body *kept_body_new(struct buf *bytes);
struct kept_body *kept_body_hold(struct kept_body *body);
void kept_body_release(struct kept_body *body);

struct kept;

struct kept *kept_new(void);
/* NULL is fine. */
void kept_free(struct kept *kept);

/* The page that this query got in this edition, or NULL; the caller's to hold. An edition of GENERATION_NONE has none. */
struct kept_body *kept_find(const struct kept *kept, const struct store_query *query, enum encoding encoding, uint64_t generation);
/* Keeps it in the place of another one. */
void kept_put(struct kept *kept, const struct store_query *query, enum encoding encoding, uint64_t generation, struct kept_body *body);

#endif
