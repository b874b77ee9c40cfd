/* The cache codes of one message. transit/reader.c resolves strings by it. */
#include "transit/cache.h"

#include "base/mem.h"

#include <stdlib.h>

#define DIGITS 44
#define PLACES ((size_t)DIGITS * DIGITS)

void cache_free(struct cache *cache)
{
	for (size_t i = 0; i < cache->made; i++)
		free(cache->entries[i].owned);
	free(cache->entries);
	*cache = (struct cache){ 0 };
}

bool cache_takes(struct slice body, bool as_key)
{
	if (body.len <= 3)
		return false;
	if (!as_key && (body.data[0] != '~' ||
			(body.data[1] != ':' && body.data[1] != '$' && body.data[1] != '#')))
		return false;
	return scan_longer_than(body, 3);
}

static struct cache_entry *next_place(struct cache *cache)
{
	if (cache->used == PLACES)
		cache->used = 0;
	cache->entries =
		mem_grow(cache->entries, &cache->room, cache->used + 1, sizeof(*cache->entries));
	if (cache->used == cache->made)
		cache->entries[cache->made++].owned = NULL;
	return &cache->entries[cache->used++];
}

void cache_add(struct cache *cache, const struct text *text)
{
	struct cache_entry *entry = next_place(cache);

	free(entry->owned);
	entry->owned = NULL;
	entry->text = *text;
	if (!text->in_place) {
		entry->owned = mem_copy(text->body.data, text->body.len);
		entry->text.body.data = entry->owned;
	}
}

/* Returns the value of a digit; DIGITS or more if it is invalid. */
static size_t digit(char c)
{
	return c < '0' ? DIGITS : (size_t)(c - '0');
}

bool cache_find(const struct cache *cache, struct slice code, struct text *text)
{
	size_t high = 0, low;

	if (code.len < 2 || code.len > 3 || code.data[0] != '^')
		return false;
	if (code.len == 3) {
		high = digit(code.data[1]);
		if (high == 0)
			return false;
	}
	low = digit(code.data[code.len - 1]);
	if (high >= DIGITS || low >= DIGITS || high * DIGITS + low >= cache->used)
		return false;
	*text = cache->entries[high * DIGITS + low].text;
	return true;
}
