/* Fuzzes the ring after a writer was killed at any point: whatever it left, its
 * successor attaches, every reader detects the overrun once, and then receives all
 * published entries in order. */
#include "shm/followers.h"
#include "shm/map.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "t/fuzz/fuzz.h"

#define STAMP_BITS 62 /* beyond these the count of all hints would overflow */
#define READERS 4

static uint64_t input_stamp(struct input *input)
{
	return input_number(input, 8) & ((UINT64_C(1) << STAMP_BITS) - 1);
}

/* Fills a part of the map. In practice the head lags behind a stamp by no more than the
 * hints being written; this test assumes no bound. */
static void leave(struct input *input, struct map *map)
{
	size_t words = (size_t)input_number(input, 1);

	atomic_store(&map->head, input_stamp(input));
	atomic_store(&map->lanes[0].committed, input_number(input, 8));
	for (size_t i = 0; i < words && input->left; i++) {
		struct map_entry *entry = &map->entries[input_number(input, 2) % RING_SIZE];

		atomic_store(&entry->stamp, input_stamp(input));
		atomic_store(&entry->key, input_number(input, 8));
		atomic_store(&map->buckets[input_number(input, 2) % RING_BUCKETS],
			     input_number(input, 8));
	}
}

static void require_lost_once(const struct shm *shm, struct ring_reader *reader)
{
	struct ring_entry entry;

	REQUIRE(ring_read(shm, reader, &entry) == RING_LOST);
	REQUIRE(ring_read(shm, reader, &entry) == RING_EMPTY);
}

/* No writer has left this: the reader need not notice, but it gets to the head. */
static void catch_up(const struct shm *shm, struct ring_reader *reader)
{
	struct ring_entry entry;
	enum ring_read got = RING_GOT;

	for (unsigned i = 0; i <= RING_SIZE && got != RING_EMPTY; i++)
		got = ring_read(shm, reader, &entry);
	REQUIRE(got == RING_EMPTY);
}

static void publish_and_read(struct input *input, struct shm *shm, struct ring_reader *readers)
{
	struct ring_entry sent[16], got;
	size_t count = 1 + (size_t)input_number(input, 1) % 16;

	for (size_t i = 0; i < count; i++)
		sent[i] = (struct ring_entry){ input_number(input, 8), input_number(input, 6),
					       i + 1 == count };
	ring_commit(shm, sent, count);
	ring_publish(shm, sent, count);
	for (size_t r = 0; r < READERS; r++) {
		for (size_t i = 0; i < count; i++) {
			REQUIRE(ring_read(shm, &readers[r], &got) == RING_GOT);
			REQUIRE(got.key == sent[i].key && got.number == sent[i].number);
			REQUIRE(got.last == sent[i].last);
		}
		REQUIRE(ring_read(shm, &readers[r], &got) == RING_EMPTY);
	}
	for (size_t i = 0; i < count; i++)
		REQUIRE(ring_bucket(shm, sent[i].key, 0) >= sent[i].number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct ring_reader readers[READERS];
	struct shm *shm;
	uint64_t head, newest;
	bool left_by_a_writer;

	REQUIRE(shm_new(1, &shm) == RC_OK);
	/* Of hints that nobody follows there are no entries. */
	for (uint64_t bucket = 0; bucket < RING_BUCKETS; bucket++)
		followers_add(shm, followers_number(0, false), bucket);
	leave(&input, shm->map);
	head = atomic_load(&shm->map->head);
	for (size_t i = 0; i < READERS; i++)
		readers[i].next = i == 0 ? head : head - input_number(&input, 3) % (head + 1);
	newest = input_number(&input, 6);
	left_by_a_writer = ring_attach(shm, RING_HEADS(newest));
	REQUIRE(ring_committed(shm, 0) >= newest);
	for (size_t i = 0; i < READERS; i++) {
		if (left_by_a_writer)
			require_lost_once(shm, &readers[i]);
		else
			catch_up(shm, &readers[i]);
	}
	do
		publish_and_read(&input, shm, readers);
	while (input.left);
	shm_free(shm);
	return 0;
}
