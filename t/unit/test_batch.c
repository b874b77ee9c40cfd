/* Which requests a batch takes of its peers: the shares of tokens and of workers. */
#include "writer/batch.h"

#include "base/array.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PEERS 3
#define ANN "00000000000000a1"
#define BOB "00000000000000b1"
#define LARGE (SHARE_TURN + 1000)

struct world {
	struct batch *batch;
	struct peer *peers[PEERS];
	int ends[PEERS];
	uint64_t tag;
	unsigned turn;
};

static int set_up(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));

	world->batch = mem_alloc(sizeof(*world->batch));
	for (size_t i = 0; i < PEERS; i++) {
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		world->peers[i] = peer_new(PEER_WORKER, fds[0]);
		world->ends[i] = fds[1];
	}
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	batch_clear(world->batch);
	for (size_t i = 0; i < PEERS; i++) {
		peer_free(world->peers[i]);
		close(world->ends[i]);
	}
	free(world->batch);
	free(world);
	return 0;
}

/* A push of one value of so many bytes arrives. Returns its tag; they count from 1. */
static uint64_t arrive(struct world *world, size_t peer, const char *token, size_t bytes)
{
	struct buf value = BUF_EMPTY;
	struct store_edit edit = { .id = slice_of("t:1"), .op = slice_of(""), .plain = true };
	const struct store_request request = {
		.kind = STORE_PUSH, .payer = slice_of(token), .edits = &edit, .edit_count = 1
	};
	struct buf *in = &world->peers[peer]->in;
	size_t begun;

	buf_put_byte(&value, '"');
	for (size_t i = 0; i < bytes; i++)
		buf_put_byte(&value, 'x');
	buf_put_byte(&value, '"');
	edit.value = buf_slice(&value);
	begun = frame_begin(in, ++world->tag);
	store_request_pack(&request, in);
	frame_end(in, begun);
	buf_free(&value);
	return world->tag;
}

static void collect(struct world *world)
{
	world->batch->takes_large = true;
	batch_collect(world->batch, world->peers, PEERS, world->turn++ % PEERS);
}

/* Large requests wait. */
static void collect_small(struct world *world)
{
	world->batch->takes_large = false;
	batch_collect(world->batch, world->peers, PEERS, world->turn++ % PEERS);
}

static void done(struct world *world)
{
	batch_clear(world->batch);
	for (size_t i = 0; i < PEERS; i++)
		peer_forget(world->peers[i]);
}

static bool has(const struct world *world, uint64_t tag)
{
	for (size_t i = 0; i < world->batch->count; i++)
		if (world->batch->origins[i].tag == tag)
			return true;
	return false;
}

static size_t waiting(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < PEERS; i++)
		count += peer_frames(world->peers[i]);
	return count;
}

/* Two tokens are about. */
static void meet(struct world *world)
{
	(void)arrive(world, 0, ANN, 1);
	(void)arrive(world, 1, BOB, 1);
	collect(world);
	assert_int_equal(world->batch->count, 2);
	done(world);
}

static void a_token_alone_fills_a_batch(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < 12; i++)
		(void)arrive(world, i % PEERS, ANN, LARGE);
	collect(world);
	assert_int_equal(world->batch->count, 12);
}

static void a_small_push_overtakes_the_large_ones_of_others(void **state)
{
	struct world *world = *state;
	uint64_t first, small;

	meet(world);
	first = arrive(world, 0, ANN, LARGE);
	for (size_t i = 1; i < 6; i++)
		(void)arrive(world, i % PEERS, ANN, LARGE);
	small = arrive(world, 0, BOB, 1);
	collect(world);
	assert_int_equal(world->batch->count, 1);
	assert_true(has(world, small));
	done(world);
	assert_int_equal(waiting(world), 6);
	/* Nobody else waits: what it has saved by now. */
	world->turn = 0;
	collect(world);
	assert_int_equal(world->batch->count, 1);
	assert_true(has(world, first));
}

/* However many small ones there are. */
static void a_large_push_has_its_turn(void **state)
{
	struct world *world = *state;
	uint64_t large;
	int batches = 0;

	meet(world);
	large = arrive(world, 0, ANN, 4 * SHARE_TURN);
	do {
		(void)arrive(world, 0, BOB, 1);
		(void)arrive(world, 1, BOB, 1);
		done(world);
		collect(world);
		batches++;
	} while (!has(world, large));
	assert_int_equal(batches, 5);
}

static void large_pushes_wait_until_they_are_due(void **state)
{
	struct world *world = *state;
	uint64_t small;

	meet(world);
	(void)arrive(world, 0, ANN, SHARE_LARGE);
	(void)arrive(world, 0, ANN, SHARE_LARGE);
	small = arrive(world, 0, BOB, 1);
	collect_small(world);
	assert_int_equal(world->batch->count, 1);
	assert_true(has(world, small) && world->batch->is_shared);
	assert_true(world->batch->has_small && !world->batch->has_large);
	done(world);
	collect_small(world);
	assert_int_equal(world->batch->count, 0);
	done(world);
	collect(world);
	assert_int_equal(world->batch->count, 2);
	assert_true(!world->batch->has_small && world->batch->has_large);
}

/* However long they wait. */
static void large_pushes_save_for_one(void **state)
{
	struct world *world = *state;

	meet(world);
	for (int i = 0; i < 10; i++)
		(void)arrive(world, 0, ANN, LARGE);
	for (int i = 0; i < 100; i++) {
		(void)arrive(world, 1, BOB, 1);
		collect_small(world);
		assert_int_equal(world->batch->count, 1);
		done(world);
	}
	collect(world);
	assert_int_equal(world->batch->count, 1);
}

static void a_token_alone_does_not_wait(void **state)
{
	struct world *world = *state;

	(void)arrive(world, 0, ANN, LARGE);
	(void)arrive(world, 1, ANN, LARGE);
	collect_small(world);
	assert_int_equal(world->batch->count, 2);
	assert_false(world->batch->is_shared);
}

static void a_large_push_that_was_taken_alone_has_used_its_share(void **state)
{
	struct world *world = *state;
	uint64_t small;

	meet(world);
	for (int i = 0; i < 7; i++) {
		(void)arrive(world, 0, ANN, 4 * SHARE_TURN - 1000);
		collect(world);
		assert_int_equal(world->batch->count, 1);
		done(world);
	}
	(void)arrive(world, 0, ANN, 4 * SHARE_TURN - 1000);
	small = arrive(world, 1, BOB, 1);
	collect(world);
	assert_int_equal(world->batch->count, 1);
	assert_true(has(world, small));
}

/* Over several workers, and of many small ones. */
static void a_token_has_one_share_of_all_peers(void **state)
{
	struct world *world = *state;
	size_t bytes = 0;
	uint64_t small;

	meet(world);
	for (size_t i = 0; i < 900; i++)
		(void)arrive(world, i % PEERS, ANN, 1000);
	small = arrive(world, 2, BOB, 1);
	collect(world);
	assert_true(has(world, small));
	for (size_t i = 0; i + 1 < world->batch->count; i++)
		bytes += 1000;
	assert_in_range(bytes, SHARE_TURN * 3 / 4, SHARE_TURN);
}

static void invented_tokens_get_the_share_of_one_worker(void **state)
{
	struct world *world = *state;
	uint64_t small;

	meet(world);
	for (unsigned i = 0; i < 40; i++) {
		char token[STORE_TOKEN_ID_LEN + 1];

		(void)snprintf(token, sizeof(token), "%016x", i);
		(void)arrive(world, 0, token, SHARE_TURN / 2);
	}
	small = arrive(world, 1, BOB, 1);
	collect(world);
	assert_true(has(world, small));
	assert_in_range(world->batch->bytes, SHARE_PEER / 2, SHARE_PEER + SHARE_TURN);
}

static void check_taken(struct world *world, size_t done_count, uint64_t last[PEERS][3],
			const unsigned char *tokens)
{
	for (size_t i = 0; i < done_count; i++) {
		const struct batch_origin *origin = &world->batch->origins[i];
		size_t peer = 0;

		while (world->peers[peer] != origin->peer)
			peer++;
		assert_true(origin->tag > last[peer][tokens[origin->tag]]);
		last[peer][tokens[origin->tag]] = origin->tag;
	}
}

/* Random arrivals, with requests that are put back, before or after the peers were
 * held: everything is taken once, and in the order of its token and peer. */
static void nothing_is_lost_or_reordered(void **state)
{
	static const char *const names[] = { ANN, BOB, "00000000000000c1" };
	static unsigned char tokens[3000];
	static struct store_reply replies[BATCH_REQUESTS];
	struct world *world = *state;
	uint64_t last[PEERS][3] = { { 0 } };
	size_t taken = 0;
	unsigned seed = 4711;

	while (taken < COUNT(tokens) - 1) {
		const bool held = rand_r(&seed) % 2;
		size_t kept;

		for (int i = rand_r(&seed) % 20; i > 0 && world->tag < COUNT(tokens) - 1; i--) {
			const unsigned token = (unsigned)rand_r(&seed) % 3;

			tokens[world->tag + 1] = (unsigned char)token;
			(void)arrive(world, (unsigned)rand_r(&seed) % PEERS, names[token],
				     rand_r(&seed) % 8 ? 10 : (size_t)rand_r(&seed) % LARGE);
		}
		(rand_r(&seed) % 4 ? collect : collect_small)(world);
		kept = world->batch->count ? 1 + (unsigned)rand_r(&seed) % world->batch->count : 0;
		for (size_t i = 0; i < world->batch->count; i++)
			replies[i].rc = i < kept ? RC_OK : RC_BUSY;
		check_taken(world, kept, last, tokens);
		taken += kept;
		if (held)
			for (size_t i = 0; i < PEERS; i++)
				peer_hold(world->peers[i]);
		batch_put_back(world->batch, replies);
		done(world);
	}
	assert_int_equal(waiting(world), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_token_alone_fills_a_batch),
		TEST(a_small_push_overtakes_the_large_ones_of_others),
		TEST(a_large_push_has_its_turn),
		TEST(large_pushes_wait_until_they_are_due),
		TEST(large_pushes_save_for_one),
		TEST(a_token_alone_does_not_wait),
		TEST(a_large_push_that_was_taken_alone_has_used_its_share),
		TEST(a_token_has_one_share_of_all_peers),
		TEST(invented_tokens_get_the_share_of_one_worker),
		TEST(nothing_is_lost_or_reordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
