/* The ring: order, laps, torn entries. */
#include "shm/map.h"
#include "shm/ring.h"
#include "shm/shm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

static struct shm *make(unsigned slots)
{
	struct shm *shm = NULL;

	assert_int_equal(shm_new(slots, &shm), RC_OK);
	ring_attach(shm, 0);
	return shm;
}

static void publish(struct shm *shm, uint64_t key, uint64_t number)
{
	const struct ring_entry entry = { .key = key, .number = number, .last = true };

	ring_publish(shm, &entry, 1);
}

static void entries_are_read_in_order_and_whole(void **state)
{
	const struct ring_entry sent[] = {
		{ .key = 7 },
		{ .key = UINT64_MAX, .number = 4 },
		{ .key = 8, .number = 5, .last = true },
	};
	struct shm *shm = make(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	ring_publish(shm, sent, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.key, sent[i].key);
		assert_int_equal(got.number, sent[i].number);
		assert_int_equal(got.last, sent[i].last);
	}
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	assert_int_equal(ring_committed(shm), 5);
	assert_int_equal(ring_bucket(shm, UINT64_MAX), 4);
	assert_int_equal(ring_bucket(shm, 8 + RING_BUCKETS), 5);
	assert_int_equal(ring_bucket(shm, 7), 0);
	shm_free(shm);
}

static void a_reader_that_starts_late_reads_only_what_comes(void **state)
{
	struct shm *shm = make(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	publish(shm, 1, 1);
	ring_reader_start(shm, &reader);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	publish(shm, 1, 2);
	assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
	assert_int_equal(got.number, 2);
	shm_free(shm);
}

static void a_full_ring_is_read_whole(void **state)
{
	struct shm *shm = make(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	for (uint64_t n = 1; n <= RING_SIZE; n++)
		publish(shm, n, n);
	for (uint64_t n = 1; n <= RING_SIZE; n++) {
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.number, n);
	}
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	shm_free(shm);
}

static void a_lapped_reader_is_told_and_goes_on_at_the_head(void **state)
{
	struct shm *shm = make(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	for (uint64_t n = 1; n <= RING_SIZE + 1; n++)
		publish(shm, n % 3, n);
	assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
	assert_int_equal(ring_committed(shm), RING_SIZE + 1);
	for (uint64_t key = 0; key < 3; key++)
		assert_in_range(ring_bucket(shm, key), RING_SIZE - 1, RING_SIZE + 1);
	assert_int_equal(ring_bucket(shm, 3), 0);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	publish(shm, 9, RING_SIZE + 2);
	assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
	assert_int_equal(got.key, 9);
	shm_free(shm);
}

static void a_commit_larger_than_the_ring_is_a_lap(void **state)
{
	const size_t count = 2 * RING_SIZE + 5;
	struct ring_entry *entries = calloc(count, sizeof(*entries));
	struct shm *shm = make(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	assert_non_null(entries);
	for (size_t i = 0; i < count; i++)
		entries[i] =
			(struct ring_entry){ .key = i, .number = i + 1, .last = i + 1 == count };
	ring_reader_start(shm, &reader);
	ring_publish(shm, entries, count);
	assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
	assert_int_equal(ring_committed(shm), count);
	for (size_t i = 0; i < count; i++)
		assert_true(ring_bucket(shm, i) >= i + 1);
	shm_free(shm);
	free(entries);
}

/* What a producer leaves that was killed before the n-th store of an entry. */
static void leave_torn(struct shm *shm, unsigned stores)
{
	uint64_t place = atomic_load(&shm->map->head);
	struct map_entry *at = &shm->map->entries[place % RING_SIZE];

	atomic_store(&shm->map->head, place + 3);
	if (stores > 0)
		atomic_store(&at->stamp, 2 * place + 1);
	if (stores > 1)
		atomic_store(&at->key, 666);
	if (stores > 2)
		atomic_store(&at->number, 666);
}

static void a_torn_entry_is_never_read_and_a_new_producer_gets_past_it(void **state)
{
	(void)state;
	for (unsigned stores = 0; stores <= 3; stores++) {
		struct shm *shm = make(1);
		struct ring_reader before, between;
		struct ring_entry got;

		publish(shm, 1, 1);
		ring_reader_start(shm, &before);
		publish(shm, 1, 2);
		leave_torn(shm, stores);
		ring_reader_start(shm, &between);
		assert_int_equal(ring_read(shm, &before, &got), RING_GOT);
		assert_int_equal(ring_read(shm, &before, &got), RING_EMPTY);
		assert_int_equal(ring_read(shm, &between, &got), RING_EMPTY);

		ring_attach(shm, 5);
		assert_int_equal(ring_committed(shm), 5);
		assert_int_equal(ring_bucket(shm, 12345), 5);
		assert_int_equal(ring_read(shm, &before, &got), RING_LOST);
		assert_int_equal(ring_read(shm, &between, &got), RING_LOST);
		publish(shm, 2, 6);
		assert_int_equal(ring_read(shm, &before, &got), RING_GOT);
		assert_int_equal(got.number, 6);
		assert_int_equal(ring_read(shm, &between, &got), RING_GOT);
		assert_int_equal(got.number, 6);
		assert_int_equal(ring_read(shm, &between, &got), RING_EMPTY);
		shm_free(shm);
	}
}

static void a_producer_killed_while_attaching_leaves_a_ring_for_the_next(void **state)
{
	struct shm *shm = make(1);
	struct ring_reader early, late;
	struct ring_entry got;
	uint64_t place;

	(void)state;
	publish(shm, 1, 1);
	ring_reader_start(shm, &early);
	/* It had moved the head and marked half of the lap. */
	place = atomic_load(&shm->map->head) + 2 * RING_SIZE;
	atomic_store(&shm->map->head, place);
	for (uint64_t lap = place - RING_SIZE; lap < place - RING_SIZE / 2; lap++)
		atomic_store(&shm->map->entries[lap % RING_SIZE].stamp, 2 * lap + 2);
	ring_reader_start(shm, &late);
	assert_int_equal(ring_read(shm, &late, &got), RING_EMPTY);
	ring_attach(shm, 1);
	assert_int_equal(ring_read(shm, &early, &got), RING_LOST);
	assert_int_equal(ring_read(shm, &late, &got), RING_LOST);
	publish(shm, 1, 2);
	assert_int_equal(ring_read(shm, &early, &got), RING_GOT);
	assert_int_equal(ring_read(shm, &late, &got), RING_GOT);
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_in_order_and_whole),
		cmocka_unit_test(a_reader_that_starts_late_reads_only_what_comes),
		cmocka_unit_test(a_full_ring_is_read_whole),
		cmocka_unit_test(a_lapped_reader_is_told_and_goes_on_at_the_head),
		cmocka_unit_test(a_commit_larger_than_the_ring_is_a_lap),
		cmocka_unit_test(a_torn_entry_is_never_read_and_a_new_producer_gets_past_it),
		cmocka_unit_test(a_producer_killed_while_attaching_leaves_a_ring_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
