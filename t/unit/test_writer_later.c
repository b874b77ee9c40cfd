/* The writer with a store that answers later, or loses its connection, or has other
 * hosts beside it. */
#include "t/unit/store_fake.h"
#include "t/unit/writer_kit.h"

#include "base/exit.h"
#include "ipc/frame.h"
#include "shm/edition.h"
#include "shm/generation.h"
#include "writer/peer.h"

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ANSWER(code, number) \
	((struct fake_order){ .what = FAKE_ANSWER, .rc = (code), .seq = (number) })

/* A stage whose writer was told the head. */
static void later_open(struct stage *stage, uint64_t head)
{
	fake_setup();
	stage_prepare(stage);
	stage_spawn(stage, "", -1);
	fake_expect(FAKE_HEAD, NULL);
	fake_order(ANSWER(RC_OK, head));
	stage_await_ready(stage);
}

static void later_close(struct stage *stage)
{
	assert_int_equal(kill(stage->pid, SIGTERM), 0);
	fake_expect(FAKE_CANCEL, NULL);
	assert_int_equal(stage_join(stage), EXIT_SUCCESS);
	stage_free(stage);
}

static void later_commit(struct line *line, uint64_t tag, const char *id, uint64_t seq)
{
	struct fake_event event;

	line_push(line, tag, id, 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_OK, seq));
	fake_expect(FAKE_COMMITTED, &event);
	assert_string_equal(event.id, id);
	fake_expect(FAKE_MAINTAIN, NULL);
	line_expect(line, tag, 1);
}

static void expect_rc(struct line *line, uint64_t tag, enum rc rc)
{
	struct store_reply reply;

	line_receive(line, tag, &reply);
	assert_int_equal(reply.rc, rc);
	store_reply_clear(&reply);
}

static void ask_for_board(const struct line *line, uint64_t tag)
{
	struct buf out = BUF_EMPTY;
	size_t begun = frame_begin(&out, tag);

	buf_put_byte(&out, (char)CONTROL_BOARD);
	frame_end(&out, begun);
	line_send_bytes(line, buf_slice(&out));
	buf_free(&out);
}

static void expect_board(struct line *line, uint64_t tag)
{
	struct frame frame;

	while (frame_take(buf_slice(&line->in), &frame) == RC_BUSY)
		assert_true(line_fill(line));
	assert_int_equal(frame.tag, tag);
	assert_true(frame.payload.len > 1000);
	buf_drop(&line->in, frame.size);
}

/* Answers commits until so many requests are committed. */
static void later_answer(size_t left)
{
	struct fake_event event;

	for (uint64_t seq = 2; left; left -= event.count) {
		fake_expect(FAKE_COMMIT, &event);
		fake_order(ANSWER(RC_OK, seq));
		seq++;
		fake_expect(FAKE_COMMITTED, NULL);
		fake_expect(FAKE_MAINTAIN, NULL);
	}
}

static void it_serves_while_an_answer_is_outstanding(void **state)
{
	struct fake_event event;
	struct stage stage;
	struct line first, second, admin;

	(void)state;
	later_open(&stage, 0);
	first = link_open(&stage);
	line_push(&first, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, &event);
	assert_int_equal(event.count, 1);

	/* These come while the store works. */
	line_push(&first, 2, "a:22", 0, "");
	second = link_open(&stage);
	line_push(&second, 3, "b:1", 0, "");
	admin = admin_open(&stage);
	ask_for_board(&admin, 4);
	expect_board(&admin, 4);
	ask_for_board(&admin, 5);
	line_push(&admin, 6, "c:1", 0, "");
	ask_for_board(&admin, 7);
	expect_board(&admin, 5);

	fake_order(ANSWER(RC_OK, 1));
	fake_expect(FAKE_COMMITTED, &event);
	assert_string_equal(event.id, "a:1");
	fake_expect(FAKE_MAINTAIN, NULL);
	line_expect(&first, 1, 1);
	later_answer(3);
	line_expect(&first, 2, 1);
	line_expect(&second, 3, 1);
	line_expect(&admin, 6, 1);
	expect_board(&admin, 7);
	line_close(&first);
	line_close(&second);
	line_close(&admin);
	later_close(&stage);
}

static void a_peer_that_leaves_meanwhile_harms_nobody(void **state)
{
	struct stage stage;
	struct line gone, link;

	(void)state;
	later_open(&stage, 0);
	gone = link_open(&stage);
	line_push(&gone, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	line_close(&gone);
	link = admin_open(&stage);
	ask_for_board(&link, 2);
	expect_board(&link, 2);
	fake_order(ANSWER(RC_OK, 1));
	fake_expect(FAKE_COMMITTED, NULL);
	fake_expect(FAKE_MAINTAIN, NULL);
	later_commit(&link, 3, "a:2", 2);
	line_close(&link);
	later_close(&stage);
}

static void a_stop_waits_for_the_answer(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	later_open(&stage, 0);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	line_push(&link, 2, "a:2", 0, "");
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	while (scoreboard_state(stage.shm, scoreboard_writer(stage.shm)) != SLOT_DRAINING)
		(void)poll(NULL, 0, 1);
	fake_order(ANSWER(RC_OK, 1));
	fake_expect(FAKE_COMMITTED, NULL);
	fake_expect(FAKE_MAINTAIN, NULL);
	line_expect(&link, 1, 1);
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_OK, 2));
	fake_expect(FAKE_COMMITTED, NULL);
	fake_expect(FAKE_MAINTAIN, NULL);
	line_expect(&link, 2, 1);
	fake_expect(FAKE_CANCEL, NULL);
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	line_close(&link);
	stage_free(&stage);
}

static void a_stop_does_not_wait_for_ever(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	later_open(&stage, 0);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	assert_int_equal(kill(stage.pid, SIGTERM), 0);
	fake_expect(FAKE_CANCEL, NULL);
	fake_expect(FAKE_COMMITTED, NULL);
	expect_rc(&link, 1, RC_UNAVAILABLE);
	assert_int_equal(stage_join(&stage), EXIT_SUCCESS);
	line_close(&link);
	stage_free(&stage);
}

static void a_stop_before_the_head_is_known_ends_it(void **state)
{
	struct stage stage;

	(void)state;
	fake_setup();
	stage_prepare(&stage);
	stage_spawn(&stage, "", -1);
	fake_expect(FAKE_HEAD, NULL);
	later_close(&stage);
}

static void an_unknown_outcome_is_answered_and_found_out(void **state)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct stage stage;
	struct line link;

	(void)state;
	later_open(&stage, 3);
	link = link_open(&stage);
	ring_reader_start(stage.shm, &reader);
	assert_true(edition_is_accounted(stage.shm, 1));
	line_push(&link, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_UNAVAILABLE, 0));
	fake_expect(FAKE_COMMITTED, NULL);
	expect_rc(&link, 1, RC_UNAVAILABLE);
	fake_expect(FAKE_HEAD, NULL);

	/* Nothing is committed or cached until the store can be reached. */
	line_push(&link, 2, "a:2", 0, "");
	assert_false(edition_is_accounted(stage.shm, 2));
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_EMPTY);
	stage_halt(&stage);
	fake_order(ANSWER(RC_UNAVAILABLE, 0));
	stage_resume(&stage);
	expect_rc(&link, 2, RC_UNAVAILABLE);
	fake_expect(FAKE_HEAD, NULL);
	fake_order(ANSWER(RC_OK, 4));
	while (!edition_is_accounted(stage.shm, 2))
		(void)poll(NULL, 0, 1);
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_LOST);
	assert_int_equal(ring_committed(stage.shm, 0), 4);
	later_commit(&link, 3, "a:3", 5);
	stage_read_entry(&stage, &reader, &entry);
	assert_int_equal(entry.number, 5);
	line_close(&link);
	later_close(&stage);
}

static void a_failed_sync_ends_it_without_an_answer(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	later_open(&stage, 0);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_SYNC_FAILED, 0));
	fake_expect(FAKE_COMMITTED, NULL);
	assert_false(line_fill(&link));
	assert_int_equal(stage_join(&stage), EXIT_FAILURE);
	assert_false(edition_is_accounted(stage.shm, 2));
	line_close(&link);
	stage_free(&stage);
}

static void change(const char *group, uint64_t seq)
{
	struct fake_order order = { .what = FAKE_CHANGE, .seq = seq };

	(void)snprintf(order.group, sizeof(order.group), "%s", group);
	fake_order(order);
}

static void expect_change(struct stage *stage, struct ring_reader *reader, uint64_t seq)
{
	struct ring_entry entry;
	uint64_t keys = 0;

	for (int i = 0; i < 3; i++) {
		stage_read_entry(stage, reader, &entry);
		assert_int_equal(entry.number, seq);
		keys ^= entry.key;
	}
	assert_true(entry.last);
	assert_true(keys == (key_of("a") ^ key_of("a:b") ^ key_of("*")));
}

/* A stage of a shared database whose reports have begun. */
static void shared_open(struct stage *stage, uint64_t head)
{
	fake_setup_shared();
	stage_prepare(stage);
	stage_spawn(stage, "", -1);
	fake_order((struct fake_order){ .what = FAKE_BEGIN, .seq = head });
	stage_await_ready(stage);
}

static uint64_t await_tokens(const struct stage *stage, bool known)
{
	uint64_t tokens;

	while (((tokens = generation_tokens_read(stage->shm)) != GENERATION_NONE) != known)
		(void)poll(NULL, 0, 1);
	return tokens;
}

/* Workers must not trust what they remember of any token. */
static void revocations_of_other_hosts_are_announced(void **state)
{
	struct ring_reader reader;
	struct stage stage;
	uint64_t before;

	(void)state;
	shared_open(&stage, 0);
	ring_reader_start(stage.shm, &reader);
	change("a:b", 7);
	expect_change(&stage, &reader, 7);
	before = await_tokens(&stage, true);
	fake_order((struct fake_order){ .what = FAKE_TOKEN });
	change("a:b", 8);
	/* Changes are reported in order. */
	expect_change(&stage, &reader, 8);
	assert_true(await_tokens(&stage, true) != before);
	later_close(&stage);
}

static void without_reports_no_token_is_remembered(void **state)
{
	struct stage stage;
	struct line link;
	uint64_t before;

	(void)state;
	shared_open(&stage, 0);
	link = link_open(&stage);
	before = await_tokens(&stage, true);
	fake_order((struct fake_order){ .what = FAKE_LOSS });
	(void)await_tokens(&stage, false);
	line_push(&link, 1, "c:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_OK, 9));
	fake_expect(FAKE_COMMITTED, NULL);
	line_expect(&link, 1, 1);
	assert_true(generation_tokens_read(stage.shm) == GENERATION_NONE);
	change("", 0);
	assert_true(await_tokens(&stage, true) != before);
	line_close(&link);
	later_close(&stage);
}

/* As of a writer that stopped just after its beginning. */
static void a_head_is_trusted_for_a_time(void **state)
{
	struct ring_reader reader;
	struct stage stage;

	(void)state;
	fake_setup_shared();
	stage_prepare(&stage);
	stage_spawn(&stage, "", -1);
	fake_order((struct fake_order){ .what = FAKE_BEGIN, .seq = 6, .as_of = 1 });
	stage_await_ready(&stage);
	ring_reader_start(stage.shm, &reader);
	change("a:b", 7);
	expect_change(&stage, &reader, 7);
	assert_true(generation_tokens_read(stage.shm) == GENERATION_NONE);
	later_close(&stage);
}

/* Its own commits enter the ring as those of other hosts do. */
static void only_reports_enter_the_ring(void **state)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct stage stage;
	struct line link;

	(void)state;
	shared_open(&stage, 6);
	link = link_open(&stage);
	assert_int_equal(ring_committed(stage.shm, 0), 6);
	ring_reader_start(stage.shm, &reader);
	line_push(&link, 1, "c:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	change("a:b", 8);
	expect_change(&stage, &reader, 8);
	fake_order(ANSWER(RC_OK, 9));
	fake_expect(FAKE_COMMITTED, NULL);
	line_expect(&link, 1, 1);
	assert_int_equal(ring_committed(stage.shm, 0), 8);
	assert_int_equal(ring_read(stage.shm, &reader, &entry), RING_EMPTY);
	assert_false(edition_is_accounted(stage.shm, 2));
	line_close(&link);
	later_close(&stage);
}

static void a_lost_connection_to_a_shared_database_is_no_loss(void **state)
{
	struct stage stage;
	struct line link;

	(void)state;
	shared_open(&stage, 3);
	link = link_open(&stage);
	line_push(&link, 1, "a:1", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_UNAVAILABLE, 0));
	fake_expect(FAKE_COMMITTED, NULL);
	expect_rc(&link, 1, RC_UNAVAILABLE);
	line_push(&link, 2, "a:2", 0, "");
	fake_expect(FAKE_COMMIT, NULL);
	fake_order(ANSWER(RC_OK, 4));
	fake_expect(FAKE_COMMITTED, NULL);
	line_expect(&link, 2, 1);
	line_close(&link);
	later_close(&stage);
}

static void missed_commits_of_other_hosts_send_readers_to_the_database(void **state)
{
	struct ring_reader reader;
	struct ring_entry entry;
	struct stage stage;
	enum ring_read read;

	(void)state;
	shared_open(&stage, 0);
	ring_reader_start(stage.shm, &reader);
	fake_order((struct fake_order){ .what = FAKE_BEGIN, .seq = 12 });
	while (ring_committed(stage.shm, 0) < 12)
		(void)poll(NULL, 0, 1);
	do
		read = ring_read(stage.shm, &reader, &entry);
	while (read != RING_LOST);
	later_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_serves_while_an_answer_is_outstanding),
		cmocka_unit_test(a_peer_that_leaves_meanwhile_harms_nobody),
		cmocka_unit_test(a_stop_waits_for_the_answer),
		cmocka_unit_test(a_stop_does_not_wait_for_ever),
		cmocka_unit_test(a_stop_before_the_head_is_known_ends_it),
		cmocka_unit_test(an_unknown_outcome_is_answered_and_found_out),
		cmocka_unit_test(a_failed_sync_ends_it_without_an_answer),
		cmocka_unit_test(a_head_is_trusted_for_a_time),
		cmocka_unit_test(only_reports_enter_the_ring),
		cmocka_unit_test(a_lost_connection_to_a_shared_database_is_no_loss),
		cmocka_unit_test(without_reports_no_token_is_remembered),
		cmocka_unit_test(revocations_of_other_hosts_are_announced),
		cmocka_unit_test(missed_commits_of_other_hosts_send_readers_to_the_database),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
