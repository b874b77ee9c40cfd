/* Pushes and streams of users, in shared memory. Called by worker/sync_push,
 * worker/events and worker/live/streams; master/supervise cleans up. */
#include "shm/usage.h"

#include "base/clock.h"
#include "shm/map.h"

#include <assert.h>

#define MINUTE_US UINT64_C(60000000)

/* Two columns for each slot. */
static atomic_uint_least32_t *column_of(const struct shm *shm, unsigned entry, unsigned column)
{
	const size_t columns = 2 * (size_t)shm->slots;

	assert(entry < USAGE_ENTRIES && column < columns);
	return &shm->streams[entry * columns + column];
}

static unsigned column_of_start(unsigned slot, uint64_t starts)
{
	return 2 * slot + (unsigned)(starts & 1);
}

unsigned usage_column(const struct shm *shm, unsigned slot)
{
	assert(slot < shm->slots);
	return column_of_start(slot, scoreboard_starts(shm, slot));
}

void usage_died(struct shm *shm, unsigned slot, pid_t pid)
{
	const uint64_t starts = scoreboard_starts(shm, slot);
	const bool newest = scoreboard_pid(shm, slot) == pid;
	unsigned column;

	if (slot >= shm->slots ||
	    atomic_load_explicit(&shm->map->usage_used, memory_order_relaxed) == 0)
		return;
	column = column_of_start(slot, newest ? starts : starts - 1);
	for (unsigned entry = 0; entry < USAGE_ENTRIES; entry++)
		if (atomic_load_explicit(&shm->map->usage[entry].user, memory_order_relaxed))
			atomic_store_explicit(column_of(shm, entry, column), 0,
					      memory_order_relaxed);
}

static int64_t streams_of(const struct shm *shm, unsigned entry)
{
	int64_t sum = 0;

	for (unsigned column = 0; column < 2 * shm->slots; column++)
		sum += atomic_load_explicit(column_of(shm, entry, column), memory_order_seq_cst);
	return sum;
}

/* It can be reused. */
static bool is_idle(const struct shm *shm, unsigned entry, uint64_t now)
{
	return atomic_load_explicit(&shm->map->usage[entry].full_until, memory_order_relaxed) <=
		       now &&
	       streams_of(shm, entry) == 0;
}

/* The entry `old` becomes that of the user, unless another process is faster. */
static bool claim(struct shm *shm, unsigned entry, uint64_t old, uint64_t user)
{
	if (!atomic_compare_exchange_strong(&shm->map->usage[entry].user, &old, user))
		return old == user;
	atomic_fetch_add_explicit(&shm->map->usage_used, 1, memory_order_relaxed);
	return true;
}

static unsigned find(struct shm *shm, uint64_t user)
{
	const unsigned home = (unsigned)(user % USAGE_ENTRIES);
	const uint64_t now = clock_us();

	user = user ? user : 1; /* 0: a free entry */
	for (unsigned i = 0; i < USAGE_PROBES; i++) {
		const unsigned entry = (home + i) % USAGE_ENTRIES;
		const uint64_t found = atomic_load(&shm->map->usage[entry].user);

		if (found == user || (found == 0 && claim(shm, entry, 0, user)))
			return entry;
	}
	for (unsigned i = 0; i < USAGE_PROBES; i++) {
		const unsigned entry = (home + i) % USAGE_ENTRIES;

		if (is_idle(shm, entry, now) &&
		    claim(shm, entry, atomic_load(&shm->map->usage[entry].user), user))
			return entry;
	}
	return home;
}

/* The generic cell rate algorithm: each push moves the time at which the bucket is full
 * again by a minute's share, which may be at most a minute ahead. */
unsigned usage_push(struct shm *shm, uint64_t user, int64_t limit, uint64_t now)
{
	struct map_usage *usage = &shm->map->usage[find(shm, user)];
	const uint64_t share = (uint64_t)limit < MINUTE_US ? MINUTE_US / (uint64_t)limit : 1;
	uint64_t full = atomic_load(&usage->full_until), next;

	assert(limit > 0);
	do {
		/* At most a minute and a share ahead: another was written by a process
		 * that was taken over, and would refuse the user's pushes for ever. */
		next = (full > now && full - now <= 2 * MINUTE_US ? full : now) + share;
		if (next > now + MINUTE_US)
			return 1 + (unsigned)((next - now - MINUTE_US) / 1000000);
	} while (!atomic_compare_exchange_weak(&usage->full_until, &full, next));
	return 0;
}

bool usage_open_stream(struct shm *shm, unsigned column, uint64_t user, int64_t limit,
		       unsigned *entry)
{
	/* Counted before it is compared: of two at the same moment at most one may
	 * have the last place. */
	*entry = usage_add_stream(shm, column, user);
	if (streams_of(shm, *entry) <= limit)
		return true;
	usage_close_stream(shm, column, *entry);
	return false;
}

unsigned usage_add_stream(struct shm *shm, unsigned column, uint64_t user)
{
	const unsigned entry = find(shm, user);

	atomic_fetch_add(column_of(shm, entry, column), 1);
	return entry;
}

void usage_repair(struct shm *shm)
{
	for (unsigned entry = 0; entry < USAGE_ENTRIES; entry++) {
		atomic_store(&shm->map->usage[entry].user, 0);
		atomic_store(&shm->map->usage[entry].full_until, 0);
	}
	for (size_t i = 0; i < USAGE_ENTRIES * 2 * (size_t)shm->slots; i++)
		atomic_store(&shm->streams[i], 0);
}

void usage_close_stream(struct shm *shm, unsigned column, unsigned entry)
{
	atomic_uint_least32_t *count = column_of(shm, entry, column);
	uint_least32_t old = atomic_load(count);

	while (old > 0 && !atomic_compare_exchange_weak(count, &old, old - 1))
		;
}
