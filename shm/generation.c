#include "shm/generation.h"

#include "base/fault.h"
#include "shm/map.h"

/* Sequentially consistent: what the commit changes elsewhere in shared memory must not be seen before the odd number. */
void edition_begin(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->edition, memory_order_relaxed);

	(void)atomic_exchange(&shm->map->edition, number | 1);
}

void edition_end(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->edition, memory_order_relaxed);

	if (number > 1 && FAULT_MUTANT("edition_kept"))
		number -= 2;
	atomic_store(&shm->map->edition, (number | 1) + 1);
}

uint64_t edition_now(const struct shm *shm)
{
	uint64_t number = atomic_load(&shm->map->edition);

	return number % 2 ? EDITION_NONE : number;
}
