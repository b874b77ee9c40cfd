/* The key of the hash. The master chooses it once, before it forks. */
#include "base/hash.h"

#include <sys/random.h>

uint64_t hash_key = UINT64_C(0x0123456789abcdef);

bool hash_choose_key(void)
{
	uint64_t drawn;

	/* With a small key, short names would hash in sorted order. */
	do {
		if (getrandom(&drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
			return false;
		drawn >>= 3;
	} while (drawn >= HASH_PRIME || drawn <= UINT32_MAX);
	hash_key = drawn;
	return true;
}
