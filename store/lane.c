/* The lane of a group. Called by store.c and the back ends. */
#include "store/lane.h"

#include "store/store.h"

#include <assert.h>
#include <stdint.h>

/* FNV-1a of 64 bits, folded, as its low bits alone are weak. A hash of base/hash.h has
 * a key that changes. */
int lane_of(struct slice name, int lanes)
{
	const char *colon = name.len > 1 ? memchr(name.data + 1, ':', name.len - 1) : NULL;
	const size_t len = colon ? (size_t)(colon - name.data) : name.len;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	assert(lanes >= 1 && lanes <= STORE_LANES_MAX);
	if (lanes == 1)
		return 0;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3);
	return (int)((hash ^ hash >> 32) % (unsigned)lanes);
}
