/* The queue of pushes: turns of tokens, and how much of it each may fill. */
#include "worker/fair_queue.h"

#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KIB ((size_t)1 << 10)
#define MANY 64

static void add(struct fair_queue *queue, struct fair_item *item, uint64_t key, size_t bytes)
{
	assert_true(fair_queue_admits(queue, key, bytes));
	fair_queue_add(queue, item, key, bytes);
}

/* Takes and removes everything. */
static void finish(struct fair_queue *queue)
{
	struct fair_item *item;

	while ((item = fair_queue_take(queue)) != NULL)
		fair_queue_remove(queue, item);
	assert_int_equal(fair_queue_count(queue), 0);
	fair_queue_free(queue);
}

static void one_token_keeps_its_order(void **state)
{
	struct fair_queue *queue = fair_queue_new(100, 100 * KIB);
	struct fair_item items[10];

	(void)state;
	for (size_t i = 0; i < COUNT(items); i++)
		add(queue, &items[i], 1, i % 2 ? 1 : KIB);
	for (size_t i = 0; i < COUNT(items); i++)
		assert_ptr_equal(fair_queue_take(queue), &items[i]);
	assert_null(fair_queue_take(queue));
	assert_int_equal(fair_queue_count(queue), COUNT(items));
	for (size_t i = 0; i < COUNT(items); i++)
		fair_queue_remove(queue, &items[i]);
	finish(queue);
}

static void a_small_request_waits_for_one_turn(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, 1000 * FAIR_TURN);
	struct fair_item big[MANY], small;
	size_t before = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		add(queue, &big[i], 1, FAIR_TURN / 2);
	add(queue, &small, 2, 100);
	while (fair_queue_take(queue) != &small)
		before++;
	assert_true(before <= 2);
	for (size_t i = 0; i < before; i++)
		fair_queue_remove(queue, &big[i]);
	fair_queue_remove(queue, &small);
	finish(queue);
}

/* As many bytes each, whatever the size of their requests. */
static void tokens_share_by_bytes(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, 10000 * FAIR_TURN);
	struct fair_item big[MANY], small[MANY];
	size_t bytes[2] = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		add(queue, &big[i], 1, 3 * FAIR_TURN);
		add(queue, &small[i], 2, FAIR_TURN / 2);
	}
	for (size_t i = 0; i < MANY / 2; i++) {
		struct fair_item *item = fair_queue_take(queue);

		bytes[item->bytes < FAIR_TURN] += item->bytes;
		fair_queue_remove(queue, item);
	}
	assert_in_range(bytes[0], bytes[1] - 4 * FAIR_TURN, bytes[1] + 4 * FAIR_TURN);
	finish(queue);
}

static void a_token_alone_leaves_a_reserve(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, MANY * KIB);
	struct fair_item items[MANY + 1];
	size_t count = 0;

	(void)state;
	while (fair_queue_admits(queue, 1, KIB))
		add(queue, &items[count++], 1, KIB);
	assert_in_range(count, MANY * 3 / 4, MANY - 2);
	add(queue, &items[count++], 2, KIB);
	assert_false(fair_queue_admits(queue, 1, KIB));
	fair_queue_remove(queue, &items[0]);
	fair_queue_remove(queue, &items[1]);
	assert_true(fair_queue_admits(queue, 1, KIB));
	finish(queue);
}

static void there_is_room_beside_many_greedy_tokens(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, MANY * KIB);
	struct fair_item items[1000], newcomer;
	size_t count = 0;
	bool any = true;

	(void)state;
	while (any) {
		any = false;
		for (uint64_t key = 1; key <= 5; key++)
			if (fair_queue_admits(queue, key, KIB)) {
				add(queue, &items[count++], key, KIB);
				any = true;
			}
	}
	add(queue, &newcomer, 9, KIB);
	finish(queue);
}

static void the_number_is_shared_too(void **state)
{
	struct fair_queue *queue = fair_queue_new(16, MANY * KIB);
	struct fair_item items[16], newcomer;
	size_t count = 0;

	(void)state;
	while (fair_queue_admits(queue, 1, 1))
		add(queue, &items[count++], 1, 1);
	assert_in_range(count, 12, 14);
	add(queue, &newcomer, 2, 1);
	finish(queue);
}

/* As long as others are about; what a token alone may do is for throughput. */
static void no_token_is_far_ahead_of_others(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, 1000 * FAIR_AHEAD);
	struct fair_item big[MANY], small[2];
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		add(queue, &big[i], 1, FAIR_AHEAD / 4);
	for (; taken < 8; taken++)
		assert_ptr_equal(fair_queue_take(queue), &big[taken]);
	add(queue, &small[0], 2, 100);
	assert_ptr_equal(fair_queue_take(queue), &small[0]);
	assert_null(fair_queue_take(queue));
	fair_queue_remove(queue, &small[0]);
	for (size_t i = 0; i < 4; i++) {
		fair_queue_remove(queue, &big[i]);
		assert_null(fair_queue_take(queue));
	}
	fair_queue_remove(queue, &big[4]);
	assert_ptr_equal(fair_queue_take(queue), &big[taken++]);
	assert_null(fair_queue_take(queue));
	add(queue, &small[1], 3, 100);
	assert_ptr_equal(fair_queue_take(queue), &small[1]);
	fair_queue_remove(queue, &small[1]);
	for (size_t i = 5; i < taken; i++)
		fair_queue_remove(queue, &big[i]);
	finish(queue);
}

static void after_a_while_a_token_is_alone_again(void **state)
{
	struct fair_queue *queue = fair_queue_new(1000, 10 * FAIR_MEMORY);
	struct fair_item big[2], small[2];

	(void)state;
	for (uint64_t key = 1; key <= 2; key++) {
		add(queue, &small[0], key, 100);
		assert_ptr_equal(fair_queue_take(queue), &small[0]);
		fair_queue_remove(queue, &small[0]);
	}
	for (size_t bytes = 0; bytes < FAIR_MEMORY + FAIR_AHEAD; bytes += 2 * FAIR_AHEAD) {
		add(queue, &big[0], 1, 2 * FAIR_AHEAD);
		add(queue, &big[1], 1, 1);
		assert_ptr_equal(fair_queue_take(queue), &big[0]);
		if (bytes + 2 * FAIR_AHEAD < FAIR_MEMORY)
			assert_null(fair_queue_take(queue));
		fair_queue_remove(queue, &big[0]);
		fair_queue_remove(queue, &big[1]);
	}
	add(queue, &big[0], 1, 2 * FAIR_AHEAD);
	add(queue, &big[1], 1, 1);
	assert_ptr_equal(fair_queue_take(queue), &big[0]);
	assert_ptr_equal(fair_queue_take(queue), &big[1]);
	fair_queue_remove(queue, &big[0]);
	fair_queue_remove(queue, &big[1]);
	finish(queue);
}

static void small_requests_pass_a_large_one_of_another_token(void **state)
{
	struct fair_queue *queue = fair_queue_new(16, MANY * FAIR_AHEAD);
	struct fair_item large, behind, other_large, small[2];

	(void)state;
	add(queue, &large, 1, FAIR_AHEAD);
	assert_ptr_equal(fair_queue_take(queue), &large);
	add(queue, &behind, 1, 1);
	add(queue, &other_large, 2, FAIR_SMALL + 1);
	assert_null(fair_queue_take_small(queue, &large));
	add(queue, &small[0], 3, FAIR_SMALL);
	add(queue, &small[1], 4, 1);
	assert_ptr_equal(fair_queue_take_small(queue, &large), &small[0]);
	assert_ptr_equal(fair_queue_take_small(queue, &large), &small[1]);
	assert_null(fair_queue_take_small(queue, &large));
	assert_ptr_equal(fair_queue_take_small(queue, NULL), &behind);
	fair_queue_remove(queue, &large);
	fair_queue_remove(queue, &behind);
	fair_queue_remove(queue, &small[0]);
	fair_queue_remove(queue, &small[1]);
	finish(queue);
}

/* --max-body may be larger than the queue. */
static void a_very_large_request_may_wait(void **state)
{
	struct fair_queue *queue = fair_queue_new(16, MANY * KIB);
	struct fair_item large;

	(void)state;
	add(queue, &large, 1, 10 * MANY * KIB);
	assert_false(fair_queue_admits(queue, 2, 1));
	finish(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_token_keeps_its_order),
		cmocka_unit_test(a_small_request_waits_for_one_turn),
		cmocka_unit_test(tokens_share_by_bytes),
		cmocka_unit_test(a_token_alone_leaves_a_reserve),
		cmocka_unit_test(there_is_room_beside_many_greedy_tokens),
		cmocka_unit_test(the_number_is_shared_too),
		cmocka_unit_test(no_token_is_far_ahead_of_others),
		cmocka_unit_test(after_a_while_a_token_is_alone_again),
		cmocka_unit_test(small_requests_pass_a_large_one_of_another_token),
		cmocka_unit_test(a_very_large_request_may_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
