/* Tests of the ids of streams in worker/live: of several groups, and of all groups in
 * several lanes. */
#include "live_kit.h"

#include "base/hash.h"
#include "shm/ring.h"
#include "store/lane.h"
#include "worker/live/handoff_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Ids of streams of several groups ---- */

/* Answers with a page of one document, up to `next`. */
static void answer_page(struct fake *fake, struct store_cursor next, bool more)
{
	struct asked *asked = STAILQ_FIRST(&fake->asked);
	const struct store_doc doc = {
		.id = slice_of("g:1"), .version = 1, .seq = next.seq, .value = slice_of("1")
	};
	const struct store_page page = {
		.docs = &doc, .count = 1, .next = next, .head = next.seq, .more = more
	};

	assert_non_null(asked);
	assert_int_equal(asked->call, CHANGES);
	STAILQ_REMOVE_HEAD(&fake->asked, next);
	fake->count--;
	asked->on.page(asked->arg, RC_OK, &page);
	free(asked);
}

/* `span`: in several lanes, else NULL. */
static void open_stream_of_two(struct world *world, bool docs, struct store_cursor since,
			       const struct store_span *span)
{
	const struct slice groups[] = { slice_of("g"), slice_of(span ? "*" : "h") };
	const struct subscription subscription = {
		.identity = identity_ref(world->anyone),
		.docs = docs,
		.since = since,
		.span = span,
		.groups = groups,
		.group_count = 2,
	};

	open_subscription(world, &subscription);
}

static void ids_say_what_was_shown_beyond_them(void **state)
{
	const struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct world *world = *state;

	start(world, 7);
	open_stream_of_two(world, true, since, NULL);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7\nevent: connected"), 2);
	answer(&world->fake, CHANGES, RC_OK, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7.7.9\nevent: change"), 1);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 9);
	turn(world);
	(void)count_sent(world, "event");
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 10);
	feeds_announce(world->feeds, 0, 10);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 10);
	assert_int_equal(count_sent(world, "id: 0000000000000005.10\nevent: change"), 1);
}

/* A hint shows nothing: each pull has a cursor of its own. */
static void ids_without_documents_are_plain(void **state)
{
	const struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct world *world = *state;

	start(world, 7);
	open_stream_of_two(world, false, since, NULL);
	(void)count_sent(world, "event");
	answer(&world->fake, LATEST, RC_OK, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7\nevent: change"), 1);
}

static void ids_in_a_snapshot_say_what_was_shown(void **state)
{
	struct store_cursor since = { .epoch = EPOCH, .seq = 7 };
	struct store_cursor next = { .epoch = EPOCH + 1, .seq = 5, .start = 8, .bound = 8 };
	struct world *world = *state;

	start(world, 7);
	/* Of another epoch: what was shown may be beyond its start. */
	open_stream_of_two(world, true, since, NULL);
	(void)count_sent(world, "event");
	answer_page(&world->fake, (struct store_cursor){ .epoch = EPOCH + 1, .seq = 9 }, false);
	turn(world);
	next.reset = true;
	answer_page(&world->fake, next, true);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7.7.9\nevent: change"), 2);
	fake_cancel(&world->fake.store);
	/* From the beginning: of the epoch that it is in, where the snapshot began. */
	since = next = (struct store_cursor){ .epoch = 0 };
	open_stream_of_two(world, true, since, NULL);
	assert_int_equal(count_sent(world, "id: 0\nevent: connected"), 2);
	next = (struct store_cursor){ .epoch = EPOCH, .seq = 5, .start = 8, .bound = 8 };
	answer_page(&world->fake, next, true);
	assert_int_equal(count_sent(world, "id: 0000000000000005.0.8.8\nevent: change"), 1);
}

static void ids_of_several_lanes_say_what_was_shown(void **state)
{
	const struct store_span since = {
		.from = { EPOCH, 2, { 5, 3 } },
		.shown = { 6, 0 },
	};
	struct world *world = *state;

	world->fake.store.lanes = 2;
	ring_set_lanes(world->shm, 2);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	open_stream_of_two(world, true, (struct store_cursor){ .epoch = 0 }, &since);
	assert_int_equal(count_sent(world, "id: 0000000000000005.5-6~3\nevent: connected"), 2);
	assert_int_equal(lane_of(slice_of("g"), 2), 0);
	answer_page(&world->fake, (struct store_cursor){ .epoch = EPOCH, .seq = 7 }, false);
	assert_int_equal(count_sent(world, "id: 0000000000000005.5-7~3\nevent: change"), 1);
	turn(world);
	answer_lanes(&world->fake, CHANGES, 7, 4, 1);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~3-4\nevent: change"), 1);
}

/* ---- All groups in several lanes ---- */

static void hint_of_all(struct world *world, unsigned lane, uint64_t number)
{
	feeds_hint(world->feeds, hash_of(slice_of("*")), lane, number);
	feeds_announce(world->feeds, lane, number);
	turn(world);
}

static void start_lanes(struct world *world)
{
	world->fake.store.lanes = 2;
	ring_set_lanes(world->shm, 2);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	assert_int_equal(world->started, RC_OK);
}

/* The stream as another process gets it. */
static const struct subscriber *hand_off(struct world *world)
{
	const struct subscriber *old = streams_next(world->streams, NULL);
	const struct subscriber *new;
	struct buf message = BUF_EMPTY;
	struct unpack in;
	int ends[2];

	subscriber_pack(old, &message);
	in = (struct unpack){ .rest = buf_slice(&message) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	(void)close(world->client);
	world->client = ends[0];
	streams_receive(world->streams, ends[1], &in);
	buf_free(&message);
	new = streams_next(world->streams, NULL);
	if (new == old)
		new = streams_next(world->streams, old);
	return new;
}

static void what_was_shown_is_handed_off(void **state)
{
	const struct store_span since = { .from = { EPOCH, 2, { 5, 3 } }, .shown = { 0, 9 } };
	const struct slice groups[] = { slice_of("g"), slice_of("g:h") };
	const struct subscription subscription = {
		.identity = identity_new(&reader),
		.docs = true,
		.span = &since,
		.groups = groups,
		.group_count = 2,
	};
	struct world *world = *state;
	const struct subscriber *new;

	start_lanes(world);
	open_subscription(world, &subscription);
	new = hand_off(world);
	assert_non_null(new);
	assert_int_equal(new->span->from.seqs[0], 5);
	assert_int_equal(new->span->from.seqs[1], 3);
	assert_int_equal(new->span->shown[0], 0);
	assert_int_equal(new->span->shown[1], 9);
}

static void hints_of_each_lane_become_events_of_all(void **state)
{
	struct world *world = *state;

	start_lanes(world);
	open_stream_of_all(world, false, 7, 3);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~3\nevent: connected"), 1);
	answer_lanes(&world->fake, HEAD, 7, 3, 0);
	turn(world);
	assert_int_equal(count_sent(world, "event"), 0);
	hint_of_all(world, 1, 4);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~4\nevent: change"), 1);
	hint_of_all(world, 0, 9);
	assert_int_equal(count_sent(world, "id: 0000000000000005.9~4\nevent: change"), 1);
	hint_of_all(world, 0, 9);
	assert_int_equal(count_sent(world, "event"), 0);
	/* What another stream has missed in one lane is news. */
	open_stream_of_all(world, false, 9, 3);
	(void)count_sent(world, "event");
	answer_lanes(&world->fake, HEAD, 9, 4, 0);
	assert_int_equal(count_sent(world, "id: 0000000000000005.9~4\nevent: change"), 1);
}

static void pages_of_all_have_cursors_of_all(void **state)
{
	struct world *world = *state;

	start_lanes(world);
	open_stream_of_all(world, true, 7, 3);
	answer_lanes(&world->fake, CHANGES, 7, 3, 0);
	turn(world);
	(void)count_sent(world, "event");
	hint_of_all(world, 1, 4);
	assert_int_equal(world->fake.count, 1);
	answer_lanes(&world->fake, CHANGES, 7, 4, 1);
	assert_int_equal(count_sent(world, "id: 0000000000000005.7~4\nevent: change"), 1);
	hint_of_all(world, 1, 4);
	assert_int_equal(world->fake.count, 0);
	/* The feed reads again until it has the hint of each lane. */
	hint_of_all(world, 0, 8);
	feeds_hint(world->feeds, hash_of(slice_of("*")), 1, 5);
	answer_lanes(&world->fake, CHANGES, 8, 4, 1);
	turn(world);
	answer_lanes(&world->fake, CHANGES, 8, 5, 1);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(count_sent(world, "event: change"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_say_what_was_shown_beyond_them),
		TEST(ids_without_documents_are_plain),
		TEST(ids_in_a_snapshot_say_what_was_shown),
		TEST(ids_of_several_lanes_say_what_was_shown),
		TEST(what_was_shown_is_handed_off),
		TEST(hints_of_each_lane_become_events_of_all),
		TEST(pages_of_all_have_cursors_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
