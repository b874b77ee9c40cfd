/* Wake-ups of workers that wait for hints. Called by shm/ring.c and by the workers'
 * event loop. */
#include "shm/wake.h"

#include "shm/map.h"

#include <assert.h>
#include <unistd.h>

int wake_fd(const struct shm *shm, unsigned slot)
{
	assert(slot < shm->slots);
	return shm->wakes[slot];
}

void wake_drain(struct shm *shm, unsigned slot)
{
	uint64_t count;

	assert(slot < shm->slots);
	if (read(shm->wakes[slot], &count, sizeof(count)) < 0)
		return; /* not woken since */
}

void wake_arm(struct shm *shm, unsigned slot)
{
	assert(slot < shm->slots);
	(void)atomic_exchange_explicit(&shm->map->cells[slot].armed, 1, memory_order_acq_rel);
}

static void wake_slot(struct shm *shm, unsigned slot)
{
	const uint64_t one = 1;

	if (write(shm->wakes[slot], &one, sizeof(one)) < 0)
		return; /* its count is full: it is readable already */
}

void wake_armed(struct shm *shm, unsigned slot)
{
	if (atomic_exchange_explicit(&shm->map->cells[slot].armed, 0, memory_order_acq_rel))
		wake_slot(shm, slot);
}

void wake_all_armed(struct shm *shm)
{
	for (unsigned slot = 0; slot < shm->slots; slot++)
		wake_armed(shm, slot);
}

void wake_all(struct shm *shm)
{
	for (unsigned slot = 0; slot < shm->slots; slot++)
		wake_slot(shm, slot);
}
