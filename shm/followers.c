/* The bits of followers: set by the feeds of workers (worker/live/feeds.c), read by
 * shm/ring.c, cleared by the master when a process has ended. */
#include "shm/followers.h"

#include "shm/map.h"

#include <assert.h>

_Static_assert(SHM_SLOTS_MAX <= 64 * 16, "each slot has a bit");

static size_t word_of(uint64_t key)
{
	return key % RING_BUCKETS / 64;
}

static uint64_t bit_of(uint64_t key)
{
	return UINT64_C(1) << key % 64;
}

static atomic_uint_least64_t *words_of(const struct shm *shm, unsigned follower)
{
	assert(follower < 2 * shm->slots);
	return shm->map->cells[follower / 2].followed[follower % 2];
}

unsigned followers_number(unsigned slot, bool second)
{
	return 2 * slot + second;
}

void followers_add(struct shm *shm, unsigned follower, uint64_t key)
{
	(void)atomic_fetch_or(&words_of(shm, follower)[word_of(key)], bit_of(key));
	/* See followers.h: what the follower reads next, it reads after this. */
	for (unsigned lane = 0; lane < ring_lanes(shm); lane++)
		(void)atomic_load(&shm->map->lanes[lane].committed);
}

void followers_remove(struct shm *shm, unsigned follower, uint64_t key)
{
	(void)atomic_fetch_and(&words_of(shm, follower)[word_of(key)], ~bit_of(key));
}

bool followers_has_bit(const struct shm *shm, unsigned follower, uint64_t key)
{
	return atomic_load(&words_of(shm, follower)[word_of(key)]) & bit_of(key);
}

void followers_clear(struct shm *shm, unsigned follower)
{
	atomic_uint_least64_t *words = words_of(shm, follower);

	for (size_t i = 0; i < RING_BUCKETS / 64; i++)
		atomic_store_explicit(&words[i], 0, memory_order_relaxed);
}

bool followers_find(const struct shm *shm, uint64_t key, struct followers_slots *slots)
{
	const size_t word = word_of(key);
	bool any = false;

	for (unsigned slot = 0; slot < shm->slots; slot++) {
		const struct map_cell *cell = &shm->map->cells[slot];
		uint64_t words = atomic_load(&cell->followed[0][word]) |
				 atomic_load(&cell->followed[1][word]);

		if ((words & bit_of(key)) == 0)
			continue;
		slots->words[slot / 64] |= UINT64_C(1) << slot % 64;
		any = true;
	}
	return any;
}
