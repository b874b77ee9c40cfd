/* The table of cache codes ("^0") that a reader maintains (Transit 0.8, Caching).
 *
 * Map keys, and strings anywhere that begin with `~:`, `~$` or `~#`, enter the table if
 * they are longer than 3 UTF-16 units. Each takes the next of 1936 (44²) entries; after
 * the last one the table starts anew, empty. (The specification mentions 94 digits;
 * transit-java and transit-js use the 44 from '0' to '[', so this reader does too.) */
#ifndef TRANSIT_CACHE_H
#define TRANSIT_CACHE_H

#include "transit/scan.h"

/* The content of a string in canonical form. In place: the content is a part of the
 * message, with the quotes around it. */
struct text {
	struct slice body;
	bool in_place;
};

struct cache_entry {
	struct text text;
	char *owned; /* the copy that text refers to if it is not in place */
};

struct cache {
	struct cache_entry *entries;
	size_t used; /* codes below are valid */
	size_t made; /* entries below may own a copy */
	size_t room;
};

/* A zeroed struct is an empty cache. */
void cache_free(struct cache *cache);
bool cache_takes(struct slice body, bool as_key);
void cache_add(struct cache *cache, const struct text *text);
/* Looks up a code. The text is valid until the next cache_add. */
bool cache_find(const struct cache *cache, struct slice code, struct text *text);

#endif
