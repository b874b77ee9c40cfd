/* Tests of worker/http/plain.c and conn_plain.c: a request has the same response,
 * whether it is read here or by evhttp. */
#include "worker/http/plain.h"

#include "http_kit.h"

#include "base/array.h"
#include "base/mem.h"
#include "worker/http/framing.h"
#include "worker/http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_BODY 300
#define LARGE ((size_t)16 << 20) /* more than the buffers of a socket hold */

/* evhttp keeps the tab: a request with this field is never plain. */
#define NOT_PLAIN "X-Way:\tevhttp\r\n"

struct world {
	struct http_kit http;
	struct bufferevent *client;
	struct buf received;
	unsigned awaited; /* responses */
	bool closed;      /* the server has closed the connection */
	unsigned served, plain;
	struct request *held; /* of a request for /hold */
};

/* ---- Server ---- */

static void put_part(struct buf *out, const char *name, const char *value)
{
	buf_put_text(out, name);
	buf_put_byte(out, '=');
	buf_put_text(out, value ? value : "(none)");
	buf_put_byte(out, '\n');
}

/* All that a handler can learn of the request. */
static void put_request(struct request *request, struct buf *out)
{
	static const char *const names[] = {
		"Host",   "Accept",        "accept-encoding", "X-List",
		"Cookie", "Authorization", "Connection",      "X-Empty"
	};
	struct slice value;
	struct error err;

	buf_put_number(out, request->method);
	put_part(out, "path", request->path);
	put_part(out, "host", request_host(request));
	put_part(out, "client", request->client_text);
	for (size_t i = 0; i < COUNT(names); i++) {
		put_part(out, names[i], request_header(request, names[i]));
		put_part(out, names[i], request_list(request, names[i]));
	}
	if (query_one(&request->query, "group", &value, &err) == RC_OK)
		buf_put_slice(out, value);
	buf_put_slice(out, request_body(request));
}

static int status_of(const struct request *request)
{
	struct slice value;
	struct error err;

	if (query_one(&request->query, "status", &value, &err) != RC_OK)
		return 200;
	return (value.data[0] - '0') * 100 + (value.data[1] - '0') * 10 + (value.data[2] - '0');
}

static void answer(struct request *request)
{
	static char large[LARGE];
	struct buf body = BUF_EMPTY;

	request_set_header(request, "X-Response", "1");
	if (strcmp(request->path, "/large") == 0) {
		request_answer_static(request, 200, slice_make(large, LARGE));
		return;
	}
	if (request->conn)
		put_request(request, &body);
	request_answer(request, status_of(request), &body);
}

static void on_request(void *arg, struct conn *conn, const struct incoming *incoming)
{
	struct world *world = arg;
	struct request *request = mem_alloc(sizeof(*request));
	struct error err;
	enum rc rc;

	world->served++;
	world->plain += incoming->plain != NULL;
	rc = request_begin(request, &world->http.options, conn, incoming, &err);
	if (rc != RC_OK) {
		request_set_header(request, "X-Response", "1");
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	} else if (strcmp(request->path, "/hold") == 0) {
		world->held = request;
		event_base_loopbreak(world->http.base);
	} else {
		answer(request);
	}
}

static void on_refused(void *arg, const struct conn_refusal *refusal, struct buf *response)
{
	(void)arg;
	buf_putf(response, "HTTP/1.1 %d %s\r\nX-Response: 1\r\n\r\n", refusal->status,
		 refusal->detail);
}

/* ---- Client ---- */

static unsigned responses(const struct world *world)
{
	static const char mark[] = "X-Response: 1\r\n";
	struct slice rest = buf_slice(&world->received);
	const char *at;
	unsigned count = 0;

	while (rest.len && (at = memmem(rest.data, rest.len, mark, sizeof(mark) - 1)) != NULL) {
		rest.len -= (size_t)(at - rest.data) + 1;
		rest.data = at + 1;
		count++;
	}
	return count;
}

static void on_received(struct bufferevent *bev, void *arg)
{
	struct world *world = arg;
	struct evbuffer *input = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(input);

	evbuffer_remove(input, buf_reserve(&world->received, len), len);
	world->received.len += len;
	if (world->awaited && responses(world) >= world->awaited)
		event_base_loopbreak(world->http.base);
}

static void on_client_event(struct bufferevent *bev, short what, void *arg)
{
	struct world *world = arg;

	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
		return;
	world->closed = true;
	event_base_loopbreak(world->http.base);
}

static void client_open(struct world *world)
{
	if (world->client)
		bufferevent_free(world->client);
	world->client = http_kit_connect(&world->http);
	buf_clear(&world->received);
	world->closed = false;
	bufferevent_setcb(world->client, on_received, NULL, on_client_event, world);
	bufferevent_enable(world->client, EV_READ | EV_WRITE);
}

static void client_send(struct world *world, struct slice bytes)
{
	evbuffer_add(bufferevent_get_output(world->client), bytes.data, bytes.len);
}

static void run(struct world *world)
{
	static const struct timeval hang = { HTTP_KIT_HANG_SECONDS, 0 };

	event_base_loopexit(world->http.base, &hang);
	(void)event_base_dispatch(world->http.base);
	assert_false(event_base_got_exit(world->http.base));
}

/* Until so many responses have come in. */
static void run_until(struct world *world, unsigned count)
{
	world->awaited = count;
	while (!world->closed && responses(world) < count)
		run(world);
	world->awaited = 0;
}

/* ---- Fixture ---- */

static int setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	struct conns_options options = { .max_connections = 8,
					 .max_body = MAX_BODY,
					 .max_in_flight = (size_t)64 << 20,
					 .on_request = on_request,
					 .on_refused = on_refused };

	options.arg = world;
	http_kit_open(&world->http, &options);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	if (world->client)
		bufferevent_free(world->client);
	http_kit_close(&world->http);
	buf_free(&world->received);
	free(world);
	return 0;
}

/* ---- Both ways ---- */

/* How many responses do the bytes have? A refused connection has one more. */
static unsigned responses_due(struct slice bytes)
{
	struct framing framing;
	unsigned due;

	framing_init(&framing, MAX_BODY);
	due = framing_feed(&framing, bytes) ? 0 : 1;
	due += framing.complete;
	framing_clear(&framing);
	return due;
}

/* The fields that are different in each response are left out. */
static void put_comparable(struct slice bytes, struct buf *out)
{
	static const char *const varying[] = { "Date: ", "X-Request-Id: ", "Request-Id: " };

	while (bytes.len) {
		const char *end = memchr(bytes.data, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.data) + 1 : bytes.len;
		struct slice line = slice_make(bytes.data, len);
		bool varies = memmem(line.data, line.len, "\"request\"", 9) != NULL;

		for (size_t i = 0; i < COUNT(varying); i++)
			varies = varies || slice_starts(line, slice_of(varying[i]));
		if (!varies)
			buf_put_slice(out, line);
		bytes = slice_make(bytes.data + len, bytes.len - len);
	}
	buf_put_byte(out, 0);
}

static void converse(struct world *world, struct slice bytes, struct buf *out)
{
	client_open(world);
	client_send(world, bytes);
	run_until(world, responses_due(bytes));
	put_comparable(buf_slice(&world->received), out);
}

/* The last chunk of a body ends as a head does. */
static bool ends_chunks(struct slice text)
{
	return text.len >= 5 && memcmp(text.data + text.len - 5, "\r\n0\r\n", 5) == 0;
}

/* The same bytes, with the field at the end of each head. */
static void put_not_plain(struct slice bytes, struct buf *out)
{
	const char *end;

	while (bytes.len && (end = memmem(bytes.data, bytes.len, "\r\n\r\n", 4)) != NULL) {
		size_t len = (size_t)(end - bytes.data) + 2;

		buf_put(out, bytes.data, len);
		if (!ends_chunks(slice_make(bytes.data, len)))
			buf_put_text(out, NOT_PLAIN);
		buf_put_text(out, "\r\n");
		bytes = slice_make(bytes.data + len + 2, bytes.len - len - 2);
	}
	buf_put_slice(out, bytes);
}

static void compare(struct world *world, struct slice bytes)
{
	struct buf other = BUF_EMPTY, one_way = BUF_EMPTY, other_way = BUF_EMPTY;
	unsigned plain;

	if (responses_due(bytes) == 0)
		return;
	converse(world, bytes, &one_way);
	put_not_plain(bytes, &other);
	plain = world->plain;
	converse(world, buf_slice(&other), &other_way);
	assert_int_equal(world->plain, plain);
	assert_string_equal(one_way.data, other_way.data);
	buf_free(&other);
	buf_free(&one_way);
	buf_free(&other_way);
}

#define HEAD(line, fields) line " HTTP/1.1\r\nHost: x\r\n" fields "\r\n"
#define POST(fields) HEAD("POST /sync", "Content-Length: 5\r\n" fields) "hello"

static const char *const plain[] = {
	HEAD("GET /", ""),
	HEAD("GET /sync?group=a", ""),
	HEAD("GET /sync?", ""),
	HEAD("GET /sync?group=a?b&c=%20", ""),
	HEAD("GET /sync?status=304", ""),
	HEAD("GET /sync?status=204", ""),
	HEAD("GET /sync?status=503", ""),
	HEAD("GET /a%20b", ""),
	HEAD("GET /a:b@c[d]", ""),
	HEAD("GET /sync?group=%zz", ""),
	HEAD("HEAD /sync", ""),
	HEAD("OPTIONS /sync", "Origin: http://a\r\n"),
	HEAD("TRACE /sync", ""),
	HEAD("GET /", "Connection: keep-alive\r\n"),
	HEAD("GET /", "Connection: Keep-Alive\r\n"),
	HEAD("GET /", "ACCEPT:  a, b \t \r\naccept: c\r\n"),
	HEAD("GET /", "X-List: a\r\nX-Empty:\r\nx-list: b\r\nX-LIST:\r\n"),
	HEAD("GET /", "X-Empty:   \r\nAuthorization: Bearer  x\r\n"),
	HEAD("GET /", "Cookie: \xc3\xa9\xff\r\nAccept-Encoding: gzip;q=0.5\r\n"),
	POST(""),
	POST("Content-Type: application/json\r\n"),
	HEAD("POST /sync", "Content-Length: 0\r\n"),
	HEAD("PUT /sync", "Content-Length: 0\r\n"),
	HEAD("PATCH /sync", "Content-Length: 3\r\n") "a\r\n",
	HEAD("DELETE /sync", "content-length: 1\r\n") "\n",
	"\r\n" HEAD("GET /", ""),
};

static const char *const other[] = {
	"GET / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	HEAD("GET http://y/sync?a", ""),
	HEAD("GET /", "Connection: close\r\n"),
	HEAD("GET /", "Connection: keep-alive, te\r\n"),
	HEAD("GET /", "Connection:\r\n"),
	HEAD("GET /", "Accept: \tb\r\n"),
	HEAD("POST /sync", "Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n0\r\n\r\n",
	HEAD("POST /sync", "Expect: 100-continue\r\nContent-Length: 1\r\n") "a",
	HEAD("GET /1", "") HEAD("GET /2", ""),
	HEAD("GET /1", "") POST("") HEAD("HEAD /2", ""),
};

static const char *const refused[] = {
	"GET / HTTP/2\r\nHost: x\r\n\r\n",
	"GET //a HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET / HTTP/1.1\r\n\r\n",
	HEAD("GET /", "A: b\r\n c\r\n"),
	HEAD("GET /", "A : b\r\n"),
	HEAD("GET /", "Content-Length: 1\r\n") "a",
	HEAD("POST /sync", "Content-Length: 301\r\n"),
	HEAD("GET /1", "") "GET  / HTTP/1.1\r\n\r\n",
};

static void compare_all(struct world *world, const char *const *cases, size_t count, bool is_plain)
{
	for (size_t i = 0; i < count; i++) {
		unsigned before = world->plain;

		compare(world, slice_of(cases[i]));
		if (world->plain != before + is_plain)
			fail_msg("read the other way: %s", cases[i]);
	}
}

/* ---- Tests ---- */

static void a_plain_request_has_the_response_that_evhttp_would_give(void **state)
{
	compare_all(*state, plain, COUNT(plain), true);
}

static void what_is_not_plain_is_left_to_evhttp(void **state)
{
	compare_all(*state, other, COUNT(other), false);
}

static void what_is_refused_is_refused_both_ways(void **state)
{
	compare_all(*state, refused, COUNT(refused), false);
}

static void the_fuzzers_requests_have_equal_responses(void **state)
{
	char path[4096], bytes[4096];
	struct dirent *entry;
	unsigned files = 0;
	DIR *dir;

	assert_non_null(getenv("FUZZ_CORPUS"));
	(void)snprintf(path, sizeof(path), "%s/request", getenv("FUZZ_CORPUS"));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		FILE *file;
		size_t len;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/request/%s", getenv("FUZZ_CORPUS"),
			       entry->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		len = fread(bytes, 1, sizeof(bytes), file);
		(void)fclose(file);
		/* The first byte is the fuzzer's own. */
		compare(*state, slice_make(bytes + 1, len - 1));
		files++;
	}
	(void)closedir(dir);
	assert_true(files >= 8);
}

static void a_request_in_pieces_is_left_to_evhttp(void **state)
{
	struct world *world = *state;
	struct slice text = slice_of(plain[1]);

	client_open(world);
	for (size_t i = 0; i + 1 < text.len; i++) {
		client_send(world, slice_make(text.data + i, 1));
		(void)event_base_loop(world->http.base, EVLOOP_NONBLOCK);
		(void)event_base_loop(world->http.base, EVLOOP_NONBLOCK);
	}
	client_send(world, slice_make(text.data + text.len - 1, 1));
	run_until(world, 1);
	assert_int_equal(world->served, 1);
	assert_int_equal(world->plain, 0);
}

static void a_connection_goes_on_after_either_way(void **state)
{
	struct world *world = *state;

	client_open(world);
	for (unsigned i = 0; i < 3; i++) {
		client_send(world, slice_of(HEAD("GET /", "")));
		run_until(world, 3 * i + 1);
		client_send(world, slice_of(HEAD("GET /", NOT_PLAIN)));
		run_until(world, 3 * i + 2);
		client_send(world, slice_of(POST("")));
		run_until(world, 3 * i + 3);
	}
	assert_false(world->closed);
	assert_int_equal(world->served, 9);
	assert_int_equal(world->plain, 6);
}

static void what_comes_while_a_request_is_answered_waits(void **state)
{
	struct world *world = *state;
	const char *first, *second;

	client_open(world);
	client_send(world, slice_of(HEAD("GET /hold", "")));
	while (world->held == NULL)
		run(world);
	client_send(world, slice_of(HEAD("GET /second", "") HEAD("GET /third", "")));
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(world->http.base, EVLOOP_NONBLOCK);
	assert_int_equal(world->served, 1);
	answer(world->held);
	run_until(world, 3);
	buf_put_byte(&world->received, 0);
	first = strstr(world->received.data, "path=/hold");
	second = strstr(world->received.data, "path=/second");
	assert_true(first && second && first < second);
	assert_non_null(strstr(second, "path=/third"));
	assert_int_equal(world->plain, 1);
}

static void a_client_that_goes_meanwhile_is_missed(void **state)
{
	struct world *world = *state;

	client_open(world);
	client_send(world, slice_of(HEAD("GET /hold", "")));
	while (world->held == NULL)
		run(world);
	bufferevent_free(world->client);
	world->client = NULL;
	while (world->held->conn)
		assert_int_equal(event_base_loop(world->http.base, EVLOOP_ONCE), 0);
	assert_null(request_header(world->held, "Host"));
	answer(world->held);
	assert_int_equal(conns_count(world->http.conns), 0);
}

static void a_response_is_sent_whole_to_a_slow_client(void **state)
{
	struct world *world = *state;

	client_open(world);
	bufferevent_disable(world->client, EV_READ);
	client_send(world, slice_of(HEAD("GET /large", "")));
	while (world->served == 0)
		assert_int_equal(event_base_loop(world->http.base, EVLOOP_ONCE), 0);
	assert_int_equal(world->plain, 1);
	bufferevent_enable(world->client, EV_READ);
	while (world->received.len < LARGE)
		assert_int_equal(event_base_loop(world->http.base, EVLOOP_ONCE), 0);
	client_send(world, slice_of(HEAD("GET /next", "")));
	run_until(world, 2);
	assert_int_equal(world->plain, 2);
}

static void the_last_response_closes_the_connection(void **state)
{
	struct world *world = *state;

	client_open(world);
	client_send(world, slice_of(HEAD("GET /hold", "")));
	while (world->held == NULL)
		run(world);
	conns_drain(world->http.conns);
	answer(world->held);
	while (!world->closed)
		run(world);
	buf_put_byte(&world->received, 0);
	assert_non_null(strstr(world->received.data, "\r\nConnection: close\r\n"));
	assert_int_equal(responses(world), 1);
	assert_int_equal(conns_count(world->http.conns), 0);
}

static void a_broken_request_behind_the_last_one_is_left_unanswered(void **state)
{
	struct world *world = *state;

	client_open(world);
	client_send(world, slice_of(HEAD("GET /hold", "")));
	while (world->held == NULL)
		run(world);
	client_send(world, slice_of("GET  / HTTP/1.1\r\n\r\n"));
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(world->http.base, EVLOOP_NONBLOCK);
	conns_drain(world->http.conns);
	answer(world->held);
	while (!world->closed)
		run(world);
	assert_int_equal(responses(world), 1);
	assert_int_equal(conns_count(world->http.conns), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_plain_request_has_the_response_that_evhttp_would_give),
		TEST(what_is_not_plain_is_left_to_evhttp),
		TEST(what_is_refused_is_refused_both_ways),
		TEST(the_fuzzers_requests_have_equal_responses),
		TEST(a_request_in_pieces_is_left_to_evhttp),
		TEST(a_connection_goes_on_after_either_way),
		TEST(what_comes_while_a_request_is_answered_waits),
		TEST(a_client_that_goes_meanwhile_is_missed),
		TEST(a_response_is_sent_whole_to_a_slow_client),
		TEST(the_last_response_closes_the_connection),
		TEST(a_broken_request_behind_the_last_one_is_left_unanswered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
