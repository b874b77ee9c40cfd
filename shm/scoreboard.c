/* The scoreboard in the shared map: workers and the writer count on it, the master
 * follows its children by it, and a view of it answers GET /metrics, `stats` and `top`.
 * See also shm/metric.h (what is counted) and shm/histogram.c. */
#include "shm/scoreboard.h"

#include "base/clock.h"
#include "base/mem.h"
#include "ipc/pack.h"
#include "shm/map.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

/* Of the packed form. With the number of values it tells versions of the scoreboard
 * apart. */
#define VIEW_VERSION 2
#define CELL_WORDS (sizeof(struct scoreboard_cell) / sizeof(int64_t))

const char *slot_state_name(enum slot_state state)
{
	static const char *const names[SLOT_STATES] = { "gone", "starting", "serving", "draining" };

	assert(state < SLOT_STATES);
	return names[state];
}

static struct map_cell *scoreboard_cell(const struct shm *shm, unsigned slot)
{
	assert(slot <= shm->slots);
	return &shm->map->cells[slot];
}

unsigned scoreboard_writer(const struct shm *shm)
{
	return shm->slots;
}

static void scoreboard_clear_gauges(struct map_cell *cell)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++)
		if (metric_row((enum metric)i)->kind == METRIC_GAUGE)
			atomic_store_explicit(&cell->values[i], 0, memory_order_relaxed);
}

void scoreboard_born(struct shm *shm, unsigned slot)
{
	struct map_cell *cell = scoreboard_cell(shm, slot);

	atomic_store_explicit(&cell->pid, getpid(), memory_order_relaxed);
	atomic_store_explicit(&cell->state, SLOT_STARTING, memory_order_relaxed);
	atomic_fetch_add_explicit(&cell->starts, 1, memory_order_relaxed);
	scoreboard_beat(shm, slot);
}

void scoreboard_died(struct shm *shm, unsigned slot, pid_t pid)
{
	struct map_cell *cell = scoreboard_cell(shm, slot);

	if (scoreboard_pid(shm, slot) != pid)
		return;
	scoreboard_clear_gauges(cell);
	atomic_store_explicit(&cell->pid, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->state, SLOT_GONE, memory_order_relaxed);
}

void scoreboard_set_state(struct shm *shm, unsigned slot, enum slot_state state)
{
	atomic_store_explicit(&scoreboard_cell(shm, slot)->state, state, memory_order_relaxed);
}

void scoreboard_beat(struct shm *shm, unsigned slot)
{
	atomic_store_explicit(&scoreboard_cell(shm, slot)->beaten, clock_ms(),
			      memory_order_relaxed);
}

uint64_t scoreboard_beaten(const struct shm *shm, unsigned slot)
{
	return atomic_load_explicit(&scoreboard_cell(shm, slot)->beaten, memory_order_relaxed);
}

pid_t scoreboard_pid(const struct shm *shm, unsigned slot)
{
	return (pid_t)atomic_load_explicit(&scoreboard_cell(shm, slot)->pid, memory_order_relaxed);
}

enum slot_state scoreboard_state(const struct shm *shm, unsigned slot)
{
	return (enum slot_state)atomic_load_explicit(&scoreboard_cell(shm, slot)->state,
						     memory_order_relaxed);
}

uint64_t scoreboard_starts(const struct shm *shm, unsigned slot)
{
	return atomic_load_explicit(&scoreboard_cell(shm, slot)->starts, memory_order_relaxed);
}

void scoreboard_set(struct shm *shm, unsigned slot, enum metric metric, int64_t number)
{
	assert((unsigned)metric < METRIC_VALUES);
	atomic_store_explicit(&scoreboard_cell(shm, slot)->values[metric], number,
			      memory_order_relaxed);
}

void scoreboard_add(struct shm *shm, unsigned slot, enum metric metric, int64_t n)
{
	assert((unsigned)metric < METRIC_VALUES);
	atomic_fetch_add_explicit(&scoreboard_cell(shm, slot)->values[metric], n,
				  memory_order_relaxed);
}

int64_t scoreboard_get(const struct shm *shm, unsigned slot, enum metric metric)
{
	assert((unsigned)metric < METRIC_VALUES);
	return atomic_load_explicit(&scoreboard_cell(shm, slot)->values[metric],
				    memory_order_relaxed);
}

/* ---- Statistics of the back end ---- */

void scoreboard_define_store(struct shm *shm, const struct scoreboard_store_metric *metrics,
			     size_t count)
{
	struct map_store *store = &shm->map->store;

	assert(count <= SCOREBOARD_STORE_METRICS);
	/* The same as of a writer before this one, so readers may be at it. */
	for (size_t i = 0; i < count; i++)
		if (memcmp(&store->metrics[i], &metrics[i], sizeof(metrics[i])) != 0)
			store->metrics[i] = metrics[i];
	atomic_store_explicit(&store->count, (uint32_t)count, memory_order_release);
}

void scoreboard_set_store(struct shm *shm, size_t index, int64_t number)
{
	assert(index < SCOREBOARD_STORE_METRICS);
	scoreboard_set(shm, scoreboard_writer(shm), (enum metric)(METRIC_STORE + index), number);
}

/* ---- The whole scoreboard ---- */

static void scoreboard_cell_read(const struct map_cell *cell, struct scoreboard_cell *out)
{
	out->pid = atomic_load_explicit(&cell->pid, memory_order_relaxed);
	out->state = (int64_t)atomic_load_explicit(&cell->state, memory_order_relaxed);
	out->starts = (int64_t)atomic_load_explicit(&cell->starts, memory_order_relaxed);
	for (size_t i = 0; i < METRIC_VALUES; i++)
		out->values[i] = atomic_load_explicit(&cell->values[i], memory_order_relaxed);
}

/* Shared memory promises nothing: a process that was taken over can write to it. */
static size_t store_count(const struct shm *shm)
{
	size_t count = atomic_load_explicit(&shm->map->store.count, memory_order_acquire);

	return count <= SCOREBOARD_STORE_METRICS ? count : 0;
}

static void end_texts(struct scoreboard_view *view)
{
	for (size_t i = 0; i < view->store_count; i++) {
		view->store[i].name[sizeof(view->store[i].name) - 1] = '\0';
		view->store[i].title[sizeof(view->store[i].title) - 1] = '\0';
		view->store[i].help[sizeof(view->store[i].help) - 1] = '\0';
	}
}

void scoreboard_view_take(const struct shm *shm, struct scoreboard_view *out)
{
	out->started = shm->map->started;
	out->workers = shm->slots;
	out->cells = mem_array((size_t)shm->slots + 1, sizeof(*out->cells));
	out->store_count = store_count(shm);
	memcpy(out->store, shm->map->store.metrics, out->store_count * sizeof(*out->store));
	end_texts(out);
	for (unsigned slot = 0; slot <= shm->slots; slot++)
		scoreboard_cell_read(scoreboard_cell(shm, slot), &out->cells[slot]);
}

void scoreboard_view_pack(const struct scoreboard_view *view, struct buf *out)
{
	assert(view->cells && view->store_count <= SCOREBOARD_STORE_METRICS);
	pack_u32(out, VIEW_VERSION);
	pack_u32(out, CELL_WORDS);
	pack_u64(out, (uint64_t)view->started);
	pack_u32(out, view->workers);
	pack_bytes(out,
		   slice_make((const char *)view->store, view->store_count * sizeof(*view->store)));
	for (unsigned slot = 0; slot <= view->workers; slot++) {
		const int64_t *words = (const int64_t *)&view->cells[slot];

		for (size_t i = 0; i < CELL_WORDS; i++)
			pack_u64(out, (uint64_t)words[i]);
	}
}

static bool unpack_store(struct unpack *in, struct scoreboard_view *out)
{
	struct slice bytes = unpack_bytes(in);

	out->store_count = bytes.len / sizeof(*out->store);
	if (bytes.len > sizeof(out->store) || bytes.len % sizeof(*out->store) != 0)
		return false;
	if (bytes.len)
		memcpy(out->store, bytes.data, bytes.len);
	end_texts(out);
	return true;
}

enum rc scoreboard_view_unpack(struct slice bytes, struct scoreboard_view *out)
{
	struct unpack in = { .rest = bytes };
	bool known = unpack_u32(&in) == VIEW_VERSION && unpack_u32(&in) == CELL_WORDS;

	*out = (struct scoreboard_view){ .started = (int64_t)unpack_u64(&in) };
	out->workers = unpack_u32(&in);
	known = known && unpack_store(&in, out);
	if (in.bad || !known || out->workers > SHM_SLOTS_MAX)
		return RC_MALFORMED;
	out->cells = mem_array((size_t)out->workers + 1, sizeof(*out->cells));
	for (unsigned slot = 0; slot <= out->workers; slot++) {
		int64_t *words = (int64_t *)&out->cells[slot];

		for (size_t i = 0; i < CELL_WORDS; i++)
			words[i] = (int64_t)unpack_u64(&in);
	}
	return unpack_finish(&in);
}

void scoreboard_view_clear(struct scoreboard_view *view)
{
	free(view->cells);
	*view = (struct scoreboard_view){ 0 };
}

int64_t scoreboard_view_sum(const struct scoreboard_view *view, enum metric metric)
{
	uint64_t sum = 0; /* the values may be any */

	assert((unsigned)metric < METRIC_VALUES);
	for (unsigned slot = 0; slot <= view->workers; slot++)
		sum += (uint64_t)view->cells[slot].values[metric];
	return (int64_t)sum;
}

int64_t scoreboard_view_store(const struct scoreboard_view *view, size_t index)
{
	assert(index < view->store_count);
	return view->cells[view->workers].values[METRIC_STORE + index];
}
