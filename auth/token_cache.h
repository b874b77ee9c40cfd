/* The tokens that a worker has found valid, with the texts by which it recognizes them:
 * the cache of auth/auth.c. It has a fixed size and asks no store; whether an entry may
 * still be believed depends on the generation of tokens, which the caller passes. */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include "auth/identity.h"
#include "base/slice.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

/* How long an entry is fresh; the numbers of its sets, and of entries in each. */
#define TOKEN_CACHE_MS 60000
#define TOKEN_CACHE_SETS 1024
#define TOKEN_CACHE_WAYS 4

struct token_cache;

/* An entry belongs to the cache, with its identity, until the next token_cache_put or
 * token_cache_forget. */
struct cached_token {
	struct identity *identity; /* NULL: a free entry, which no function returns */
	uint64_t since;            /* clock_ms */
	uint64_t generation;       /* when its lookup began; 0: unknown */
	bool has_text;
	unsigned char text_hash[crypto_shorthash_BYTES]; /* if has_text */
};

/* sodium_init must have been called. */
struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *cache);

/* Both return NULL if there is none; the entry may be stale. The second one finds the
 * token with exactly this text, if token_cache_remember_text was called for it. */
struct cached_token *token_cache_find(struct token_cache *cache, const char *id);
const struct cached_token *token_cache_find_text(struct token_cache *cache, struct slice text);
/* Is the entry of this generation, which is known, and younger than TOKEN_CACHE_MS? An
 * entry that is not fresh only shows that the token was valid once. */
bool cached_token_is_fresh(const struct cached_token *entry, uint64_t generation);

/* Takes a reference to the identity. Replaces the entry of the same token, otherwise a
 * free one, otherwise the oldest of its set. */
void token_cache_put(struct token_cache *cache, struct identity *identity, uint64_t generation);
void token_cache_forget(struct token_cache *cache, const char *id);
/* `text` was verified to be that of the entry's token. Only a hash of it is kept. */
void token_cache_remember_text(const struct token_cache *cache, struct cached_token *entry,
			       struct slice text);

#endif
