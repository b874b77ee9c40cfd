/* Tests of worker/http/framing.c beside evhttp: every request that evhttp sees is one
 * that framing has passed whole, and every one that framing has passed is one for
 * evhttp. */
#include "t/unit/framing_kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Longer than any step takes, unless it hangs. */
#define HANG_SECONDS 60

struct bench {
	struct event_base *base;
	struct evhttp *http;
	uint16_t port;
	struct bufferevent *bev; /* of the connection */
	struct framing framing;
	size_t fed; /* bytes that came in */
	unsigned served;
	bool last;   /* the request that came last may end the connection */
	bool closed; /* evhttp has freed it */
	bool beyond; /* it has handed over what framing did not pass */
	struct buf bodies;
	struct buf answers;
};

/* ---- The server, as worker/http/conn.c makes it ---- */

static void drop_when_refused(struct bench *bench, struct evbuffer *input)
{
	if (bench->framing.state == FRAMING_REFUSED && bench->framing.complete == bench->served)
		evbuffer_drain(input, evbuffer_get_length(input));
}

static void skip_blank(struct evbuffer *input)
{
	char start[2];

	if (evbuffer_copyout(input, start, 2) == 2 && memcmp(start, "\r\n", 2) == 0)
		evbuffer_drain(input, 2);
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct bench *bench = arg;
	size_t from = evbuffer_get_length(input) - info->n_added;
	bool is_new =
		bench->framing.requests == bench->served && framing_awaits_line(&bench->framing);
	char *all;

	if (info->n_added == 0)
		return;
	all = (char *)evbuffer_pullup(input, -1);
	bench->fed += info->n_added;
	(void)framing_feed(&bench->framing, slice_make(all + from, info->n_added));
	if (is_new)
		skip_blank(input);
	drop_when_refused(bench, input);
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct bench *bench = arg;

	bench->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	evbuffer_add_cb(bufferevent_get_input(bench->bev), on_input, bench);
	return bench->bev;
}

static void on_closed(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	((struct bench *)arg)->closed = true;
}

static void on_answered(struct evhttp_request *request, void *arg)
{
	struct bench *bench = arg;

	(void)request;
	bench->served++;
	skip_blank(bufferevent_get_input(bench->bev));
	drop_when_refused(bench, bufferevent_get_input(bench->bev));
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct bench *bench = arg;
	struct evbuffer *body = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(body);

	if (bench->served >= bench->framing.complete)
		bench->beyond = true;
	bench->last =
		request->minor == 0 || evhttp_request_get_uri(request)[0] != '/' ||
		evhttp_find_header(evhttp_request_get_input_headers(request), "Connection") != NULL;
	buf_putf(&bench->bodies, "[");
	if (len)
		buf_put(&bench->bodies, evbuffer_pullup(body, -1), len);
	buf_putf(&bench->bodies, "]");
	evhttp_request_set_on_complete_cb(request, on_answered, bench);
	evhttp_send_reply(request, 200, "OK", NULL);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	bench->base = event_base_new();
	bench->http = evhttp_new(bench->base);
	evhttp_set_gencb(bench->http, on_request, bench);
	evhttp_set_bevcb(bench->http, on_connection, bench);
	evhttp_set_allowed_methods(bench->http, UINT16_MAX);
	evhttp_set_max_headers_size(bench->http, 2 * FRAMING_HEAD_MAX);
	evhttp_set_max_body_size(bench->http, MAX_BODY);
	bound = evhttp_bind_socket_with_handle(bench->http, "127.0.0.1", 0);
	assert_non_null(bound);
	assert_int_equal(
		getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len),
		0);
	bench->port = ntohs(address.sin_port);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	alarm(0);
	evhttp_free(bench->http);
	event_base_free(bench->base);
	buf_free(&bench->bodies);
	buf_free(&bench->answers);
	free(bench);
	return 0;
}

/* ---- The client ---- */

static int dial(struct bench *bench)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(bench->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	void *connection;

	bench->bev = NULL;
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	while (bench->bev == NULL)
		event_base_loop(bench->base, EVLOOP_ONCE);
	bufferevent_getcb(bench->bev, NULL, NULL, NULL, &connection);
	evhttp_connection_set_closecb(connection, on_closed, bench);
	return fd;
}

/* One turn of the loop. False once evhttp has closed the connection. */
static bool turn(struct bench *bench, int fd)
{
	ssize_t got;

	event_base_loop(bench->base, EVLOOP_NONBLOCK);
	got = recv(fd, buf_reserve(&bench->answers, 4096), 4096, MSG_DONTWAIT);
	if (got > 0)
		bench->answers.len += (size_t)got;
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Sends the bytes in two parts, lets evhttp answer the requests that framing counts,
 * and gives it one turn more. Returns whether the connection was still open then. */
static bool run(struct bench *bench, struct slice bytes, size_t split, unsigned expected)
{
	const size_t parts[2] = { split, bytes.len };
	bool open = true;
	int fd;

	alarm(HANG_SECONDS);
	framing_init(&bench->framing, MAX_BODY);
	bench->fed = bench->served = 0;
	bench->last = bench->closed = bench->beyond = false;
	buf_clear(&bench->bodies);
	buf_clear(&bench->answers);
	fd = dial(bench);
	for (size_t i = 0, from = 0; i < 2 && open; from = parts[i++]) {
		(void)!send(fd, bytes.data + from, parts[i] - from, MSG_NOSIGNAL);
		while (open && bench->fed < parts[i])
			open = turn(bench, fd);
	}
	while (open && bench->served < expected)
		open = turn(bench, fd);
	open = open && turn(bench, fd);
	buf_put_byte(&bench->answers, 0);
	close(fd);
	while (!bench->closed)
		event_base_loop(bench->base, EVLOOP_ONCE);
	framing_clear(&bench->framing);
	return open;
}

/* ---- Both together ---- */

/* Nothing but 200 and 100 Continue: requests that evhttp would refuse, framing must
 * refuse first. */
static bool all_is_well(const char *answers)
{
	for (const char *at = strstr(answers, "HTTP/1."); at; at = strstr(at + 1, "HTTP/1."))
		if (strncmp(at + 9, "200", 3) != 0 && strncmp(at + 9, "100", 3) != 0)
			return false;
	return true;
}

static void check_agreement(struct bench *bench, struct slice bytes, size_t split)
{
	struct framing framing;
	bool open;

	framing_init(&framing, MAX_BODY);
	(void)framing_feed(&framing, bytes);
	open = run(bench, bytes, split, framing.complete);
	framing_clear(&framing);
	if (bench->beyond || !all_is_well(bench->answers.data) || (!open && !bench->last) ||
	    (open && bench->served != framing.complete)) {
		print_bytes(bytes);
		fail_msg("split at %zu: framing passed %u requests, evhttp served %u%s; %s, and "
			 "answered\n%s",
			 split, framing.complete, bench->served, bench->beyond ? " of its own" : "",
			 open ? "it kept the connection" : "it closed the connection",
			 bench->answers.data);
	}
}

static void the_seeds_are_served(void **state)
{
	for (size_t i = 0; i < seed_count; i++) {
		check_agreement(*state, seeds[i], 0);
		assert_int_equal(((struct bench *)*state)->served, 1);
	}
}

static const struct {
	struct slice bytes;
	const char *bodies;
} bodied[] = {
	{ BYTES("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / "
		"HTTP/1.1\r\nHost: x\r\n\r\n"),
	  "[abc][]" },
	{ BYTES("DELETE /a HTTP/1.1\r\nHost: x\r\nContent-Length:\t3\t\r\n\r\n\r\n\r"),
	  "[\r\n\r]" },
	{ BYTES("PATCH /a HTTP/1.1\r\nHost: x\r\ntransfer-encoding:CHUNKED "
		"\t\r\n\r\n2\r\n\r\n\r\n000A\r\n0123456789\r\n00\r\n\r\n"),
	  "[\r\n0123456789]" },
	{ BYTES("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		"3\r\n\r\nabc"),
	  "[abc]" },
};

static void bodies_are_the_same_for_both(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT(bodied); i++) {
		for (size_t split = 0; split < bodied[i].bytes.len; split++) {
			check_agreement(bench, bodied[i].bytes, split);
			buf_put_byte(&bench->bodies, 0);
			assert_string_equal(bench->bodies.data, bodied[i].bodies);
		}
	}
}

/* Refused bytes must not have reached evhttp, however they were cut. */
static const struct slice attacks[] = {
	BYTES("GET / HTTP/1.1\nHost: x\n\n"),
	BYTES("GET / HTTP/1.1\r\nHost: x\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: x\r\n\n"),
	BYTES("GET /a/../b HTTP/1.1\n\n"),
	BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
	      "chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"),
	BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
	      "chunked\r\n\r\n3\r\nabc\n0\r\n\r\n"),
	BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\n\n"),
	BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n"),
	BYTES("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: "
	      "y\r\n\r\n"),
	BYTES("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET / HTTP/1.1\r\nHost: "
	      "evil\r\n\r\n"),
	BYTES("GET http://[:::]/ HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET http://x:99999/ HTTP/1.1\r\nHost: x\r\n\r\n"),
	BYTES("GET / HTTP/9.9\r\nHost: x\r\n\r\n"),
	BYTES("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"),
};

static void attacks_do_not_come_through(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT(attacks); i++) {
		for (size_t split = 0; split < attacks[i].len; split++) {
			check_agreement(bench, attacks[i], split);
			assert_int_equal(bench->served, 0);
			assert_int_equal(bench->answers.len, 1);
		}
	}
}

/* With a request in front that is being answered while they arrive. */
static void nor_do_they_behind_another_request(void **state)
{
	struct bench *bench = *state;
	struct buf bytes = BUF_EMPTY;

	for (size_t i = 0; i < COUNT(attacks); i++) {
		buf_clear(&bytes);
		buf_put_slice(&bytes, seeds[0]);
		buf_put_slice(&bytes, attacks[i]);
		for (size_t split = 0; split < bytes.len; split += 7) {
			check_agreement(bench, buf_slice(&bytes), split);
			assert_int_equal(bench->served, 1);
		}
	}
	buf_free(&bytes);
}

static void random_bytes_have_one_reading(void **state)
{
	struct dice dice = { from_environment("FRAMING_SEED", 20260101) };
	size_t rounds = (size_t)from_environment("FRAMING_ROUNDS", 3000);
	struct buf bytes = BUF_EMPTY;

	for (size_t i = 0; i < rounds; i++) {
		compose(&dice, &bytes);
		check_agreement(*state, buf_slice(&bytes), roll(&dice, bytes.len + 1));
	}
	buf_free(&bytes);
}

#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(the_seeds_are_served),
		BENCH_TEST(bodies_are_the_same_for_both),
		BENCH_TEST(attacks_do_not_come_through),
		BENCH_TEST(nor_do_they_behind_another_request),
		BENCH_TEST(random_bytes_have_one_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
