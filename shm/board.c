#include "shm/board.h"

#include "shm/map.h"

#include <assert.h>
#include <unistd.h>

static struct map_cell *board_cell(const struct shm *shm, unsigned slot)
{
	assert(slot <= shm->slots);
	return &shm->map->cells[slot];
}

unsigned board_writer(const struct shm *shm)
{
	return shm->slots;
}

static void board_clear_gauges(struct map_cell *cell)
{
	for (unsigned value = 0; value < BOARD_GAUGES; value++)
		atomic_store_explicit(&cell->values[value], 0, memory_order_relaxed);
}

void board_born(struct shm *shm, unsigned slot)
{
	struct map_cell *cell = board_cell(shm, slot);

	atomic_store_explicit(&cell->pid, getpid(), memory_order_relaxed);
	atomic_store_explicit(&cell->state, BOARD_STARTING, memory_order_relaxed);
	atomic_fetch_add_explicit(&cell->starts, 1, memory_order_relaxed);
}

void board_died(struct shm *shm, unsigned slot)
{
	struct map_cell *cell = board_cell(shm, slot);

	board_clear_gauges(cell);
	atomic_store_explicit(&cell->pid, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->state, BOARD_GONE, memory_order_relaxed);
}

void board_set_state(struct shm *shm, unsigned slot, enum board_state state)
{
	atomic_store_explicit(&board_cell(shm, slot)->state, state, memory_order_relaxed);
}

pid_t board_pid(const struct shm *shm, unsigned slot)
{
	return (pid_t)atomic_load_explicit(&board_cell(shm, slot)->pid, memory_order_relaxed);
}

enum board_state board_state(const struct shm *shm, unsigned slot)
{
	return (enum board_state)atomic_load_explicit(&board_cell(shm, slot)->state, memory_order_relaxed);
}

uint64_t board_starts(const struct shm *shm, unsigned slot)
{
	return atomic_load_explicit(&board_cell(shm, slot)->starts, memory_order_relaxed);
}

void board_set(struct shm *shm, unsigned slot, enum board_value value, int64_t number)
{
	assert(value < BOARD_VALUES);
	atomic_store_explicit(&board_cell(shm, slot)->values[value], number, memory_order_relaxed);
}

void board_add(struct shm *shm, unsigned slot, enum board_value value, int64_t n)
{
	assert(value < BOARD_VALUES);
	atomic_fetch_add_explicit(&board_cell(shm, slot)->values[value], n, memory_order_relaxed);
}

int64_t board_get(const struct shm *shm, unsigned slot, enum board_value value)
{
	assert(value < BOARD_VALUES);
	return atomic_load_explicit(&board_cell(shm, slot)->values[value], memory_order_relaxed);
}
