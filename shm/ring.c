/* The ring: written by writer/hints.c, read by each worker
 * (worker/live/hint_reader.c). */
#include "shm/ring.h"

#include "base/fault.h"
#include "shm/followers.h"
#include "shm/map.h"
#include "shm/wake.h"

#include <assert.h>

/* A reader that is not woken, as it follows nothing that changes, is woken before it is
 * lapped. */
#define LAG_MAX (RING_SIZE / 4)

/* A database that was lost, and replaced by a replica of it, can be behind the ring,
 * but not by so many writes. */
#define AHEAD_MAX (UINT64_C(1) << 40)

/* Places beyond are not reached in a thousand years: somebody else has written them. */
#define PLACE_MAX (UINT64_C(1) << 60)
#define PLACE_FIRST (UINT64_C(2) * RING_SIZE)

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

/* The same for a new producer, which knows only the head. Returns false if the number
 * is so far beyond the head that no producer has written it, and lowers it. */
static bool ring_settle(atomic_uint_least64_t *word, uint64_t head)
{
	const uint64_t number = atomic_load_explicit(word, memory_order_relaxed);
	const bool is_sound = number <= head || number - head < AHEAD_MAX;

	if (number < head || !is_sound)
		atomic_store_explicit(word, head, memory_order_release);
	return is_sound;
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
	return place < PLACE_MAX ? place + PLACE_FIRST : PLACE_FIRST;
}

/* No reader is or will be in the lap before `place`, so to all of them its stamps mean
 * RING_LOST. */
static void ring_move(struct shm *shm, uint64_t place)
{
	struct map *map = shm->map;

	shm->published.head = place;
	atomic_store_explicit(&map->head, place, memory_order_release);
	for (uint64_t lap = place - RING_SIZE; lap < place; lap++) {
		struct map_entry *at = ring_at(map, lap);

		atomic_store_explicit(&at->stamp, STAMP_DONE(lap), memory_order_release);
		atomic_store_explicit(&at->number, 0, memory_order_release);
		atomic_store_explicit(&at->before, 0, memory_order_release);
	}
}

bool ring_attach(struct shm *shm, uint64_t head)
{
	struct map *map = shm->map;
	const uint64_t place = ring_fresh_place(map);
	bool is_sound = place != PLACE_FIRST || atomic_load(&map->head) == 0;

	for (size_t i = 0; i < RING_BUCKETS; i++)
		is_sound &= ring_settle(&map->buckets[i], head);
	is_sound &= ring_settle(&map->committed, head);
	is_sound &= ring_settle(&map->published, head);
	shm->published.committed = atomic_load_explicit(&map->committed, memory_order_relaxed);
	ring_raise(&map->published, shm->published.committed);
	shm->published.attached = true;
	ring_move(shm, place);
	wake_all(shm);
	return is_sound;
}

static bool has_sound_entries(const struct shm *shm)
{
	const struct published *own = &shm->published;

	for (uint64_t place = own->head - RING_SIZE; place < own->head; place++) {
		const struct map_entry *at = ring_at(shm->map, place);

		if (atomic_load_explicit(&at->stamp, memory_order_relaxed) != STAMP_DONE(place) ||
		    atomic_load_explicit(&at->number, memory_order_relaxed) > own->committed ||
		    atomic_load_explicit(&at->before, memory_order_relaxed) / 2 > own->committed)
			return false;
	}
	return true;
}

bool ring_is_sound(const struct shm *shm)
{
	const struct map *map = shm->map;
	const struct published *own = &shm->published;

	if (!own->attached)
		return true;
	if (atomic_load_explicit(&map->head, memory_order_relaxed) != own->head ||
	    atomic_load_explicit(&map->committed, memory_order_relaxed) != own->committed ||
	    atomic_load_explicit(&map->published, memory_order_relaxed) != own->committed)
		return false;
	for (size_t i = 0; i < RING_BUCKETS; i++)
		if (atomic_load_explicit(&map->buckets[i], memory_order_relaxed) > own->committed)
			return false;
	return has_sound_entries(shm);
}

void ring_repair(struct shm *shm)
{
	struct map *map = shm->map;
	const uint64_t number = shm->published.committed;

	assert(shm->published.attached);
	for (size_t i = 0; i < RING_BUCKETS; i++)
		atomic_store_explicit(&map->buckets[i], number, memory_order_release);
	atomic_store_explicit(&map->committed, number, memory_order_release);
	atomic_store_explicit(&map->published, number, memory_order_release);
	ring_move(shm, shm->published.head + 2 * RING_SIZE);
}

void ring_restart(struct shm *shm, uint64_t head)
{
	struct map *map = shm->map;

	for (size_t i = 0; i < RING_BUCKETS; i++)
		atomic_store_explicit(&map->buckets[i], head, memory_order_release);
	atomic_store_explicit(&map->committed, head, memory_order_release);
	atomic_store_explicit(&map->published, head, memory_order_release);
	(void)ring_attach(shm, head);
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
	atomic_store_explicit(&at->before, 2 * entry->before + entry->last, memory_order_release);
	atomic_store_explicit(&at->stamp, STAMP_DONE(place), memory_order_release);
}

/* The exchange is the producer's half of what followers.h promises. */
void ring_commit(struct shm *shm, struct ring_entry *entries, size_t count)
{
	struct map *map = shm->map;
	const uint64_t before = shm->published.committed;
	const bool forget = FAULT_MUTANT("bucket_forgotten");
	uint64_t newest = before;

	assert((entries || count == 0) && shm->published.attached);
	for (size_t i = 0; i < count; i++) {
		entries[i].before = before;
		if (!forget)
			ring_raise(&map->buckets[entries[i].key % RING_BUCKETS], entries[i].number);
		if (entries[i].number > newest)
			newest = entries[i].number;
	}
	FAULT("ring_before_committed");
	shm->published.committed = newest;
	(void)atomic_exchange(&map->committed, newest);
}

/* Keeps the entries that somebody follows, and returns how many these are. */
static size_t ring_filter(const struct shm *shm, struct ring_entry *entries, size_t count,
			  struct followers_slots *slots)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (followers_find(shm, entries[i].key, slots) &&
		    !FAULT_MUTANT("follower_overlooked")) {
			entries[kept++] = entries[i];
		} else if (entries[i].last && kept) {
			entries[kept - 1].last = true;
		}
	}
	return kept;
}

static void ring_wake(struct shm *shm, uint64_t head, const struct followers_slots *slots)
{
	for (unsigned slot = 0; slot < shm->slots; slot++) {
		const struct map_cell *cell = &shm->map->cells[slot];
		uint64_t lag = head - atomic_load_explicit(&cell->seen, memory_order_relaxed);

		if (followers_has(slots, slot) || lag > LAG_MAX)
			wake_armed(shm, slot);
	}
}

void ring_publish(struct shm *shm, struct ring_entry *entries, size_t count)
{
	struct map *map = shm->map;
	const uint64_t place = shm->published.head;
	struct followers_slots slots = { { 0 } };
	size_t kept;

	assert((entries || count == 0) && shm->published.attached);
	if (count == 0)
		return;
	kept = ring_filter(shm, entries, count, &slots);
	/* Before the entries: a reader that starts or continues here is past them, and
	 * finds them in the buckets. */
	shm->published.head = place + kept;
	atomic_store_explicit(&map->head, place + kept, memory_order_release);
	for (size_t i = 0; i < kept; i++)
		ring_write(map, place + i, &entries[i]);
	ring_raise(&map->published, shm->published.committed);
	FAULT("ring_before_wake");
	ring_wake(shm, place + kept, &slots);
}

static uint64_t ring_head(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->head, memory_order_acquire);
}

void ring_reader_start(const struct shm *shm, struct ring_reader *reader)
{
	reader->next = ring_head(shm);
}

enum ring_read ring_read(const struct shm *shm, struct ring_reader *reader, struct ring_entry *out)
{
	struct map_entry *at = ring_at(shm->map, reader->next);
	uint64_t stamp = atomic_load_explicit(&at->stamp, memory_order_acquire);

	if (stamp < STAMP_DONE(reader->next) && reader->next <= ring_head(shm))
		return RING_EMPTY;
	if (stamp == STAMP_DONE(reader->next)) {
		out->key = atomic_load_explicit(&at->key, memory_order_acquire);
		out->number = atomic_load_explicit(&at->number, memory_order_acquire);
		out->before = atomic_load_explicit(&at->before, memory_order_acquire);
		stamp = atomic_load_explicit(&at->stamp, memory_order_acquire);
	}
	if (stamp == STAMP_DONE(reader->next)) {
		out->last = out->before % 2;
		out->before /= 2;
		reader->next++;
		return RING_GOT;
	}
	ring_reader_start(shm, reader);
	return FAULT_MUTANT("lapped_untold") ? RING_EMPTY : RING_LOST;
}

void ring_reader_arm(struct shm *shm, const struct ring_reader *reader, unsigned slot)
{
	assert(slot < shm->slots);
	atomic_store_explicit(&shm->map->cells[slot].seen, reader->next, memory_order_relaxed);
	wake_arm(shm, slot);
}

uint64_t ring_published(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->published, memory_order_acquire);
}

uint64_t ring_committed(const struct shm *shm)
{
	return atomic_load_explicit(&shm->map->committed, memory_order_acquire);
}

uint64_t ring_bucket(const struct shm *shm, uint64_t key)
{
	return atomic_load_explicit(&shm->map->buckets[key % RING_BUCKETS], memory_order_acquire);
}
