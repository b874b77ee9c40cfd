/* Tests of worker/writer_link.c against a socket: that replies with large documents
 * come in within few turns of the loop, as all behind them wait for them. */
#include "ipc/frame.h"
#include "shm/shm.h"
#include "worker/writer_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID "todos:1"
#define LARGE ((size_t)100 << 10) /* of a value; its reply fits into a socket */
#define FEW 5

struct kit {
	struct shm *shm;
	struct worker worker;
	struct writer_link *link;
	int writer;
	int answered;
};

static int kit_begin(void **state)
{
	struct kit *kit = calloc(1, sizeof(*kit));
	int pair[2];

	assert_non_null(kit);
	assert_int_equal(shm_new(1, &kit->shm), RC_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	kit->worker.base = event_base_new();
	kit->worker.counters.shm = kit->shm;
	kit->link = writer_link_new(&kit->worker);
	writer_link_attach(kit->link, pair[0]);
	kit->writer = pair[1];
	*state = kit;
	return 0;
}

static int kit_end(void **state)
{
	struct kit *kit = *state;

	writer_link_free(kit->link);
	event_base_free(kit->worker.base);
	shm_free(kit->shm);
	(void)close(kit->writer);
	free(kit);
	return 0;
}

static void on_reply(void *arg, enum rc rc, const struct store_reply *reply)
{
	struct kit *kit = arg;

	assert_int_equal(rc, RC_OK);
	assert_int_equal(reply->result_count, 1);
	kit->answered++;
}

/* EVLOOP_NONBLOCK alone goes on as long as anything is ready. */
static void turn(struct kit *kit, int turns)
{
	for (int i = 0; i < turns; i++)
		event_base_loop(kit->worker.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* Pushes a small document; the tag of the request. */
static uint64_t push(struct kit *kit)
{
	struct store_edit edit = { .id = slice_of(ID), .value = slice_of("1") };
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &edit,
					       .edit_count = 1 };
	char bytes[4096];
	struct frame frame;
	ssize_t got;

	assert_int_equal(writer_link_commit(kit->link, 1, &request, on_reply, kit), RC_OK);
	turn(kit, 1);
	got = recv(kit->writer, bytes, sizeof(bytes), MSG_DONTWAIT);
	assert_true(got > 0);
	assert_int_equal(frame_take(slice_make(bytes, (size_t)got), &frame), RC_OK);
	return frame.tag;
}

/* A conflict with a value of `len` bytes. */
static void answer(const struct kit *kit, uint64_t tag, size_t len)
{
	char *value = malloc(len);
	struct store_result result = { .status = STORE_CONFLICT, .version = 1 };
	const struct store_reply reply = { .kind = STORE_PUSH,
					   .results = &result,
					   .result_count = 1 };
	struct buf bytes = BUF_EMPTY;
	size_t begun = frame_begin(&bytes, tag);

	assert_non_null(value);
	memset(value, 'x', len);
	value[0] = value[len - 1] = '"';
	result.value = slice_make(value, len);
	store_reply_pack(&reply, &bytes);
	frame_end(&bytes, begun);
	assert_int_equal(send(kit->writer, bytes.data, bytes.len, MSG_DONTWAIT), bytes.len);
	buf_free(&bytes);
	free(value);
}

static void a_reply_comes_whole(void **state)
{
	struct kit *kit = *state;

	answer(kit, push(kit), 2);
	turn(kit, FEW);
	assert_int_equal(kit->answered, 1);
}

static void a_large_reply_takes_few_turns(void **state)
{
	struct kit *kit = *state;
	uint64_t large = push(kit), small = push(kit);

	answer(kit, large, LARGE);
	answer(kit, small, 2);
	turn(kit, FEW);
	assert_int_equal(kit->answered, 2);
}

/* A reply whose end comes later, beside the next one. */
static void parts_of_replies_are_joined(void **state)
{
	struct kit *kit = *state;

	for (size_t len = 4000; len < 4200; len++) {
		uint64_t first = push(kit), second = push(kit);

		kit->answered = 0;
		answer(kit, first, len);
		answer(kit, second, 2);
		turn(kit, FEW);
		assert_int_equal(kit->answered, 2);
	}
}

static void the_end_of_the_writer_is_noticed(void **state)
{
	struct kit *kit = *state;

	answer(kit, push(kit), LARGE);
	assert_int_equal(shutdown(kit->writer, SHUT_RDWR), 0);
	turn(kit, FEW);
	assert_int_equal(kit->answered, 1);
	assert_int_equal(writer_link_admits(kit->link, 1, 1), RC_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_reply_comes_whole, kit_begin, kit_end),
		cmocka_unit_test_setup_teardown(a_large_reply_takes_few_turns, kit_begin, kit_end),
		cmocka_unit_test_setup_teardown(parts_of_replies_are_joined, kit_begin, kit_end),
		cmocka_unit_test_setup_teardown(the_end_of_the_writer_is_noticed, kit_begin,
						kit_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
