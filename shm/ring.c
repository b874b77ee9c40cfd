/* The ring: written by writer/hints.c, read by each worker
 * (worker/live/hint_reader.c). */
#include "shm/ring.h"

#include "base/fault.h"
#include "shm/followers.h"
#include "shm/map.h"
#include "shm/wake.h"

#include <assert.h>
#include <string.h>

/* A reader that is not woken, as it follows nothing that changes, is woken before it is
 * lapped. */
#define LAG_MAX (RING_SIZE / 4)

/* A database that was lost, and replaced by a replica of it, can be behind the ring,
 * but not by so many writes. */
#define AHEAD_MAX (UINT64_C(1) << 40)

/* Places beyond are not reached in a thousand years: they were not written by a
 * producer. */
#define PLACE_MAX (UINT64_C(1) << 60)
#define PLACE_FIRST (UINT64_C(2) * RING_SIZE)

#define STAMP_WRITING(place) (2 * (place) + 1)
#define STAMP_DONE(place) (2 * (place) + 2)

/* The word `before` of an entry. */
#define LANE_BITS 4
#define BEFORE(entry) \
	((entry)->before << (LANE_BITS + 1) | (uint64_t)(entry)->lane << 1 | (entry)->last)
#define BEFORE_NUMBER(word) ((word) >> (LANE_BITS + 1))
#define BEFORE_LANE(word) ((unsigned)((word) >> 1) & (RING_LANES - 1))

_Static_assert(RING_LANES == 1 << LANE_BITS, "lanes fit their bits");

/* ---- Lanes ---- */

void ring_set_lanes(struct shm *shm, unsigned lanes)
{
	assert(lanes >= 1 && lanes <= RING_LANES && (shm->lanes == 0 || shm->lanes == lanes));
	shm->lanes = lanes;
	for (shm->lane_bits = 0; 1u << shm->lane_bits < lanes; shm->lane_bits++)
		;
}

unsigned ring_lanes(const struct shm *shm)
{
	return shm->lanes ? shm->lanes : 1;
}

static size_t bucket_of(const struct shm *shm, uint64_t key, unsigned lane)
{
	return (size_t)(key << shm->lane_bits | lane) % RING_BUCKETS;
}

static unsigned lane_of_bucket(const struct shm *shm, size_t bucket)
{
	return (unsigned)bucket & ((1u << shm->lane_bits) - 1);
}

/* ---- Places ---- */

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

bool ring_attach(struct shm *shm, const uint64_t heads[RING_LANES])
{
	struct map *map = shm->map;
	const uint64_t place = ring_fresh_place(map);
	bool is_sound = place != PLACE_FIRST || atomic_load(&map->head) == 0;

	for (size_t i = 0; i < RING_BUCKETS; i++)
		is_sound &= ring_settle(&map->buckets[i], heads[lane_of_bucket(shm, i)]);
	for (unsigned lane = 0; lane < RING_LANES; lane++) {
		is_sound &= ring_settle(&map->lanes[lane].committed, heads[lane]);
		is_sound &= ring_settle(&map->lanes[lane].published, heads[lane]);
		shm->published.committed[lane] =
			atomic_load_explicit(&map->lanes[lane].committed, memory_order_relaxed);
		ring_raise(&map->lanes[lane].published, shm->published.committed[lane]);
	}
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
		const uint64_t before = atomic_load_explicit(&at->before, memory_order_relaxed);
		const uint64_t committed = own->committed[BEFORE_LANE(before)];

		if (atomic_load_explicit(&at->stamp, memory_order_relaxed) != STAMP_DONE(place) ||
		    atomic_load_explicit(&at->number, memory_order_relaxed) > committed ||
		    BEFORE_NUMBER(before) > committed)
			return false;
	}
	return true;
}

static bool has_sound_numbers(const struct shm *shm)
{
	const struct map *map = shm->map;
	const uint64_t *own = shm->published.committed;

	for (unsigned lane = 0; lane < RING_LANES; lane++)
		if (atomic_load_explicit(&map->lanes[lane].committed, memory_order_relaxed) !=
			    own[lane] ||
		    atomic_load_explicit(&map->lanes[lane].published, memory_order_relaxed) !=
			    own[lane])
			return false;
	for (size_t i = 0; i < RING_BUCKETS; i++)
		if (atomic_load_explicit(&map->buckets[i], memory_order_relaxed) >
		    own[lane_of_bucket(shm, i)])
			return false;
	return true;
}

bool ring_is_sound(const struct shm *shm)
{
	const struct map *map = shm->map;
	const struct published *own = &shm->published;

	if (!own->attached)
		return true;
	return atomic_load_explicit(&map->head, memory_order_relaxed) == own->head &&
	       has_sound_numbers(shm) && has_sound_entries(shm);
}

static void ring_set_all(struct shm *shm, const uint64_t numbers[RING_LANES])
{
	struct map *map = shm->map;

	for (size_t i = 0; i < RING_BUCKETS; i++)
		atomic_store_explicit(&map->buckets[i], numbers[lane_of_bucket(shm, i)],
				      memory_order_release);
	for (unsigned lane = 0; lane < RING_LANES; lane++) {
		atomic_store_explicit(&map->lanes[lane].committed, numbers[lane],
				      memory_order_release);
		atomic_store_explicit(&map->lanes[lane].published, numbers[lane],
				      memory_order_release);
	}
}

void ring_repair(struct shm *shm)
{
	assert(shm->published.attached);
	ring_set_all(shm, shm->published.committed);
	ring_move(shm, shm->published.head + 2 * RING_SIZE);
}

void ring_restart(struct shm *shm, const uint64_t heads[RING_LANES])
{
	ring_set_all(shm, heads);
	(void)ring_attach(shm, heads);
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
	atomic_store_explicit(&at->before, BEFORE(entry), memory_order_release);
	atomic_store_explicit(&at->stamp, STAMP_DONE(place), memory_order_release);
}

/* The exchange is the producer's half of what followers.h promises. */
void ring_commit(struct shm *shm, struct ring_entry *entries, size_t count)
{
	struct map *map = shm->map;
	const bool forget = FAULT_MUTANT("bucket_forgotten");
	uint64_t newest[RING_LANES];

	assert((entries || count == 0) && shm->published.attached);
	memcpy(newest, shm->published.committed, sizeof(newest));
	for (size_t i = 0; i < count; i++) {
		const unsigned lane = entries[i].lane;

		entries[i].before = shm->published.committed[lane];
		if (!forget)
			ring_raise(&map->buckets[bucket_of(shm, entries[i].key, lane)],
				   entries[i].number);
		if (entries[i].number > newest[lane])
			newest[lane] = entries[i].number;
	}
	FAULT("ring_before_committed");
	memcpy(shm->published.committed, newest, sizeof(newest));
	for (unsigned lane = ring_lanes(shm); lane-- > 0;)
		(void)atomic_exchange(&map->lanes[lane].committed, newest[lane]);
}

/* Keeps the entries that a reader follows, and returns how many these are. */
static size_t ring_filter(const struct shm *shm, struct ring_entry *entries, size_t count,
			  struct followers_slots *slots)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (followers_find(shm, entries[i].key, slots) &&
		    !FAULT_MUTANT("follower_overlooked")) {
			entries[kept++] = entries[i];
		} else if (entries[i].last && kept && entries[kept - 1].lane == entries[i].lane) {
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
	for (unsigned lane = 0; lane < ring_lanes(shm); lane++)
		ring_raise(&map->lanes[lane].published, shm->published.committed[lane]);
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
		out->lane = BEFORE_LANE(out->before);
		out->before = BEFORE_NUMBER(out->before);
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

uint64_t ring_published(const struct shm *shm, unsigned lane)
{
	return atomic_load_explicit(&shm->map->lanes[lane].published, memory_order_acquire);
}

uint64_t ring_committed(const struct shm *shm, unsigned lane)
{
	return atomic_load_explicit(&shm->map->lanes[lane].committed, memory_order_acquire);
}

uint64_t ring_bucket(const struct shm *shm, uint64_t key, unsigned lane)
{
	return atomic_load_explicit(&shm->map->buckets[bucket_of(shm, key, lane)],
				    memory_order_acquire);
}
