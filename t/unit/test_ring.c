/* The ring: order, laps, torn entries. */
#include "ring_kit.h"

#include "shm/followers.h"
#include "shm/map.h"
#include "shm/wake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static void entries_are_read_in_order_and_whole(void **state)
{
	struct ring_entry sent[] = {
		{ .key = 7 },
		{ .key = UINT64_MAX, .number = 4 },
		{ .key = 8, .number = 5, .last = true },
	};
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	ring_commit(shm, sent, 3);
	ring_publish(shm, sent, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.key, sent[i].key);
		assert_int_equal(got.number, sent[i].number);
		assert_int_equal(got.last, sent[i].last);
	}
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	assert_int_equal(ring_committed(shm, 0), 5);
	assert_int_equal(ring_bucket(shm, UINT64_MAX, 0), 4);
	assert_int_equal(ring_bucket(shm, 8 + RING_BUCKETS, 0), 5);
	assert_int_equal(ring_bucket(shm, 7, 0), 0);
	shm_free(shm);
}

static struct ring_entry read_one(struct shm *shm, struct ring_reader *reader)
{
	struct ring_entry got = { 0 };

	assert_int_equal(ring_read(shm, reader, &got), RING_GOT);
	return got;
}

/* What nobody follows is in the buckets alone, and the number up to which nothing is
 * missing comes with the next hint. */
static void only_what_is_followed_is_published(void **state)
{
	struct ring_entry sent[] = { { .key = 1, .number = 1 },
				     { .key = 2, .number = 2 },
				     { .key = 3, .number = 3, .last = true } };
	const unsigned follower = followers_number(0, true);
	struct shm *shm;
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	assert_int_equal(shm_new(1, &shm), RC_OK);
	ring_attach(shm, RING_HEADS(0));
	ring_reader_start(shm, &reader);
	followers_add(shm, follower, 2 + RING_BUCKETS);
	ring_commit(shm, sent, 3);
	ring_publish(shm, sent, 3);
	got = read_one(shm, &reader);
	assert_int_equal(got.key, 2);
	assert_int_equal(got.before, 0);
	assert_true(got.last);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	assert_int_equal(ring_bucket(shm, 3, 0), 3);
	assert_int_equal(ring_published(shm, 0), 3);

	followers_remove(shm, follower, 2);
	ring_kit_publish(shm, 2, 4);
	followers_add(shm, follower, 5);
	ring_kit_publish(shm, 5, 5);
	got = read_one(shm, &reader);
	assert_int_equal(got.number, 5);
	assert_int_equal(got.before, 4);
	followers_clear(shm, follower);
	ring_kit_publish(shm, 5, 6);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	assert_int_equal(ring_published(shm, 0), 6);
	assert_int_equal(ring_bucket(shm, 5, 0), 6);
	shm_free(shm);
}

static bool is_awake(struct shm *shm, unsigned slot)
{
	struct pollfd fd = { .fd = wake_fd(shm, slot), .events = POLLIN };
	bool awake = poll(&fd, 1, 0) == 1;

	wake_drain(shm, slot);
	return awake;
}

static void only_who_follows_is_woken(void **state)
{
	struct ring_reader reader[2];
	struct shm *shm;

	(void)state;
	assert_int_equal(shm_new(2, &shm), RC_OK);
	ring_attach(shm, RING_HEADS(0));
	followers_add(shm, followers_number(0, false), 1);
	followers_add(shm, followers_number(1, false), 2);
	for (unsigned slot = 0; slot < 2; slot++) {
		ring_reader_start(shm, &reader[slot]);
		(void)is_awake(shm, slot);
		ring_reader_arm(shm, &reader[slot], slot);
	}
	ring_kit_publish(shm, 3, 1);
	assert_false(is_awake(shm, 0));
	assert_false(is_awake(shm, 1));
	ring_kit_publish(shm, 1, 2);
	assert_true(is_awake(shm, 0));
	assert_false(is_awake(shm, 1));
	ring_kit_publish(shm, 2, 3);
	assert_true(is_awake(shm, 1));
	shm_free(shm);
}

/* The other slot's hints fill the ring. */
static void who_follows_little_is_woken_before_it_is_lapped(void **state)
{
	struct ring_reader reader;
	struct ring_entry got;
	struct shm *shm;
	uint64_t number = 0;

	(void)state;
	assert_int_equal(shm_new(2, &shm), RC_OK);
	ring_attach(shm, RING_HEADS(0));
	followers_add(shm, followers_number(1, false), 1);
	ring_reader_start(shm, &reader);
	(void)is_awake(shm, 0);
	ring_reader_arm(shm, &reader, 0);
	while (!is_awake(shm, 0) && number < RING_SIZE)
		ring_kit_publish(shm, 1, ++number);
	assert_in_range(number, 2, RING_SIZE / 2);
	for (uint64_t i = 1; i <= number; i++)
		assert_int_equal(read_one(shm, &reader).number, i);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	shm_free(shm);
}

static void a_reader_that_starts_late_reads_only_what_comes(void **state)
{
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_kit_publish(shm, 1, 1);
	ring_reader_start(shm, &reader);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	ring_kit_publish(shm, 1, 2);
	assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
	assert_int_equal(got.number, 2);
	shm_free(shm);
}

static void a_full_ring_is_read_whole(void **state)
{
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	for (uint64_t n = 1; n <= RING_SIZE; n++)
		ring_kit_publish(shm, n, n);
	for (uint64_t n = 1; n <= RING_SIZE; n++) {
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.number, n);
	}
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	shm_free(shm);
}

static void a_lapped_reader_is_told_and_goes_on_at_the_head(void **state)
{
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	ring_reader_start(shm, &reader);
	for (uint64_t n = 1; n <= RING_SIZE + 1; n++)
		ring_kit_publish(shm, n % 3, n);
	assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
	assert_int_equal(ring_committed(shm, 0), RING_SIZE + 1);
	for (uint64_t key = 0; key < 3; key++)
		assert_in_range(ring_bucket(shm, key, 0), RING_SIZE - 1, RING_SIZE + 1);
	assert_int_equal(ring_bucket(shm, 3, 0), 0);
	assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
	ring_kit_publish(shm, 9, RING_SIZE + 2);
	assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
	assert_int_equal(got.key, 9);
	shm_free(shm);
}

static void a_commit_larger_than_the_ring_is_a_lap(void **state)
{
	const size_t count = 2 * RING_SIZE + 5;
	struct ring_entry *entries = calloc(count, sizeof(*entries));
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry got;

	(void)state;
	assert_non_null(entries);
	for (size_t i = 0; i < count; i++)
		entries[i] =
			(struct ring_entry){ .key = i, .number = i + 1, .last = i + 1 == count };
	ring_reader_start(shm, &reader);
	ring_commit(shm, entries, count);
	ring_publish(shm, entries, count);
	assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
	assert_int_equal(ring_committed(shm, 0), count);
	for (size_t i = 0; i < count; i++)
		assert_true(ring_bucket(shm, i, 0) >= i + 1);
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
		struct shm *shm = ring_kit_new(1);
		struct ring_reader before, between;
		struct ring_entry got;

		ring_kit_publish(shm, 1, 1);
		ring_reader_start(shm, &before);
		ring_kit_publish(shm, 1, 2);
		leave_torn(shm, stores);
		ring_reader_start(shm, &between);
		assert_int_equal(ring_read(shm, &before, &got), RING_GOT);
		assert_int_equal(ring_read(shm, &before, &got), RING_EMPTY);
		assert_int_equal(ring_read(shm, &between, &got), RING_EMPTY);

		ring_attach(shm, RING_HEADS(5));
		assert_int_equal(ring_committed(shm, 0), 5);
		assert_int_equal(ring_bucket(shm, 12345, 0), 5);
		assert_int_equal(ring_read(shm, &before, &got), RING_LOST);
		assert_int_equal(ring_read(shm, &between, &got), RING_LOST);
		ring_kit_publish(shm, 2, 6);
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
	struct shm *shm = ring_kit_new(1);
	struct ring_reader early, late;
	struct ring_entry got;
	uint64_t place;

	(void)state;
	ring_kit_publish(shm, 1, 1);
	ring_reader_start(shm, &early);
	/* It had moved the head and marked half of the lap. */
	place = atomic_load(&shm->map->head) + 2 * RING_SIZE;
	atomic_store(&shm->map->head, place);
	for (uint64_t lap = place - RING_SIZE; lap < place - RING_SIZE / 2; lap++)
		atomic_store(&shm->map->entries[lap % RING_SIZE].stamp, 2 * lap + 2);
	ring_reader_start(shm, &late);
	assert_int_equal(ring_read(shm, &late, &got), RING_EMPTY);
	ring_attach(shm, RING_HEADS(1));
	assert_int_equal(ring_read(shm, &early, &got), RING_LOST);
	assert_int_equal(ring_read(shm, &late, &got), RING_LOST);
	ring_kit_publish(shm, 1, 2);
	assert_int_equal(ring_read(shm, &early, &got), RING_GOT);
	assert_int_equal(ring_read(shm, &late, &got), RING_GOT);
	shm_free(shm);
}

/* ---- Written to by a process that is not the producer ---- */

enum spoilt { HEAD, COMMITTED, PUBLISHED, BUCKET, STAMP, NUMBER, EVERYTHING, SPOILT };

static void spoil(struct shm *shm, int what, uint64_t rubbish)
{
	struct map *map = shm->map;
	atomic_uint_least64_t *const words[] = {
		[HEAD] = &map->head,
		[COMMITTED] = &map->lanes[0].committed,
		[PUBLISHED] = &map->lanes[0].published,
		[BUCKET] = &map->buckets[7],
		[STAMP] = &map->entries[7].stamp,
		[NUMBER] = &map->entries[7].number,
	};

	if (what == EVERYTHING)
		memset((void *)&map->head, (int)(rubbish & 0xff),
		       offsetof(struct map, cells) - offsetof(struct map, head));
	else
		atomic_store(words[what], rubbish);
}

static void the_producer_notices_and_repairs(void **state)
{
	(void)state;
	for (int what = HEAD; what < SPOILT; what++) {
		struct shm *shm = ring_kit_new(1);
		struct ring_reader reader, later;
		struct ring_entry got;

		for (uint64_t n = 1; n <= 10; n++)
			ring_kit_publish(shm, n, n);
		ring_reader_start(shm, &reader);
		assert_true(ring_is_sound(shm));
		spoil(shm, what, UINT64_MAX);
		assert_false(ring_is_sound(shm));
		(void)ring_read(shm, &reader, &got);
		ring_repair(shm);
		assert_true(ring_is_sound(shm));
		assert_int_equal(ring_committed(shm, 0), 10);
		assert_int_equal(ring_published(shm, 0), 10);
		assert_int_equal(ring_bucket(shm, 7, 0), 10);
		ring_reader_start(shm, &later);
		assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
		assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
		assert_int_equal(ring_read(shm, &later, &got), RING_EMPTY);
		ring_kit_publish(shm, 3, 11);
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.number, 11);
		assert_int_equal(ring_read(shm, &later, &got), RING_GOT);
		assert_true(ring_is_sound(shm));
		shm_free(shm);
	}
}

/* A producer that begins knows the head of the database, and nothing of its own. */
static void a_new_producer_does_not_go_on_with_rubbish(void **state)
{
	const int all[] = { 0xff, 0x7f, 0x01 };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct shm *shm = ring_kit_new(1);
		struct ring_reader reader;
		struct ring_entry got;

		ring_kit_publish(shm, 1, 1);
		spoil(shm, EVERYTHING, (uint64_t)all[i]);
		ring_reader_start(shm, &reader);
		assert_false(ring_attach(shm, RING_HEADS(5)));
		assert_true(ring_is_sound(shm));
		assert_int_equal(ring_committed(shm, 0), 5);
		assert_int_equal(ring_bucket(shm, 99, 0), 5);
		assert_int_equal(ring_read(shm, &reader, &got), RING_LOST);
		assert_int_equal(ring_read(shm, &reader, &got), RING_EMPTY);
		ring_kit_publish(shm, 2, 6);
		assert_int_equal(ring_read(shm, &reader, &got), RING_GOT);
		assert_int_equal(got.number, 6);
		shm_free(shm);
	}
}

static void a_ring_may_begin_at_a_lower_number(void **state)
{
	struct shm *shm = ring_kit_new(1);
	struct ring_reader reader;
	struct ring_entry entry;

	(void)state;
	ring_attach(shm, RING_HEADS(40));
	ring_kit_publish(shm, 1, 42);
	ring_reader_start(shm, &reader);
	ring_restart(shm, RING_HEADS(37));
	assert_int_equal(ring_read(shm, &reader, &entry), RING_LOST);
	assert_int_equal(ring_committed(shm, 0), 37);
	assert_int_equal(ring_published(shm, 0), 37);
	assert_int_equal(ring_bucket(shm, 1, 0), 37);
	ring_kit_publish(shm, 1, 38);
	assert_int_equal(ring_read(shm, &reader, &entry), RING_GOT);
	assert_int_equal(entry.number, 38);
	shm_free(shm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_in_order_and_whole),
		cmocka_unit_test(only_what_is_followed_is_published),
		cmocka_unit_test(only_who_follows_is_woken),
		cmocka_unit_test(who_follows_little_is_woken_before_it_is_lapped),
		cmocka_unit_test(a_reader_that_starts_late_reads_only_what_comes),
		cmocka_unit_test(a_full_ring_is_read_whole),
		cmocka_unit_test(a_lapped_reader_is_told_and_goes_on_at_the_head),
		cmocka_unit_test(a_commit_larger_than_the_ring_is_a_lap),
		cmocka_unit_test(a_torn_entry_is_never_read_and_a_new_producer_gets_past_it),
		cmocka_unit_test(a_ring_may_begin_at_a_lower_number),
		cmocka_unit_test(a_producer_killed_while_attaching_leaves_a_ring_for_the_next),
		cmocka_unit_test(the_producer_notices_and_repairs),
		cmocka_unit_test(a_new_producer_does_not_go_on_with_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
