/* Keyed hashes of names that clients choose, for hash tables and hints: a polynomial
 * over the prime 2^61 - 1, evaluated at a secret random key (Carter, Wegman: Universal
 * Classes of Hash Functions, 1979). Two names of at most n bytes, chosen without
 * knowledge of the key, collide with a probability of n / 2^61. The hash is
 * incremental: one pass over an id yields the hashes of all its prefixes. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

#define HASH_PRIME ((UINT64_C(1) << 61) - 1)
#define HASH_START UINT64_C(1)

/* Less than HASH_PRIME; a constant until hash_choose_key. Only the functions below may
 * read it. */
extern uint64_t hash_key;

/* Chooses a random key for this process and for the processes that it forks later. They
 * must share the key, as the ring carries hashes. Earlier hashes become invalid.
 * Returns false if the system provides no random numbers. */
bool hash_choose_key(void);

static inline uint64_t hash_more(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		const unsigned __int128 product =
			(unsigned __int128)(hash + (unsigned char)bytes.data[i] + 1) * hash_key;

		hash = (uint64_t)(product & HASH_PRIME) + (uint64_t)(product >> 61);
		hash = hash >= HASH_PRIME ? hash - HASH_PRIME : hash;
	}
	return hash;
}

static inline uint64_t hash_of(struct slice bytes)
{
	return hash_more(HASH_START, bytes);
}

#endif
