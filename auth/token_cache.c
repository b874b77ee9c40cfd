/* The cache of valid tokens, set-associative: the hash of a token's id selects its set,
 * so that the size is fixed and no order must be maintained. auth/auth.c calls it. */
#include "auth/token_cache.h"

#include "auth/token.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct token_cache {
	/* The hash of a text has a secret key of this process: no client can search for
	 * another text with the same hash, and it is of no use to another process. */
	unsigned char text_key[crypto_shorthash_KEYBYTES];
	struct cached_token sets[TOKEN_CACHE_SETS][TOKEN_CACHE_WAYS];
};

struct token_cache *token_cache_new(void)
{
	struct token_cache *cache = mem_alloc(sizeof(*cache));

	crypto_shorthash_keygen(cache->text_key);
	return cache;
}

static void entry_clear(struct cached_token *entry)
{
	identity_unref(entry->identity);
	*entry = (struct cached_token){ .identity = NULL };
}

void token_cache_free(struct token_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t set = 0; set < TOKEN_CACHE_SETS; set++)
		for (size_t way = 0; way < TOKEN_CACHE_WAYS; way++)
			entry_clear(&cache->sets[set][way]);
	sodium_memzero(cache->text_key, sizeof(cache->text_key));
	free(cache);
}

static struct cached_token *set_of(struct token_cache *cache, const char *id)
{
	return cache->sets[hash_of(slice_of(id)) % TOKEN_CACHE_SETS];
}

static bool entry_is_of(const struct cached_token *entry, const char *id)
{
	return entry->identity != NULL && strcmp(entry->identity->id, id) == 0;
}

struct cached_token *token_cache_find(struct token_cache *cache, const char *id)
{
	struct cached_token *set = set_of(cache, id);

	for (size_t way = 0; way < TOKEN_CACHE_WAYS; way++)
		if (entry_is_of(&set[way], id))
			return &set[way];
	return NULL;
}

bool cached_token_is_fresh(const struct cached_token *entry, uint64_t generation)
{
	return entry->generation != 0 && entry->generation == generation &&
	       clock_ms() - entry->since < TOKEN_CACHE_MS;
}

static struct cached_token *find_victim(struct token_cache *cache, const char *id)
{
	struct cached_token *set = set_of(cache, id), *victim = &set[0];

	for (size_t way = 0; way < TOKEN_CACHE_WAYS; way++) {
		if (entry_is_of(&set[way], id))
			return &set[way];
		if (victim->identity != NULL &&
		    (set[way].identity == NULL || set[way].since < victim->since))
			victim = &set[way];
	}
	return victim;
}

void token_cache_put(struct token_cache *cache, struct identity *identity, uint64_t generation)
{
	struct cached_token *entry = find_victim(cache, identity->id);

	identity_ref(identity);
	entry_clear(entry);
	entry->identity = identity;
	entry->since = clock_ms();
	entry->generation = generation;
}

void token_cache_forget(struct token_cache *cache, const char *id)
{
	struct cached_token *entry = token_cache_find(cache, id);

	if (entry)
		entry_clear(entry);
}

static void hash_text(const struct token_cache *cache, struct slice text,
		      unsigned char hash[crypto_shorthash_BYTES])
{
	(void)crypto_shorthash(hash, (const unsigned char *)text.data, text.len, cache->text_key);
}

void token_cache_remember_text(const struct token_cache *cache, struct cached_token *entry,
			       struct slice text)
{
	assert(entry->identity != NULL && text.len == TOKEN_TEXT_LEN);
	hash_text(cache, text, entry->text_hash);
	entry->has_text = true;
}

const struct cached_token *token_cache_find_text(struct token_cache *cache, struct slice text)
{
	char id[STORE_TOKEN_ID_LEN + 1] = "";
	unsigned char hash[crypto_shorthash_BYTES];
	const struct cached_token *entry;

	if (text.len != TOKEN_TEXT_LEN)
		return NULL;
	memcpy(id, text.data + strlen(TOKEN_PREFIX), STORE_TOKEN_ID_LEN);
	entry = token_cache_find(cache, id);
	if (entry == NULL || !entry->has_text)
		return NULL;
	hash_text(cache, text, hash);
	return sodium_memcmp(hash, entry->text_hash, sizeof(hash)) == 0 ? entry : NULL;
}
