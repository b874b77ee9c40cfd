/* Hashes of names that strangers choose, for tables and hints: a polynomial over the
 * prime 2^61 - 1, at a secret place that hash_choose_key draws (Carter, Wegman:
 * Universal Classes of Hash Functions, 1979). Two names that were chosen without
 * knowing it, of at most n bytes, have the same hash with a probability of n / 2^61.
 * Incremental, so that the hashes of all prefixes of an id come from one pass. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

#define HASH_PRIME ((UINT64_C(1) << 61) - 1)
#define HASH_START UINT64_C(1)

/* Below HASH_PRIME; a constant until it is chosen. Read it through the functions
 * below. */
extern uint64_t hash_key;

/* Draws a key for this process and those that it forks from now on: they must have the
 * same one, as hashes go through the ring. What was hashed before is void. False: the
 * system has no random numbers. */
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
