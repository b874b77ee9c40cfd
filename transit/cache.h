/* The table behind cache codes ("^0"), as a reader keeps it (Transit 0.8, Caching).
 *
 * Cached are map keys, and strings that begin with `~:`, `~$` or `~#` anywhere, when
 * longer than 3 UTF-16 units. Each takes the next of 1936 (44²) places; the one after
 * the last begins anew with an empty table. (The text of the format speaks of 94
 * digits; transit-java and transit-js use the 44 from '0' to '[', and so they
 * understand each other.) */
#ifndef TRANSIT_CACHE_H
#define TRANSIT_CACHE_H

#include "transit/scan.h"

/* A string's content in canonical form. In place: a part of the message, with its
 * quotes around it.
 */
struct text {
	struct slice body;
	bool in_place;
};

struct cache_entry {
	struct text text;
	char *owned; /* the copy that text is of, where it is not in place */
};

struct cache {
	struct cache_entry *entries;
	size_t used; /* valid codes are below */
	size_t made; /* entries that may own a copy */
	size_t room;
};

/* A zeroed struct is an empty cache. */
void cache_free(struct cache *cache);
bool cache_takes(struct slice body, bool as_key);
void cache_add(struct cache *cache, const struct text *text);
/* Is there an entry for this code? Good until the next cache_add. */
bool cache_find(const struct cache *cache, struct slice code, struct text *text);

#endif
