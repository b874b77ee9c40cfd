/* See ring_kit.h. */
#include "ring_kit.h"

#include "shm/followers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Every hint is one that somebody waits for. */
static void follow_all(struct shm *shm, unsigned slot)
{
	for (uint64_t bucket = 0; bucket < RING_BUCKETS; bucket++)
		followers_add(shm, followers_number(slot, false), bucket);
}

struct shm *ring_kit_new(unsigned slots)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(slots, &shm), RC_OK);
	for (unsigned slot = 0; slot < slots; slot++)
		follow_all(shm, slot);
	(void)ring_attach(shm, RING_HEADS(0));
	return shm;
}

void ring_kit_publish(struct shm *shm, uint64_t key, uint64_t number)
{
	struct ring_entry entry = { .key = key, .number = number, .last = true };

	ring_commit(shm, &entry, 1);
	ring_publish(shm, &entry, 1);
}
