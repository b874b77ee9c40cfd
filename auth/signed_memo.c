/* Remembers signed tokens that are good. Called by auth/auth.c. */
#include "auth/signed_memo.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>

#define HASH_LEN crypto_generichash_BYTES_MIN

struct signed_entry {
	unsigned char hash[HASH_LEN];
	struct identity *identity; /* NULL: free */
};

/* Set-associative, as the cache of auth.c. `turn` is the way that is replaced next. */
struct signed_memo {
	unsigned char key[crypto_generichash_KEYBYTES];
	unsigned turn[SIGNED_MEMO_SETS];
	struct signed_entry sets[SIGNED_MEMO_SETS][SIGNED_MEMO_WAYS];
};

struct signed_memo *signed_memo_new(void)
{
	struct signed_memo *memo = mem_alloc(sizeof(*memo));

	crypto_generichash_keygen(memo->key);
	return memo;
}

void signed_memo_free(struct signed_memo *memo)
{
	if (memo == NULL)
		return;
	for (size_t set = 0; set < SIGNED_MEMO_SETS; set++)
		for (size_t way = 0; way < SIGNED_MEMO_WAYS; way++)
			identity_unref(memo->sets[set][way].identity);
	sodium_memzero(memo->key, sizeof(memo->key));
	free(memo);
}

static size_t hash_text(const struct signed_memo *memo, struct slice text,
			unsigned char hash[HASH_LEN])
{
	(void)crypto_generichash(hash, HASH_LEN, (const unsigned char *)text.data, text.len,
				 memo->key, sizeof(memo->key));
	return (hash[0] | (size_t)hash[1] << 8) % SIGNED_MEMO_SETS;
}

struct identity *signed_memo_find(const struct signed_memo *memo, struct slice text, int64_t now)
{
	unsigned char hash[HASH_LEN];
	const struct signed_entry *set = memo->sets[hash_text(memo, text, hash)];

	for (size_t way = 0; way < SIGNED_MEMO_WAYS; way++)
		if (set[way].identity && sodium_memcmp(set[way].hash, hash, HASH_LEN) == 0)
			return identity_is_current(set[way].identity, now)
				       ? identity_ref(set[way].identity)
				       : NULL;
	return NULL;
}

void signed_memo_put(struct signed_memo *memo, struct slice text, struct identity *identity)
{
	unsigned char hash[HASH_LEN];
	const size_t set = hash_text(memo, text, hash);
	struct signed_entry *entry = &memo->sets[set][memo->turn[set]++ % SIGNED_MEMO_WAYS];

	identity_unref(entry->identity);
	memcpy(entry->hash, hash, HASH_LEN);
	entry->identity = identity_ref(identity);
}
