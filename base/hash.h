/* FNV-1a, 64 bits (draft-eastlake-fnv): incremental, so that the hashes of all prefixes of an id come from one pass.
 * For tables and hints only: whoever chooses the input can make collisions. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/slice.h"

#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_more(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static inline uint64_t hash_of(struct slice bytes)
{
	return hash_more(HASH_START, bytes);
}

#endif
