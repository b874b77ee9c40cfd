/* Tests of worker/live with many groups and streams: a turn of the loop does little. */
#include "live_kit.h"

#include "base/hash.h"
#include "base/mem.h"
#include "shm/followers.h"
#include "shm/generation.h"
#include "shm/map.h"
#include "shm/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define MANY 5000
#define IN_A_TURN 256 /* questions, at most */

static void on_no_event(struct membership *membership, struct sse *sse)
{
	(void)membership;
	(void)sse;
}

static void on_no_failure(struct membership *membership, enum rc rc)
{
	(void)membership;
	(void)rc;
}

/* As many groups as there are memberships, followed without documents. */
static void follow_many(struct world *world, struct membership *memberships)
{
	char name[16];

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "many:%zu", i);
		memberships[i] =
			(struct membership){ .deliver = on_no_event, .fail = on_no_failure };
		feeds_join(world->feeds, &memberships[i], slice_of(name));
	}
}

static void leave_many(struct membership *memberships)
{
	for (size_t i = 0; i < MANY; i++)
		feed_leave(&memberships[i]);
}

/* A turn of the loop, in which few questions may be asked; answers them. */
static size_t turn_and_answer(struct world *world, uint64_t number)
{
	size_t count;

	assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	count = world->fake.count;
	assert_in_range(count, 0, IN_A_TURN);
	for (size_t i = 0; i < count; i++)
		answer(&world->fake, LATEST, RC_OK, number);
	return count;
}

/* What all feeds must ask for is asked in many turns, and nothing is announced before
 * all know that they have missed something. */
static void a_lap_costs_each_turn_little(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;
	size_t asked = 0;

	start(world, 7);
	follow_many(world, memberships);
	ring_attach(world->shm, RING_HEADS(50));
	hint_reader_poll(world->hints);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 7);
	while (asked < MANY)
		asked += turn_and_answer(world, 20);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 50);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	leave_many(memberships);
	while (turn_and_answer(world, 0))
		;
	free(memberships);
}

/* Hints that come meanwhile announce nothing yet, and a second loss is made good for
 * all. */
static void a_lap_during_a_lap_is_made_good(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;

	start(world, 7);
	follow_many(world, memberships);
	ring_attach(world->shm, RING_HEADS(50));
	hint_reader_poll(world->hints);
	feeds_announce(world->feeds, 0, 60);
	(void)turn_and_answer(world, 50);
	ring_attach(world->shm, RING_HEADS(70));
	hint_reader_poll(world->hints);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 7);
	while (feeds_announced(world->feeds)->seqs[0] < 70)
		(void)turn_and_answer(world, 70);
	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		(void)turn_and_answer(world, 70);
	for (size_t i = 0; i < MANY; i++)
		assert_true(memberships[i].feed->in[0].hinted >= 70);
	leave_many(memberships);
	while (turn_and_answer(world, 0))
		;
	free(memberships);
}

static bool is_followed(const struct world *world, const char *group)
{
	struct followers_slots slots = { { 0 } };

	return followers_find(world->shm, hash_of(slice_of(group)), &slots);
}

/* As often as it takes to look at all feeds. */
static bool are_followed(const struct world *world)
{
	bool are = true;

	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		are &= feeds_are_followed(world->feeds);
	return are;
}

/* Each feed with a bit, whether or not the table of feeds is larger than the ring's. */
static void what_is_followed_is_marked(void **state)
{
	struct membership *memberships = mem_array(MANY, sizeof(*memberships));
	struct world *world = *state;

	start(world, 7);
	assert_false(is_followed(world, "g"));
	open_stream(world, false, 7);
	assert_true(is_followed(world, "g"));
	answer(&world->fake, LATEST, RC_OK, 7);
	follow_many(world, memberships);
	for (size_t i = 0; i < MANY; i++)
		assert_true(is_followed(world, memberships[i].feed->group));
	assert_true(are_followed(world));
	followers_remove(world->shm, 0, memberships[MANY / 2].feed->hash);
	assert_false(are_followed(world));
	followers_add(world->shm, 0, memberships[MANY / 2].feed->hash);
	leave_many(memberships);
	for (int i = 0; i < 2 * MANY / IN_A_TURN + 100; i++)
		(void)turn_and_answer(world, 0);
	assert_true(is_followed(world, "g"));
	streams_end(world->streams);
	turn(world);
	turn(world);
	assert_false(is_followed(world, "g"));
	for (size_t i = 0; i < RING_BUCKETS / 64; i++)
		assert_int_equal(world->shm->map->cells[0].followed[0][i], 0);
	free(memberships);
}

/* Streams of one token cost one question, and those of many are asked for in turns. */
static void a_change_of_tokens_costs_each_turn_little(void **state)
{
	struct world *world = *state;
	size_t asked = 0;

	start(world, 7);
	for (int i = 0; i < 400; i++) {
		open_stream_of(world, identity_new(&reader), false, 7);
		answer(&world->fake, LATEST, RC_OK, 7);
	}
	generation_tokens_begin(world->shm);
	generation_tokens_end(world->shm);
	hint_reader_poll(world->hints);
	while (world->fake.count) {
		size_t count = world->fake.count;

		assert_in_range(count, 1, IN_A_TURN);
		for (size_t i = 0; i < count; i++)
			answer(&world->fake, TOKEN, RC_OK, 0);
		asked += count;
		(void)event_base_loop(world->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	assert_in_range(asked, 1, IN_A_TURN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lap_costs_each_turn_little),
		TEST(a_lap_during_a_lap_is_made_good),
		TEST(what_is_followed_is_marked),
		TEST(a_change_of_tokens_costs_each_turn_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
