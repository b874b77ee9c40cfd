/* The strict reading of requests: what passes, what is refused, and that it does not depend on how the bytes arrive. */
#include "worker/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BODY 100

struct verdict {
	bool good;
	int status;
	const char *detail;
	unsigned requests, complete;
	bool idle;
};

/* Feeds the bytes in pieces that end at `first` and then every `step`. */
static struct verdict feed(struct slice bytes, size_t first, size_t step)
{
	struct guard guard;
	struct verdict verdict = { .good = true };
	size_t piece = first ? first : step;

	guard_init(&guard, MAX_BODY);
	while (bytes.len && verdict.good) {
		/* A copy of its own length, so that a sanitizer sees a step beyond it. */
		size_t len = piece < bytes.len ? piece : bytes.len;
		char *copy = malloc(len);

		memcpy(copy, bytes.data, len);
		verdict.good = guard_feed(&guard, slice_make(copy, len));
		free(copy);
		bytes = slice_make(bytes.data + len, bytes.len - len);
		piece = step;
	}
	verdict.status = guard.status;
	verdict.detail = guard.detail;
	verdict.requests = guard.requests;
	verdict.complete = guard.complete;
	verdict.idle = guard_is_idle(&guard);
	guard_clear(&guard);
	return verdict;
}

static void assert_same(const struct verdict *a, const struct verdict *b)
{
	assert_int_equal(a->good, b->good);
	assert_int_equal(a->status, b->status);
	if (a->status == 400)
		assert_non_null(b->detail);
	assert_int_equal(a->requests, b->requests);
	assert_int_equal(a->complete, b->complete);
}

/* Whole, byte by byte, and cut in two at every place: always the same verdict. */
static struct verdict judge(struct slice bytes)
{
	struct verdict whole = feed(bytes, 0, bytes.len ? bytes.len : 1);
	struct verdict single = feed(bytes, 0, 1);

	assert_same(&whole, &single);
	for (size_t cut = 1; cut < bytes.len && bytes.len < 2000; cut++) {
		struct verdict other = feed(bytes, cut, bytes.len);

		assert_same(&whole, &other);
	}
	return whole;
}

static void passes(const char *text, unsigned requests)
{
	struct verdict verdict = judge(slice_of(text));

	if (!verdict.good || verdict.complete != requests)
		print_error("%s\n%s\n", text, verdict.detail ? verdict.detail : "");
	assert_true(verdict.good);
	assert_int_equal(verdict.requests, requests);
	assert_int_equal(verdict.complete, requests);
	assert_true(verdict.idle);
}

static void refused(const char *text, int status, const char *detail)
{
	struct verdict verdict = judge(slice_of(text));

	if (verdict.good || verdict.status != status || strstr(verdict.detail, detail) == NULL)
		print_error("%s\n%s\n", text, verdict.detail ? verdict.detail : "passed");
	assert_false(verdict.good);
	assert_int_equal(verdict.status, status);
	assert_non_null(strstr(verdict.detail, detail));
}

#define GET "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST /sync HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void good_requests_pass(void **state)
{
	(void)state;
	passes(GET "\r\n", 1);
	passes("GET / HTTP/1.0\r\n\r\n", 1);
	passes("GET /a%20b/c?d=e&f=%00 HTTP/1.1\r\nhOST: x\r\n\r\n", 1);
	passes("GET /a/ HTTP/1.1\r\nHost:\r\n\r\n", 1);
	passes("GET /.well-known/..a/b..?x=../.. HTTP/1.1\r\nHost: x\r\n\r\n", 1);
	passes("GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", 1);
	passes(GET "X: a\tb \x80\xff\r\n\r\n", 1);
	passes(POST "Content-Length: 0\r\n\r\n", 1);
	passes(POST "Content-Length:\t5 \r\n\r\nhello", 1);
	passes(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", 1);
	passes(CHUNKED "5\r\nhello\r\n0\r\n\r\n", 1);
	passes(CHUNKED "0\r\n\r\n", 1);
	passes(CHUNKED "0000000A\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", 1);
	passes(POST "transfer-encoding:  CHUNKED \r\n\r\n0\r\n\r\n", 1);
}

static void requests_follow_each_other(void **state)
{
	(void)state;
	passes(GET "\r\n" POST "Content-Length: 2\r\n\r\nok" CHUNKED "2\r\nok\r\n0\r\n\r\n" GET "\r\n", 4);
	refused(GET "\r\nnonsense\r\n\r\n", 400, "request line");
	assert_int_equal(judge(slice_of(GET "\r\n" GET "\r\nGET //\r\n\r\n")).complete, 2);
}

static void what_frames_a_body_has_one_reading(void **state)
{
	(void)state;
	refused(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, "Content-Length is there more than once");
	refused(POST "Content-Length: 1, 1\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: +1\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: -1\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: 0x1\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: 01\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length:\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: 18446744073709551617\r\n\r\nx", 400, "Content-Length is not a number");
	refused(POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "exclude each other");
	refused(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Transfer-Encoding");
	refused(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400, "Transfer-Encoding");
	refused(POST "Transfer-Encoding: chunked, identity\r\n\r\n", 400, "Transfer-Encoding");
	refused(POST "Transfer-Encoding: \x0b"
		     "chunked\r\n\r\n",
		400, "control character");
	refused(POST "Transfer-Encoding : chunked\r\n\r\n", 400, "not a token");
	refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0");
	refused(GET "Content-Length: 1\r\n\r\nx", 400, "no body");
	refused("HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "no body");
	refused("OPTIONS / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 400, "no body");
	refused(POST "Expect: a-pony\r\n\r\n", 400, "Expect");
}

static void chunks_are_read_strictly(void **state)
{
	(void)state;
	refused(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", 400, "malformed size");
	refused(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", 400, "malformed size");
	refused(CHUNKED "5 \r\nhello\r\n0\r\n\r\n", 400, "malformed size");
	refused(CHUNKED "5;a=b\r\nhello\r\n0\r\n\r\n", 400, "malformed size");
	refused(CHUNKED "\r\nhello\r\n0\r\n\r\n", 400, "malformed size");
	refused(CHUNKED "00000000000000005\r\nhello\r\n", 400, "malformed size");
	refused(CHUNKED "5\r\nhello0\r\n\r\n", 400, "does not end");
	refused(CHUNKED "5\r\nhello\n0\r\n\r\n", 400, "does not end");
	refused(CHUNKED "0\r\nX: y\r\n\r\n", 400, "trailer");
	refused(CHUNKED "ffffffffffffffff\r\n", 413, "larger");
}

static void heads_are_read_strictly(void **state)
{
	(void)state;
	refused("GET /\r\n\r\n", 400, "request line");
	refused("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "");
	refused("G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "method");
	refused("FROB / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method");
	refused("get / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method");
	refused("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400, "version");
	refused("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400, "version");
	refused("GET / http/1.1\r\nHost: x\r\n\r\n", 400, "version");
	refused("GET / HTTP/1.1\r\n\r\n", 400, "Host is missing");
	refused("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "Host is there more than once");
	refused("GET / HTTP/1.1\nHost: x\n\n\r\n\r\n", 400, "CR LF");
	refused("GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400, "CR LF");
	refused(GET " folded\r\n\r\n", 400, "folded");
	refused(GET "nocolon\r\n\r\n", 400, "colon");
	refused(GET ": empty\r\n\r\n", 400, "not a token");
	refused(GET "X: a\x01\r\n\r\n", 400, "control character");
	refused("\r\n" GET "\r\n", 400, "request line");
	refused("\x16\x03\x01\x02", 400, "method");
	refused("AMETHODTHATISTOOLONGTOBEONE", 400, "method");
}

static void paths_have_one_spelling(void **state)
{
	(void)state;
#define PATH(p) "GET " p " HTTP/1.1\r\nHost: x\r\n\r\n"
	refused(PATH("/a//b"), 400, "empty segment");
	refused(PATH("//"), 400, "empty segment");
	refused(PATH("/%2fa"), 400, "empty segment");
	refused(PATH("/."), 400, "dot segment");
	refused(PATH("/a/.."), 400, "dot segment");
	refused(PATH("/a/../b"), 400, "dot segment");
	refused(PATH("/%2e%2E/b"), 400, "dot segment");
	refused(PATH("/a%2f..%2fb"), 400, "dot segment");
	refused(PATH("/a%00"), 400, "zero byte");
	refused(PATH("/a%"), 400, "percent escape");
	refused(PATH("/a%4"), 400, "percent escape");
	refused(PATH("/a%gg"), 400, "percent escape");
	refused(PATH("/a#b"), 400, "must be escaped");
	refused(PATH("/a\"b"), 400, "must be escaped");
	refused(PATH("/\xc3\xa9"), 400, "must be escaped");
	refused(PATH("*"), 400, "not a path");
	refused(PATH("http://x"), 400, "no path");
	refused(PATH("ftp://x/"), 400, "not a path");
#undef PATH
}

static void limits_are_exact(void **state)
{
	static const char begin[] = GET "X: ";
	char head[GUARD_HEAD_MAX + 64], body[512];
	size_t fixed = sizeof(begin) - 1 + 4;
	struct verdict verdict;

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		int len = snprintf(head, sizeof(head), "%s%0*d\r\n\r\n", begin, (int)(GUARD_HEAD_MAX - fixed + over), 0);

		assert_int_equal(len, GUARD_HEAD_MAX + over);
		verdict = judge(slice_make(head, (size_t)len));
		assert_int_equal(verdict.good, over == 0);
		/* The end must not come for the refusal to come. */
		verdict = feed(slice_make(head, GUARD_HEAD_MAX - 1 + over), 0, 100);
		assert_int_equal(verdict.good, over == 0);
		(void)snprintf(body, sizeof(body), POST "Content-Length: %zu\r\n\r\n%0*d", MAX_BODY + over, (int)(MAX_BODY + over), 0);
		assert_int_equal(judge(slice_of(body)).status, over ? 413 : 0);
		(void)snprintf(body, sizeof(body), CHUNKED "32\r\n%050d\r\n%zx\r\n%0*d\r\n0\r\n\r\n", 0, 50 + over, (int)(50 + over), 0);
		assert_int_equal(judge(slice_of(body)).status, over ? 413 : 0);
	}
}

static void a_head_request_is_known_when_it_is_refused(void **state)
{
	struct guard guard;

	(void)state;
	guard_init(&guard, MAX_BODY);
	assert_false(guard_feed(&guard, slice_of("HEAD //x HTTP/1.1\r\nHost: x\r\n\r\n")));
	assert_true(guard.is_head);
	guard_clear(&guard);
}

/* What chance makes of good requests: no verdict may depend on how the bytes arrive, and no step may leave them. */
static void mutations_have_one_verdict(void **state)
{
	static const char *const seeds[] = { GET "\r\n" GET "\r\n", CHUNKED "5\r\nhello\r\n0\r\n\r\n" GET "\r\n",
					     POST "Content-Length: 5\r\n\r\nhello" GET "\r\n" };
	static const char odd[] = "\r\n :;,0159afx%/.\t\x01";
	unsigned random = 1;

	(void)state;
	for (unsigned n = 0; n < 3000; n++) {
		char text[256];
		size_t len = strlen(seeds[n % 3]);
		struct verdict whole, single;

		memcpy(text, seeds[n % 3], len);
		for (unsigned change = 0; change <= n % 4; change++) {
			random = random * 1103515245 + 12345;
			text[(random >> 16) % len] = odd[(random >> 8) % (sizeof(odd) - 1)];
		}
		whole = feed(slice_make(text, len), 0, len);
		single = feed(slice_make(text, len), 0, 1);
		assert_same(&whole, &single);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_requests_pass),
		cmocka_unit_test(requests_follow_each_other),
		cmocka_unit_test(what_frames_a_body_has_one_reading),
		cmocka_unit_test(chunks_are_read_strictly),
		cmocka_unit_test(heads_are_read_strictly),
		cmocka_unit_test(paths_have_one_spelling),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(a_head_request_is_known_when_it_is_refused),
		cmocka_unit_test(mutations_have_one_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
