/* Maps the shared memory, in the master. What lies where in it is in shm/map.h. */
#include "shm/shm.h"

#include "base/clock.h"
#include "base/mem.h"
#include "shm/map.h"
#include "shm/wake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

static enum rc shm_open_wakes(struct shm *shm)
{
	for (unsigned slot = 0; slot < shm->slots; slot++) {
		shm->wakes[slot] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (shm->wakes[slot] < 0)
			return RC_IO;
	}
	return RC_OK;
}

enum rc shm_new(unsigned slots, struct shm **out)
{
	struct shm *shm;
	size_t streams_at, live_at;
	void *memory;
	int error;

	assert(slots >= 1 && slots <= SHM_SLOTS_MAX);
	shm = mem_alloc(sizeof(*shm) + slots * sizeof(shm->wakes[0]));
	shm->slots = slots;
	streams_at = sizeof(struct map) + ((size_t)slots + 1) * sizeof(struct map_cell);
	live_at = streams_at + USAGE_ENTRIES * 2 * (size_t)slots * sizeof(*shm->streams);
	shm->size = live_at + 2 * (size_t)slots * sizeof(*shm->live);
	for (unsigned slot = 0; slot < slots; slot++)
		shm->wakes[slot] = -1;
	memory = mmap(NULL, shm->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shm->map = memory == MAP_FAILED ? NULL : memory;
	if (shm->map == NULL || shm_open_wakes(shm) != RC_OK) {
		error = errno;
		shm_free(shm);
		errno = error;
		return RC_IO;
	}
	shm->map->started = clock_wall();
	shm->streams = (atomic_uint_least32_t *)((char *)memory + streams_at);
	shm->live = (struct map_live *)((char *)memory + live_at);
	*out = shm;
	return RC_OK;
}

void shm_free(struct shm *shm)
{
	if (shm == NULL)
		return;
	for (unsigned slot = 0; slot < shm->slots; slot++)
		if (shm->wakes[slot] >= 0)
			(void)close(shm->wakes[slot]);
	if (shm->map)
		(void)munmap(shm->map, shm->size);
	free(shm);
}

unsigned shm_slots(const struct shm *shm)
{
	return shm->slots;
}

static bool is_first_or(uint64_t own, atomic_uint_least64_t *word, uint64_t number)
{
	uint64_t first = 0;

	if (number == 0)
		return true;
	if (own)
		return own == number;
	return atomic_compare_exchange_strong(word, &first, number) || first == number;
}

bool shm_serves(struct shm *shm, uint64_t identity)
{
	return is_first_or(shm->database, &shm->map->database, identity);
}

bool shm_serves_logs(struct shm *shm, uint64_t logs)
{
	return is_first_or(shm->logs, &shm->map->logs, logs);
}

uint64_t shm_database(const struct shm *shm)
{
	return shm->database ? shm->database : atomic_load(&shm->map->database);
}

uint64_t shm_logs(const struct shm *shm)
{
	return shm->logs ? shm->logs : atomic_load(&shm->map->logs);
}

void shm_forget_logs(struct shm *shm)
{
	shm->logs = 0;
	atomic_store(&shm->map->logs, 0);
}

void shm_keep_served(struct shm *shm)
{
	if (shm->database == 0)
		shm->database = atomic_load(&shm->map->database);
	if (shm->logs == 0)
		shm->logs = atomic_load(&shm->map->logs);
}

void shm_resync(struct shm *shm)
{
	atomic_fetch_add_explicit(&shm->map->resyncs, 1, memory_order_release);
	wake_all(shm);
}

void shm_repaired(struct shm *shm)
{
	atomic_fetch_add_explicit(&shm->map->repairs, 1, memory_order_release);
	shm_resync(shm);
}

uint64_t shm_repairs(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->repairs, memory_order_acquire);
}

#define RESTART (UINT64_C(1) << 32)

void shm_restart(struct shm *shm)
{
	atomic_fetch_add_explicit(&shm->map->resyncs, RESTART, memory_order_release);
	wake_all(shm);
}

bool shm_has_restarted(uint64_t before, uint64_t after)
{
	return before / RESTART != after / RESTART;
}

void shm_set_epoch(struct shm *shm, uint64_t epoch)
{
	atomic_store_explicit(&shm->map->epoch, epoch, memory_order_release);
}

uint64_t shm_epoch(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->epoch, memory_order_acquire);
}

uint64_t shm_resyncs(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->resyncs, memory_order_acquire);
}
