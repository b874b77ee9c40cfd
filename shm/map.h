/* The layout of the shared memory; for shm/ alone.
 *
 * Memory order: words of an entry are stored with release and loaded with acquire, so
 * the plain seqlock needs no fences: a reader that has read a new word finds, when it
 * reads the stamp again, that the stamp has changed. */
#ifndef SHM_MAP_H
#define SHM_MAP_H

#include "shm/scoreboard.h"
#include "shm/live.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "shm/usage.h"

#include <stdalign.h>
#include <stdatomic.h>

#define MAP_LINE 64 /* bytes of a cache line */

/* One hint. The stamp of the entry at place p is 2p + 1 while it is being written and
 * 2p + 2 afterwards; 0: never written. */
struct map_entry {
	atomic_uint_least64_t stamp;
	atomic_uint_least64_t key;
	atomic_uint_least64_t number;
	atomic_uint_least64_t before; /* the number, the lane (4 bits), whether it is the last */
};

/* The newest numbers of a lane. */
struct map_lane {
	atomic_uint_least64_t committed;
	atomic_uint_least64_t published;
};

struct map_cell {
	alignas(MAP_LINE) atomic_uint_least32_t armed;
	atomic_uint_least64_t seen; /* the place that its reader had come to when it armed */
	alignas(MAP_LINE) atomic_int_least64_t pid;
	atomic_uint_least64_t starts;
	atomic_uint_least64_t beaten; /* clock_ms() */
	atomic_uint_least32_t state;
	atomic_int_least64_t values[METRIC_VALUES];
	alignas(MAP_LINE) atomic_uint_least64_t followed[2][RING_BUCKETS / 64]; /* followers.h */
};

/* What the numbers at METRIC_STORE are. The rows are plain memory: written once, before
 * the count. */
struct map_store {
	atomic_uint_least32_t count; /* 0: not defined yet */
	struct scoreboard_store_metric metrics[SCOREBOARD_STORE_METRICS];
};

/* A user (shm/usage.h); the numbers of streams are beside, see struct shm. */
struct map_usage {
	atomic_uint_least64_t user;       /* the hash of the name; 0: free */
	atomic_uint_least64_t full_until; /* clock_us() when all pushes are available again */
};

#define LIVE_WORDS ((sizeof(struct live_row) + 7) / 8)

/* The streams of a process (shm/live.h). The stamp is odd while it is being written. */
struct map_live {
	alignas(MAP_LINE) atomic_uint_least64_t stamp;
	atomic_uint_least64_t written; /* clock_ms(); 0: never */
	atomic_uint_least64_t pid;
	atomic_uint_least64_t total;
	atomic_uint_least64_t rows[LIVE_ROWS][LIVE_WORDS];
};

struct map {
	atomic_uint_least64_t resyncs;
	atomic_uint_least64_t repairs;
	atomic_uint_least64_t epoch;    /* of the numbers in the ring (shm_set_epoch) */
	atomic_uint_least64_t database; /* its identity; 0: not opened yet */
	atomic_uint_least64_t logs;     /* the same for log and wal-index */
	int64_t started;                /* seconds since 1970; written before the first fork */
	alignas(MAP_LINE) atomic_uint_least64_t
		head; /* place after the last entry published, or about to be */
	struct map_lane lanes[RING_LANES]; /* the first beside the head: most have only that */
	alignas(MAP_LINE) atomic_uint_least64_t edition; /* the buckets account for it */
	atomic_uint_least64_t spoils;
	alignas(MAP_LINE) atomic_uint_least64_t token_generation; /* odd: tokens may be */
	atomic_uint_least64_t token_until; /* clock_ms of its end; 0: it has none */
	alignas(MAP_LINE) struct map_store store;
	alignas(MAP_LINE) struct map_entry entries[RING_SIZE];
	atomic_uint_least64_t buckets[RING_BUCKETS];
	atomic_uint_least64_t live_until; /* clock_ms(): the streams are asked for until then */
	atomic_uint_least64_t usage_used; /* entries that were ever claimed */
	alignas(MAP_LINE) struct map_usage usage[USAGE_ENTRIES];
	alignas(MAP_LINE) struct map_cell cells[]; /* one for each worker, then the writer's */
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	       "a lock would die with its holder");
_Static_assert(sizeof(atomic_uint_least64_t) == 8 && sizeof(atomic_uint_least32_t) == 4,
	       "atomics are bare words");
_Static_assert(sizeof(struct map_entry) == 32, "two entries fill a cache line");
_Static_assert(sizeof(struct map_cell) % MAP_LINE == 0, "cells share no cache line");
_Static_assert(sizeof(struct map) % MAP_LINE == 0, "cells begin on a cache line");
_Static_assert((RING_SIZE & (RING_SIZE - 1)) == 0 && (RING_BUCKETS & (RING_BUCKETS - 1)) == 0,
	       "powers of two");

/* What this process has published, in memory of its own: any process can write to the
 * map. Zero in all but the writer. */
struct published {
	uint64_t head, committed[RING_LANES];
	uint64_t token_generation, token_until;
	uint64_t edition, spoils;
	bool attached; /* to the ring */
};

struct shm {
	struct map *map;
	size_t size;                    /* of the map, in bytes, with the streams behind it */
	atomic_uint_least32_t *streams; /* of each entry of the usage, a number per column */
	struct map_live *live;          /* two columns for each slot */
	unsigned slots;
	unsigned lanes, lane_bits; /* of the ring; the first 0 until it is set */
	uint64_t database;         /* as in the map, once the master has seen it there */
	uint64_t logs;             /* the same */
	struct published published;
	int wakes[]; /* an eventfd for each slot */
};

#endif
