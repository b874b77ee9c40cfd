/* Rows of open streams, in shared memory. Called by worker/live/publish and
 * admin/streams. */
#include "shm/live.h"

#include "base/clock.h"
#include "shm/map.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#define TRIES 64

_Static_assert(sizeof(struct live_row) <= LIVE_WORDS * sizeof(uint64_t), "a row has its words");

static struct map_live *column_of(const struct shm *shm, unsigned column)
{
	assert(column < 2 * shm->slots);
	return &shm->live[column];
}

bool live_is_wanted(const struct shm *shm)
{
	const uint64_t until = atomic_load_explicit(&shm->map->live_until, memory_order_relaxed);
	const uint64_t now = clock_ms();

	return until > now && until - now <= LIVE_WANTED_MS;
}

void live_want(struct shm *shm)
{
	atomic_store_explicit(&shm->map->live_until, clock_ms() + LIVE_WANTED_MS,
			      memory_order_relaxed);
}

/* ---- Writing ---- */

static void write_row(struct map_live *live, size_t i, const struct live_row *row)
{
	uint64_t words[LIVE_WORDS] = { 0 };

	memcpy(words, row, sizeof(*row));
	for (size_t word = 0; word < LIVE_WORDS; word++)
		atomic_store_explicit(&live->rows[i][word], words[word], memory_order_release);
}

void live_write(struct shm *shm, unsigned column, const struct live_row *rows, size_t total)
{
	struct map_live *live = column_of(shm, column);
	const uint64_t stamp = atomic_load(&live->stamp) | 1;

	atomic_store(&live->stamp, stamp);
	atomic_store_explicit(&live->pid, (uint64_t)getpid(), memory_order_release);
	atomic_store_explicit(&live->total, total, memory_order_release);
	for (size_t i = 0; i < total && i < LIVE_ROWS; i++)
		write_row(live, i, &rows[i]);
	atomic_store_explicit(&live->written, clock_ms(), memory_order_release);
	atomic_store(&live->stamp, stamp + 1);
}

/* ---- Reading ---- */

static void read_row(const struct map_live *live, size_t i, struct live_row *row)
{
	uint64_t words[LIVE_WORDS] = { 0 };

	for (size_t word = 0; word < LIVE_WORDS; word++)
		words[word] = atomic_load_explicit(&live->rows[i][word], memory_order_acquire);
	memcpy(row, words, sizeof(*row));
	row->token[LIVE_TOKEN_LEN] = row->user[LIVE_USER_MAX] = 0;
}

static bool read_once(const struct map_live *live, struct live_column *out)
{
	const uint64_t stamp = atomic_load_explicit(&live->stamp, memory_order_acquire);

	if (stamp % 2)
		return false;
	out->pid = (pid_t)atomic_load_explicit(&live->pid, memory_order_acquire);
	out->total = atomic_load_explicit(&live->total, memory_order_acquire);
	out->count = out->total < LIVE_ROWS ? out->total : LIVE_ROWS;
	for (size_t i = 0; i < out->count; i++)
		read_row(live, i, &out->rows[i]);
	out->written = atomic_load_explicit(&live->written, memory_order_acquire);
	return atomic_load_explicit(&live->stamp, memory_order_acquire) == stamp;
}

bool live_read(const struct shm *shm, unsigned column, struct live_column *out)
{
	const struct map_live *live = column_of(shm, column);
	int tries = 0;

	while (!read_once(live, out))
		if (++tries == TRIES)
			return false;
	return out->written && clock_ms() - out->written < LIVE_FRESH_MS;
}
