/* The ring: written by writer/hints.c, read by each worker
 * (worker/live/hint_reader.c). */
#include "shm/ring.h"

#include "base/fault.h"
#include "shm/map.h"
#include "shm/wake.h"

#include <assert.h>

#define STAMP_WRITING(place) (2 * (place) + 1)
#define STAMP_DONE(place) (2 * (place) + 2)

static struct map_entry *ring_at(struct map *map, uint64_t place)
{
	return &map->entries[place % RING_SIZE];
}

/* There is only one producer, so the word cannot change between load and store. */
static void ring_raise(atomic_uint_least64_t *word, uint64_t number)
{
	if (atomic_load_explicit(word, memory_order_relaxed) < number)
		atomic_store_explicit(word, number, memory_order_release);
}

/* A place that no reader has ever waited for: beyond the head, and beyond all that a
 * producer that was killed has written. */
static uint64_t ring_fresh_place(struct map *map)
{
	uint64_t place = atomic_load_explicit(&map->head, memory_order_acquire);

	for (size_t i = 0; i < RING_SIZE; i++) {
		uint64_t used =
			atomic_load_explicit(&map->entries[i].stamp, memory_order_acquire) / 2;

		if (used > place)
			place = used;
	}
	return place + 2 * RING_SIZE;
}

void ring_attach(struct shm *shm, uint64_t head)
{
	struct map *map = shm->map;
	uint64_t place = ring_fresh_place(map);

	for (size_t i = 0; i < RING_BUCKETS; i++)
		ring_raise(&map->buckets[i], head);
	ring_raise(&map->committed, head);
	atomic_store_explicit(&map->head, place, memory_order_release);
	/* No reader is or will be in the lap before `place`, so to all of them its
	 * stamps mean RING_LOST. */
	for (uint64_t lap = place - RING_SIZE; lap < place; lap++)
		atomic_store_explicit(&ring_at(map, lap)->stamp, STAMP_DONE(lap),
				      memory_order_release);
	wake_all(shm);
}

static void ring_write(struct map *map, uint64_t place, const struct ring_entry *entry)
{
	struct map_entry *at = ring_at(map, place);

	/* Release, so that a reader that sees the stamp sees the head beyond it, too;
	 * the same keeps each word below behind the stamp. */
	atomic_store_explicit(&at->stamp, STAMP_WRITING(place), memory_order_release);
	atomic_store_explicit(&at->key, entry->key, memory_order_release);
	FAULT("ring_in_entry");
	atomic_store_explicit(&at->number, entry->number, memory_order_release);
	atomic_store_explicit(&at->last, entry->last, memory_order_release);
	atomic_store_explicit(&at->stamp, STAMP_DONE(place), memory_order_release);
}

void ring_publish(struct shm *shm, const struct ring_entry *entries, size_t count)
{
	struct map *map = shm->map;
	uint64_t place = atomic_load_explicit(&map->head, memory_order_relaxed);
	uint64_t newest = 0;

	assert(entries || count == 0);
	for (size_t i = 0; i < count; i++) {
		ring_raise(&map->buckets[entries[i].key % RING_BUCKETS], entries[i].number);
		if (entries[i].number > newest)
			newest = entries[i].number;
	}
	FAULT("ring_before_committed");
	ring_raise(&map->committed, newest);
	/* Before the entries: a reader that starts or continues here is past them, and
	 * finds them in the buckets. */
	atomic_store_explicit(&map->head, place + count, memory_order_release);
	for (size_t i = 0; i < count; i++)
		ring_write(map, place + i, &entries[i]);
	FAULT("ring_before_wake");
	wake_armed(shm);
}

void ring_reader_start(const struct shm *shm, struct ring_reader *reader)
{
	reader->next = atomic_load_explicit(&shm->map->head, memory_order_acquire);
}

enum ring_read ring_read(const struct shm *shm, struct ring_reader *reader, struct ring_entry *out)
{
	struct map_entry *at = ring_at(shm->map, reader->next);
	uint64_t stamp = atomic_load_explicit(&at->stamp, memory_order_acquire);

	if (stamp < STAMP_DONE(reader->next))
		return RING_EMPTY;
	if (stamp == STAMP_DONE(reader->next)) {
		out->key = atomic_load_explicit(&at->key, memory_order_acquire);
		out->number = atomic_load_explicit(&at->number, memory_order_acquire);
		out->last = atomic_load_explicit(&at->last, memory_order_acquire) != 0;
		stamp = atomic_load_explicit(&at->stamp, memory_order_acquire);
	}
	if (stamp == STAMP_DONE(reader->next)) {
		reader->next++;
		return RING_GOT;
	}
	ring_reader_start(shm, reader);
	return FAULT_MUTANT("lapped_untold") ? RING_EMPTY : RING_LOST;
}

uint64_t ring_committed(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->committed, memory_order_acquire);
}

uint64_t ring_bucket(const struct shm *shm, uint64_t key)
{
	return atomic_load_explicit(&shm->map->buckets[key % RING_BUCKETS], memory_order_acquire);
}
