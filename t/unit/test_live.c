/* Tests of worker/live: feeds, subscribers and streams over a store that answers when
 * the test says so. Links no HTTP server and no back end. See also test_live_ids.c and
 * test_live_turns.c. */
#include "live_kit.h"

#include "base/hash.h"
#include "shm/generation.h"
#include "shm/map.h"
#include "shm/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Hints and pages ---- */

static void hints_before_the_head_are_not_lost(void **state)
{
	struct world *world = *state;

	feeds_announce(world->feeds, 0, 9);
	start(world, 7);
	assert_int_equal(feeds_announced(world->feeds)->epoch, EPOCH);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 9);
}

static void a_store_that_fails_is_reported(void **state)
{
	struct world *world = *state;

	answer(&world->fake, HEAD, RC_IO, 0);
	assert_int_equal(world->started, RC_IO);
}

static void a_hint_becomes_one_event(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, false, 7);
	assert_int_equal(count_sent(world, "event: connected"), 1);
	answer(&world->fake, LATEST, RC_OK, 7);
	turn(world);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_announce(world->feeds, 0, 8);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	assert_int_equal(world->fake.count, 0);
}

/* The hint of a commit comes before the answer that knows of it, or after it. */
static void a_commit_while_a_stream_opens_is_one_event(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, false, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_announce(world->feeds, 0, 8);
	turn(world);
	answer(&world->fake, LATEST, RC_OK, 8);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	open_stream(world, false, 8);
	answer(&world->fake, LATEST, RC_OK, 9);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 9);
	feeds_announce(world->feeds, 0, 9);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 10);
	feeds_announce(world->feeds, 0, 10);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
}

/* The answer is older than a hint that has come but was not delivered yet. */
static void an_older_answer_hides_no_hint(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, false, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	feeds_announce(world->feeds, 0, 8);
	answer(&world->fake, LATEST, RC_OK, 7);
	turn(world);
	assert_int_equal(count_sent(world, "event: change"), 1);
}

static void hints_during_a_read_are_one_more_page(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	(void)count_sent(world, "event:");
	for (uint64_t number = 8; number <= 10; number++) {
		feeds_hint(world->feeds, hash_of(slice_of("g")), 0, number);
		turn(world);
		assert_int_equal(world->fake.count, 1);
	}
	answer(&world->fake, CHANGES, RC_OK, 8);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 10);
	turn(world);
	assert_int_equal(world->fake.count, 0);
	assert_int_equal(count_sent(world, "event: change"), 2);
}

static void a_failed_read_is_tried_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	turn(world);
	answer(&world->fake, CHANGES, RC_BUSY, 0);
	while (world->fake.count == 0)
		assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
	answer(&world->fake, CHANGES, RC_OK, 8);
	assert_int_equal(count_sent(world, "event: change"), 1);
}

/* The struct must outlive the client: the store has its address. */
static void a_client_may_leave_before_its_answer(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 3);
	assert_int_equal(close(world->client), 0);
	world->client = -1;
	turn(world);
	assert_int_equal(streams_count(world->streams), 0);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	assert_int_equal(world->fake.count, 0);
}

/* ---- A new epoch ---- */

/* A stream with documents that is live at 7, when the next epoch begins. */
static void open_in_new_epoch(struct world *world, void (*tell)(struct shm *shm))
{
	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	turn(world);
	assert_int_equal(count_sent(world, "event: end"), 0);
	world->fake.epoch = EPOCH + 1;
	tell(world->shm);
	hint_reader_wake(world->hints);
}

static void streams_go_on_in_a_new_epoch(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_resync);
	/* Hints of the new epoch may come before it is looked into. */
	ring_attach(world->shm, RING_HEADS(9));
	hint_reader_wake(world->hints);
	answer(&world->fake, HEAD, RC_OK, 9);
	answer(&world->fake, FOLLOWS, RC_OK, 7);
	turn(world);
	assert_int_equal(feeds_announced(world->feeds)->epoch, EPOCH + 1);
	assert_int_equal(streams_count(world->streams), 1);
	answer(&world->fake, LATEST, RC_OK, 9);
	turn(world);
	answer(&world->fake, CHANGES, RC_OK, 9);
	turn(world);
	assert_int_equal(count_sent(world, "id: 0000000000000006.9"), 1);
}

static void streams_end_that_have_met_lost_numbers(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_resync);
	answer(&world->fake, HEAD, RC_UNAVAILABLE, 0);
	assert_int_equal(streams_count(world->streams), 1);
	while (world->fake.count == 0)
		assert_true(event_base_loop(world->base, EVLOOP_ONCE) == 0);
	answer(&world->fake, HEAD, RC_OK, 9);
	answer(&world->fake, FOLLOWS, RC_OK, 6);
	turn(world);
	assert_int_equal(streams_count(world->streams), 0);
	assert_int_equal(count_sent(world, "draining"), 1);
	assert_int_equal(feeds_announced(world->feeds)->seqs[0], 9);
}

/* Their feed has met 7, and the next commit is 6. */
static void numbers_begin_anew_after_a_restart(void **state)
{
	struct world *world = *state;

	open_in_new_epoch(world, shm_restart);
	assert_int_equal(streams_count(world->streams), 0);
	answer(&world->fake, HEAD, RC_OK, 5);
	turn(world);
	open_stream(world, false, 5);
	answer(&world->fake, LATEST, RC_OK, 5);
	turn(world);
	(void)count_sent(world, "event");
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 6);
	turn(world);
	assert_int_equal(count_sent(world, "id: 0000000000000006.6"), 1);
}

/* Teardown cancels: a stream that catches up, a feed that reads, one that asks. */
static void the_end_may_come_before_answers(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream(world, true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 8);
	open_stream(world, false, 7);
	turn(world);
	feeds_refresh(world->feeds);
	turn(world);
	assert_true(world->fake.count >= 3);
}

/* A stream that gets events until its client, who does not read, has a full socket and
 * a full backlog. */
static void open_and_stop_reading(struct world *world)
{
	start(world, 7);
	open_stream(world, false, 7);
	answer(&world->fake, LATEST, RC_OK, 7);
	for (uint64_t number = 8; scoreboard_get(world->shm, 0, METRIC_SLOW_READERS) == 0;
	     number++) {
		assert_true(number < 1000000);
		feeds_hint(world->feeds, hash_of(slice_of("g")), 0, number);
		turn(world);
	}
	assert_int_equal(scoreboard_get(world->shm, 0, METRIC_SLOW_READERS), 1);
}

static void a_client_that_does_not_read_is_told_when_it_does(void **state)
{
	struct world *world = *state;
	int ends = 0;

	open_and_stop_reading(world);
	feeds_hint(world->feeds, hash_of(slice_of("g")), 0, 2000000);
	while (streams_count(world->streams) == 1) {
		ends += count_sent(world, "event: end\ndata: {\"code\":\"slow\"}\n\n");
		turn(world);
	}
	while (recv(world->client, (char[1]){ 0 }, 1, MSG_PEEK) > 0)
		ends += count_sent(world, "event: end\ndata: {\"code\":\"slow\"}\n\n");
	assert_int_equal(ends, 1);
	assert_int_equal(scoreboard_get(world->shm, 0, METRIC_SLOW_READERS), 1);
}

static void a_client_that_never_reads_is_cut_off(void **state)
{
	struct world *world = *state;
	struct stream *stream;

	open_and_stop_reading(world);
	stream = &streams_next(world->streams, NULL)->stream;
	stream_end_overdue(stream, stream->end_by - 1);
	assert_int_equal(streams_count(world->streams), 1);
	stream_end_overdue(stream, stream->end_by);
	assert_int_equal(streams_count(world->streams), 0);
}

/* Every entry is from a later lap than the head, as after a process gone wild. */
static void a_spoiled_ring_ends_the_process(void **state)
{
	struct world *world = *state;
	int status;
	pid_t pid;

	start(world, 7);
	memset(world->shm->map->entries, 0x7f, sizeof(world->shm->map->entries));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		hint_reader_poll(world->hints);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

/* Asks for the token of the stream, which must be the only question. */
static void change_tokens(struct world *world)
{
	generation_tokens_begin(world->shm);
	generation_tokens_end(world->shm);
	hint_reader_poll(world->hints);
	assert_int_equal(world->fake.count, 1);
}

/* The loop's next question, which comes with its tick. */
static void await_question(struct world *world)
{
	while (world->fake.count == 0)
		assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
}

static void a_token_that_cannot_be_checked_is_checked_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream_of(world, identity_new(&reader), true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	change_tokens(world);
	answer(&world->fake, TOKEN, RC_IO, 0);
	assert_int_equal(streams_count(world->streams), 1);
	await_question(world);
	answer(&world->fake, TOKEN, RC_NOT_FOUND, 0);
	assert_int_equal(streams_count(world->streams), 0);
}

/* The answer on its way may be from before the second change. */
static void a_token_that_changes_during_a_check_is_checked_again(void **state)
{
	struct world *world = *state;

	start(world, 7);
	open_stream_of(world, identity_new(&reader), true, 7);
	answer(&world->fake, CHANGES, RC_OK, 7);
	change_tokens(world);
	change_tokens(world);
	answer(&world->fake, TOKEN, RC_OK, 0);
	assert_int_equal(streams_count(world->streams), 1);
	await_question(world);
	answer(&world->fake, TOKEN, RC_NOT_FOUND, 0);
	assert_int_equal(streams_count(world->streams), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hints_before_the_head_are_not_lost),
		TEST(a_store_that_fails_is_reported),
		TEST(a_hint_becomes_one_event),
		TEST(a_commit_while_a_stream_opens_is_one_event),
		TEST(an_older_answer_hides_no_hint),
		TEST(hints_during_a_read_are_one_more_page),
		TEST(a_failed_read_is_tried_again),
		TEST(a_client_may_leave_before_its_answer),
		TEST(streams_go_on_in_a_new_epoch),
		TEST(streams_end_that_have_met_lost_numbers),
		TEST(numbers_begin_anew_after_a_restart),
		TEST(the_end_may_come_before_answers),
		TEST(a_client_that_does_not_read_is_told_when_it_does),
		TEST(a_client_that_never_reads_is_cut_off),
		TEST(a_spoiled_ring_ends_the_process),
		TEST(a_token_that_cannot_be_checked_is_checked_again),
		TEST(a_token_that_changes_during_a_check_is_checked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
