/* Tests of worker/http/body_reader.c through worker/http/conns.c, with clients in the
 * same event loop. */
#include "worker/http/body_reader.h"

#include "http_kit.h"

#include "base/array.h"
#include "base/mem.h"
#include "worker/http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/buffer.h>
#include <unistd.h>

#define CLIENTS_MAX 40
#define SERVED_MAX 200

struct world {
	struct http_kit http;
	struct bufferevent *clients[CLIENTS_MAX];
	size_t client_count;
	/* What was served, in order. */
	struct {
		int client; /* its number, which is its path */
		size_t bytes;
	} served[SERVED_MAX];
	size_t served_count, until;
	bool spoiled; /* a body was not what its client sent */
	void (*on_served)(struct world *world, int client);
};

/* ---- Server ---- */

static char letter(size_t at)
{
	return (char)('a' + at % 23);
}

static void on_request(void *arg, struct conn *conn, const struct incoming *incoming)
{
	struct world *world = arg;
	struct request *request = mem_alloc(sizeof(*request));
	struct slice body;
	struct error err;
	int client;

	assert_int_equal(request_begin(request, &world->http.options, conn, incoming, &err), RC_OK);
	body = request_body(request);
	client = atoi(request->path + 1);
	for (size_t i = 0; i < body.len; i++)
		world->spoiled = world->spoiled || body.data[i] != letter(i);
	assert_true(world->served_count < SERVED_MAX);
	world->served[world->served_count].client = client;
	world->served[world->served_count++].bytes = body.len;
	if (world->on_served)
		world->on_served(world, client);
	request_answer_static(request, 200, slice_make("", 0));
	if (world->served_count == world->until)
		event_base_loopbreak(world->http.base);
}

static void on_refused(void *arg, const struct conn_refusal *refusal, struct buf *response)
{
	(void)arg;
	(void)response;
	fail_msg("refused: %s", refusal->detail);
}

/* The field Share says whose the request is. */
static void on_head(void *arg, const struct conn_head *head, struct conn_verdict *verdict)
{
	const char *share = memmem(head->text.data, head->text.len, "Share: ", 7);

	(void)arg;
	verdict->vouched = true;
	verdict->share = share ? (uint64_t)atoi(share + 7) : 0;
}

/* ---- Fixture ---- */

static int setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	struct conns_options options = { .max_connections = CLIENTS_MAX,
					 .max_body = (size_t)1 << 20,
					 .max_in_flight = (size_t)64 << 20,
					 .on_request = on_request,
					 .on_refused = on_refused,
					 .on_head = on_head };

	options.arg = world;
	http_kit_open(&world->http, &options);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < world->client_count; i++)
		if (world->clients[i])
			bufferevent_free(world->clients[i]);
	http_kit_close(&world->http);
	free(world);
	return 0;
}

/* ---- Clients ---- */

static int client_new(struct world *world)
{
	struct bufferevent *bev = http_kit_connect(&world->http);

	assert_true(world->client_count < CLIENTS_MAX);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	/* As much as the socket takes: the server's turns are to be what counts. */
	bufferevent_set_max_single_write(bev, (size_t)1 << 20);
	world->clients[world->client_count] = bev;
	return (int)world->client_count++;
}

static void client_get(struct world *world, int client)
{
	evbuffer_add_printf(bufferevent_get_output(world->clients[client]),
			    "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", client);
}

static void client_head(struct world *world, int client, int share, size_t len)
{
	evbuffer_add_printf(
		bufferevent_get_output(world->clients[client]),
		"POST /%d HTTP/1.1\r\nHost: x\r\nShare: %d\r\nContent-Length: %zu\r\n\r\n", client,
		share, len);
}

/* Sends bytes `from` to `to` of a body. */
static void client_send(struct world *world, int client, size_t from, size_t to)
{
	struct evbuffer *out = bufferevent_get_output(world->clients[client]);

	for (size_t i = from; i < to; i++) {
		char byte = letter(i);

		(void)evbuffer_add(out, &byte, 1);
	}
}

static void client_post(struct world *world, int client, int share, size_t len)
{
	client_head(world, client, share, len);
	client_send(world, client, 0, len);
}

/* Runs the loop until so many requests were served in all. */
static void run_until(struct world *world, size_t served)
{
	static const struct timeval hang = { HTTP_KIT_HANG_SECONDS, 0 };

	world->until = served;
	if (world->served_count >= served)
		return;
	event_base_loopexit(world->http.base, &hang);
	(void)event_base_dispatch(world->http.base);
	assert_int_equal(world->served_count, served);
}

/* ---- Tests ---- */

static void bodies_of_all_sizes_arrive_as_they_were_sent(void **state)
{
	static const size_t sizes[] = { 1,     4095,  4096,   4097,   8192,   65535,
					65536, 65537, 131072, 262143, 262145, (size_t)1 << 20 };
	struct world *world = *state;
	int one = client_new(world), other = client_new(world);

	for (size_t i = 0; i < COUNT(sizes); i++) {
		client_post(world, one, 1, sizes[i]);
		client_post(world, other, 2, sizes[COUNT(sizes) - 1 - i]);
		run_until(world, 2 * (i + 1));
		assert_false(world->spoiled);
		assert_int_equal(world->served[2 * i].bytes + world->served[2 * i + 1].bytes,
				 sizes[i] + sizes[COUNT(sizes) - 1 - i]);
	}
}

static void a_body_in_pieces_is_put_together(void **state)
{
	struct world *world = *state;
	int client = client_new(world), clock = client_new(world);
	static const size_t ends[] = { 0, 1, 4096, 5000, 70000, 199999, 200000 };

	client_head(world, client, 1, 200000);
	for (size_t i = 1; i < COUNT(ends); i++) {
		client_send(world, client, ends[i - 1], ends[i]);
		/* What was sent has come in by the time that another is served. */
		if (i + 1 < COUNT(ends)) {
			client_get(world, clock);
			run_until(world, i);
		}
	}
	run_until(world, COUNT(ends) - 1);
	assert_int_equal(world->served[COUNT(ends) - 2].bytes, 200000);
	assert_false(world->spoiled);
}

static void requests_in_one_piece_stay_apart(void **state)
{
	struct world *world = *state;
	int client = client_new(world);

	for (int i = 0; i < 4; i++) {
		client_post(world, client, 1, 300000);
		client_get(world, client);
		client_post(world, client, 1, 10);
	}
	run_until(world, 12);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(world->served[i].bytes, i % 3 == 0 ? 300000 : i % 3 == 1 ? 0 : 10);
	assert_false(world->spoiled);
}

static void a_client_that_leaves_takes_its_body_along(void **state)
{
	struct world *world = *state;
	int client = client_new(world), other = client_new(world);

	client_head(world, client, 1, 500000);
	client_send(world, client, 0, 100000);
	client_get(world, other);
	run_until(world, 1);
	bufferevent_free(world->clients[client]);
	world->clients[client] = NULL;
	while (conns_count(world->http.conns) > 1)
		(void)event_base_loop(world->http.base, EVLOOP_ONCE);
	client_post(world, other, 1, 100000);
	run_until(world, 2);
	assert_int_equal(world->served[1].client, other);
}

static void the_end_comes_while_bodies_arrive(void **state)
{
	struct world *world = *state;
	int client = client_new(world), other = client_new(world);

	client_head(world, client, 1, 500000);
	client_send(world, client, 0, 100000);
	client_get(world, other);
	run_until(world, 1);
}

/* Of the requests served, those of one share before the first of the client. */
static size_t served_before(const struct world *world, int client)
{
	size_t count = 0;

	while (count < world->served_count && world->served[count].client != client)
		count++;
	return count;
}

static void a_share_with_many_bodies_does_not_delay_another(void **state)
{
	enum { MANY = 24, BYTES = 200000 };
	struct world *world = *state;
	int one;

	for (int i = 0; i < MANY; i++)
		client_post(world, client_new(world), 1, BYTES);
	one = client_new(world);
	client_post(world, one, 2, 2 * BYTES);
	run_until(world, MANY + 1);
	assert_false(world->spoiled);
	/* Read and handed over in the same number of bytes as two of theirs, in
	 * turns. */
	assert_in_range(served_before(world, one), 0, 8);
}

/* ---- A small request beside them ---- */

static int small;

static void on_first_served(struct world *world, int client)
{
	(void)client;
	world->on_served = NULL;
	client_get(world, small);
}

static void a_small_request_waits_for_few_large_ones(void **state)
{
	enum { MANY = 24, BYTES = 200000 };
	struct world *world = *state;
	size_t before;

	small = client_new(world);
	for (int i = 0; i < MANY; i++)
		client_post(world, client_new(world), 1, BYTES);
	world->on_served = on_first_served;
	run_until(world, MANY + 1);
	before = served_before(world, small);
	/* After the first one: its own way to the server takes turns of the loop too,
	 * in each of which one may be handed over. */
	assert_in_range(before, 1, 8);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(bodies_of_all_sizes_arrive_as_they_were_sent),
		WORLD_TEST(a_body_in_pieces_is_put_together),
		WORLD_TEST(requests_in_one_piece_stay_apart),
		WORLD_TEST(a_client_that_leaves_takes_its_body_along),
		WORLD_TEST(the_end_comes_while_bodies_arrive),
		WORLD_TEST(a_share_with_many_bodies_does_not_delay_another),
		WORLD_TEST(a_small_request_waits_for_few_large_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
