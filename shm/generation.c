/* The generation: written by the writer around each commit (writer/commit.c), read by
 * worker/page_cache.c. */
#include "shm/generation.h"

#include "base/fault.h"
#include "shm/map.h"

/* Sequentially consistent: a reader must not see what the commit changes elsewhere in
 * shared memory before it sees the odd number. */
void generation_write_begin(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->generation, memory_order_relaxed);

	(void)atomic_exchange(&shm->map->generation, number | 1);
}

void generation_write_end(struct shm *shm)
{
	uint64_t number = atomic_load_explicit(&shm->map->generation, memory_order_relaxed);

	if (number > 1 && FAULT_MUTANT("generation_kept"))
		number -= 2;
	atomic_store(&shm->map->generation, (number | 1) + 1);
}

uint64_t generation_read(const struct shm *shm)
{
	uint64_t number = atomic_load(&shm->map->generation);

	return number % 2 ? GENERATION_NONE : number;
}
