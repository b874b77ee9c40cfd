/* Tests of worker/http/framing.c and head.c: refused requests, with status and
 * reason. */
#include "t/unit/framing_kit.h"

#define NO_METHOD "the request line does not begin with a method"
#define NO_LINE_END "a line of the head does not end in CR LF"
#define NOT_THREE "the request line is not METHOD TARGET VERSION"
#define BAD_VERSION "the version is not HTTP/1.0 or HTTP/1.1"
#define BAD_TARGET "the request target has a character that must be escaped"
#define BAD_NAME "a header field's name is not a token"
#define BAD_VALUE "a header field's value has a control character"
#define BAD_LENGTH "Content-Length is not a number"
#define BAD_CODING "Transfer-Encoding is something else than chunked"
#define BAD_SIZE "a chunk of the body has a malformed size"
#define BAD_CHUNK "a chunk of the body is longer than its size"
#define TRAILER "trailer fields are not accepted"
#define TOO_LARGE "the body is larger than this server accepts"

#define TARGET(target) BYTES("GET " target " HTTP/1.1\r\nHost: x\r\n\r\n")
#define HOST(host) BYTES("GET / HTTP/1.1\r\nHost: " host "\r\n\r\n")
#define FIELD(field) BYTES(GET field "\r\n\r\n")
#define LENGTH(value) BYTES(POST "Content-Length:" value "\r\n\r\nhello")
#define CODING(value) BYTES(POST "Transfer-Encoding:" value "\r\n\r\n0\r\n\r\n")

static const struct refusal {
	struct slice bytes;
	int status;
	const char *detail;
} bad_lines[] = {
	/* No HTTP at all is noticed at once. */
	{ BYTES("\r\n\r\n" GET "\r\n"), 400, NO_METHOD },
	{ BYTES("\n" GET "\r\n"), 400, NO_METHOD },
	{ BYTES("\r" GET "\r\n"), 400, NO_METHOD },
	{ BYTES("\n" GET "\r\n"), 400, NO_METHOD },
	{ BYTES(" " GET "\r\n"), 400, NO_METHOD },
	{ BYTES("\0"), 400, NO_METHOD },
	{ BYTES("\x16\x03\x01\x02\x00\x01"), 400, NO_METHOD },
	{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400, BAD_VERSION },
	{ BYTES("GE\xffT"), 400, NO_METHOD },
	{ BYTES("GET(/ HTTP/1.1\r\n"), 400, NO_METHOD },
	{ BYTES("GET\t/ HTTP/1.1\r\n"), 400, NO_METHOD },
	{ BYTES("GET\r\n"), 400, NO_METHOD },
	{ BYTES("{\"docs\":[]}"), 400, NO_METHOD },
	{ BYTES("ABCDEFGHIJKLMNOPQ"), 400, NO_METHOD },
	{ BYTES("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: x\r\n\r\n"), 400, NO_METHOD },
	/* Request lines. */
	{ BYTES("GET /\r\n"), 400, NOT_THREE },
	{ BYTES("GET \r\n"), 400, NOT_THREE },
	{ BYTES("GET  HTTP/1.1\r\n"), 400, BAD_TARGET },
	{ BYTES("GET  / HTTP/1.1\r\n"), 400, BAD_TARGET },
	{ BYTES("GET /  HTTP/1.1\r\n"), 400, BAD_TARGET },
	{ BYTES("GET / HTTP/1.1 \r\n"), 400, BAD_VERSION },
	{ BYTES("GET / a HTTP/1.1\r\n"), 400, BAD_TARGET },
	{ BYTES("GET / HTTP/1.2\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/0.9\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/2.0\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/1\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/01.1\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/1.10\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / http/1.1\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / HTTP/1.1\0\r\n"), 400, BAD_VERSION },
	{ BYTES("GET / ICY\r\n"), 400, BAD_VERSION },
	/* Methods have one spelling. */
	{ BYTES("get / HTTP/1.1\r\n"), 405, "this method is not known here" },
	{ BYTES("CONNECT x:80 HTTP/1.1\r\n"), 405, "this method is not known here" },
	{ BYTES("PROPFIND / HTTP/1.1\r\n"), 405, "this method is not known here" },
	{ BYTES("GETT / HTTP/1.1\r\n"), 405, "this method is not known here" },
	/* Line ends. */
	{ BYTES("GET / HTTP/1.1\n"), 400, NO_LINE_END },
	{ BYTES("BREW / HTTP/1.1\n"), 400, NO_LINE_END },
	{ BYTES("GET / HTTP/1.1\r\nHost: x\n"), 400, NO_LINE_END },
	{ BYTES(GET "\n"), 400, NO_LINE_END },
	{ BYTES(GET "\r\r\n"), 400, NO_LINE_END },
	{ BYTES(GET "A: b\rC: d\r\n"), 400, NO_LINE_END },
	{ BYTES(GET "A: b\r\r\n"), 400, NO_LINE_END },
	{ BYTES(GET "A: b\n\r\n"), 400, NO_LINE_END },
	{ BYTES("GET / HTTP/1.1\rHost: x\r\n"), 400, NO_LINE_END },
	{ BYTES("GET /\r HTTP/1.1\r\n"), 400, NO_LINE_END },
};

static const struct refusal bad_targets[] = {
	{ TARGET("a"), 400, "the request target is not a path" },
	{ TARGET("*"), 400, "the request target is not a path" },
	{ TARGET("?a"), 400, "the request target is not a path" },
	{ TARGET("x:80"), 400, "the request target is not a path" },
	{ TARGET("%2f"), 400, "the request target is not a path" },
	{ TARGET("ftp://x/"), 400, "the request target is not a path" },
	{ TARGET("http:/x/"), 400, "the request target is not a path" },
	{ TARGET("http://"), 400, "the request target is not a path" },
	{ TARGET("/a#b"), 400, BAD_TARGET },
	{ TARGET("/a\\b"), 400, BAD_TARGET },
	{ TARGET("/a\"b"), 400, BAD_TARGET },
	{ TARGET("/<a>"), 400, BAD_TARGET },
	{ TARGET("/?a={b}"), 400, BAD_TARGET },
	{ TARGET("/?a|b"), 400, BAD_TARGET },
	{ TARGET("/?`^"), 400, BAD_TARGET },
	{ TARGET("/\xc3\xa4"), 400, BAD_TARGET },
	{ TARGET("/a\0b"), 400, BAD_TARGET },
	{ TARGET("/\x7f"), 400, BAD_TARGET },
	{ TARGET("/\t"), 400, BAD_TARGET },
	{ TARGET("/%"), 400, "the path has a broken percent escape" },
	{ TARGET("/%4"), 400, "the path has a broken percent escape" },
	{ TARGET("/%zz"), 400, "the path has a broken percent escape" },
	{ TARGET("/%4?41"), 400, "the path has a broken percent escape" },
	{ TARGET("/a%00"), 400, "the path has an escaped zero byte" },
	{ TARGET("/."), 400, "the path has a dot segment" },
	{ TARGET("/.."), 400, "the path has a dot segment" },
	{ TARGET("/./"), 400, "the path has a dot segment" },
	{ TARGET("/../a"), 400, "the path has a dot segment" },
	{ TARGET("/a/.."), 400, "the path has a dot segment" },
	{ TARGET("/a/..?b"), 400, "the path has a dot segment" },
	{ TARGET("/a/%2e"), 400, "the path has a dot segment" },
	{ TARGET("/a/.%2E/b"), 400, "the path has a dot segment" },
	{ TARGET("/a%2f..%2fb"), 400, "the path has a dot segment" },
	{ TARGET("http://x/a/../b"), 400, "the path has a dot segment" },
	{ TARGET("//"), 400, "the path has an empty segment" },
	{ TARGET("//x/a"), 400, "the path has an empty segment" },
	{ TARGET("/a//b"), 400, "the path has an empty segment" },
	{ TARGET("/a/%2fb"), 400, "the path has an empty segment" },
	{ TARGET("/a/%2f"), 400, "the path has an empty segment" },
	{ TARGET("http://x//"), 400, "the path has an empty segment" },
	{ TARGET("http://x"), 400, "the request target has no path" },
	{ TARGET("http://x?a"), 400, "the request target has no path" },
	{ TARGET("http://x?a/b"), 400, "the request target has a malformed host" },
	{ TARGET("http:///a"), 400, "the request target has a malformed host" },
	{ TARGET("http://u@x/"), 400, "the request target has a malformed host" },
	{ TARGET("http://u:p@x/"), 400, "the request target has a malformed host" },
	{ TARGET("http://x:/"), 400, "the request target has a malformed host" },
	{ TARGET("http://:80/"), 400, "the request target has a malformed host" },
	{ TARGET("http://x:65536/"), 400, "the request target has a malformed host" },
	{ TARGET("http://x:-1/"), 400, "the request target has a malformed host" },
	{ TARGET("http://x:8x/"), 400, "the request target has a malformed host" },
	{ TARGET("http://x%41/"), 400, "the request target has a malformed host" },
	{ TARGET("http://::1/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[::1/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[]/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[x]/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[::1]x:80/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[::1%25eth0]/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[v1.a]/"), 400, "the request target has a malformed host" },
	{ TARGET("http://[1111:1111:1111:1111:1111:1111:1111:1111:1111:1111]/"), 400,
	  "the request target has a malformed host" },
};

static const struct refusal bad_fields[] = {
	{ FIELD("A: b\r\n c"), 400, "a header field is folded over lines" },
	{ FIELD("A: b\r\n\tc: d"), 400, "a header field is folded over lines" },
	{ BYTES("GET / HTTP/1.1\r\n Host: x\r\n\r\n"), 400, "a header field is folded over lines" },
	{ FIELD("A"), 400, "a header field has no colon" },
	{ FIELD("A b"), 400, "a header field has no colon" },
	{ FIELD(":"), 400, BAD_NAME },
	{ FIELD(": b"), 400, BAD_NAME },
	{ FIELD("A : b"), 400, BAD_NAME },
	{ FIELD("A\t: b"), 400, BAD_NAME },
	{ FIELD("Content-Length : 5"), 400, BAD_NAME },
	{ FIELD("Transfer-Encoding : chunked"), 400, BAD_NAME },
	{ FIELD("A b: c"), 400, BAD_NAME },
	{ FIELD("A(b): c"), 400, BAD_NAME },
	{ FIELD("A\0: b"), 400, BAD_NAME },
	{ FIELD("\xc3\xa4: b"), 400, BAD_NAME },
	{ FIELD("\"A\": b"), 400, BAD_NAME },
	{ FIELD("A: b\0c"), 400, BAD_VALUE },
	{ FIELD("A: \x01"), 400, BAD_VALUE },
	{ FIELD("A: \x1b[0m"), 400, BAD_VALUE },
	{ FIELD("A: \x7f"), 400, BAD_VALUE },
	{ FIELD("A: b\x0b"), 400, BAD_VALUE },
	{ BYTES("GET / HTTP/1.1\r\n\r\n"), 400, "Host is missing" },
	{ BYTES("GET http://x/ HTTP/1.1\r\n\r\n"), 400, "Host is missing" },
	{ BYTES("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n"), 400, "Host is there more than once" },
	{ BYTES("GET / HTTP/1.0\r\nHost: x\r\nhost:\r\n"), 400, "Host is there more than once" },
	{ BYTES(GET "Authorization: Bearer a\r\nA: b\r\nAUTHORIZATION: Bearer a\r\n"), 400,
	  "Authorization is there more than once" },
	{ BYTES(POST "Content-Type: a/b\r\nContent-Type: a/b\r\n"), 400,
	  "Content-Type is there more than once" },
	{ BYTES(GET "If-Range: \"a\"\r\nIf-Range: \"a\"\r\n"), 400,
	  "If-Range is there more than once" },
	{ BYTES(GET "Last-Event-ID: a\r\nLast-Event-Id: b\r\n"), 400,
	  "Last-Event-ID is there more than once" },
	{ BYTES(GET "Origin: http://a\r\nOrigin: http://b\r\n"), 400,
	  "Origin is there more than once" },
	{ BYTES(GET "Range: bytes=0-1\r\nRange: bytes=0-1\r\n"), 400,
	  "Range is there more than once" },
	{ HOST("a b"), 400, "Host is malformed" },
	{ HOST("a,b@c"), 400, "Host is malformed" },
	{ HOST("a/b"), 400, "Host is malformed" },
	{ HOST("http://a"), 400, "Host is malformed" },
	{ HOST("x:"), 400, "Host is malformed" },
	{ HOST("x:+80"), 400, "Host is malformed" },
	{ HOST("x:80:80"), 400, "Host is malformed" },
	{ HOST("[::1]:x"), 400, "Host is malformed" },
	{ HOST("\xc3\xa4.example"), 400, "Host is malformed" },
	{ FIELD("Expect: 200-ok"), 400, "Expect is something else than 100-continue" },
	{ FIELD("Expect:"), 400, "Expect is something else than 100-continue" },
	{ FIELD("Expect: 100-continue, x"), 400, "Expect is something else than 100-continue" },
};

/* Request smuggling: two readings of the end of a request (RFC 9112, 6.3 and 11.2). */
static const struct refusal bad_framing[] = {
	{ BYTES(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), 400,
	  "Content-Length is there more than once" },
	{ BYTES(POST "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello"), 400,
	  "Content-Length is there more than once" },
	{ BYTES(POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), 400,
	  "Content-Length is there more than once" },
	{ LENGTH(""), 400, BAD_LENGTH },
	{ LENGTH(" "), 400, BAD_LENGTH },
	{ LENGTH(" 5, 5"), 400, BAD_LENGTH },
	{ LENGTH(" 5,"), 400, BAD_LENGTH },
	{ LENGTH(" +5"), 400, BAD_LENGTH },
	{ LENGTH(" -5"), 400, BAD_LENGTH },
	{ LENGTH(" 0x5"), 400, BAD_LENGTH },
	{ LENGTH(" 05"), 400, BAD_LENGTH },
	{ LENGTH(" 5.0"), 400, BAD_LENGTH },
	{ LENGTH(" 5e0"), 400, BAD_LENGTH },
	{ LENGTH(" 5 5"), 400, BAD_LENGTH },
	{ LENGTH(" \"5\""), 400, BAD_LENGTH },
	{ LENGTH(" 5;"), 400, BAD_LENGTH },
	{ LENGTH(" \xef\xbc\x95"), 400, BAD_LENGTH },
	{ LENGTH(" 9223372036854775808"), 400, BAD_LENGTH },
	{ LENGTH(" 18446744073709551621"), 400, BAD_LENGTH },
	{ LENGTH(" 99999999999999999999999999999"), 400, BAD_LENGTH },
	{ LENGTH(" 5\x0b"), 400, BAD_VALUE },
	{ CODING(""), 400, BAD_CODING },
	{ CODING(" identity"), 400, BAD_CODING },
	{ CODING(" gzip"), 400, BAD_CODING },
	{ CODING(" gzip, chunked"), 400, BAD_CODING },
	{ CODING(" chunked, gzip"), 400, BAD_CODING },
	{ CODING(" chunked, chunked"), 400, BAD_CODING },
	{ CODING(" chunked,"), 400, BAD_CODING },
	{ CODING(" ,chunked"), 400, BAD_CODING },
	{ CODING(" chunked;q=1"), 400, BAD_CODING },
	{ CODING(" \"chunked\""), 400, BAD_CODING },
	{ CODING(" xchunked"), 400, BAD_CODING },
	{ CODING(" chunke"), 400, BAD_CODING },
	{ CODING(" chun\xc4\xb1ked"), 400, BAD_CODING },
	{ CODING(" \x0b"
		 "chunked"),
	  400, BAD_VALUE },
	{ CODING(" chunked\r\nTransfer-Encoding: chunked"), 400, BAD_CODING },
	{ CODING(" chunked\r\nTransfer-Encoding: identity"), 400, BAD_CODING },
	{ CODING("\r\n chunked"), 400, BAD_CODING },
	{ CODING(" chunked\r\nContent-Length: 5"), 400,
	  "Content-Length and Transfer-Encoding exclude each other" },
	{ BYTES(POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
	  "Content-Length and Transfer-Encoding exclude each other" },
	{ BYTES("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"), 400,
	  "Transfer-Encoding is not of HTTP/1.0" },
	{ BYTES(GET "Content-Length: 5\r\n\r\nhello"), 400,
	  "a request of this method has no body" },
	{ BYTES(GET "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
	  "a request of this method has no body" },
	{ BYTES("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"), 400,
	  "a request of this method has no body" },
	{ BYTES("OPTIONS / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"), 400,
	  "a request of this method has no body" },
	{ BYTES("TRACE / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"), 400,
	  "a request of this method has no body" },
};

/* Their heads have passed. */
static const struct refusal bad_bodies[] = {
	{ BYTES(CHUNKED "\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5\nhello"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5\r\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "0x5\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "+5\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "-5\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED " 5\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5 \r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5;\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5;a=b\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5; a=\"\r\n\"\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5\0\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "g\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "\xef\xbc\x95\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "00000000000000005\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "000000000000000000000000"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "10000000000000005\r\n"), 400, BAD_SIZE },
	{ BYTES(CHUNKED "5\r\nhello!"), 400, BAD_CHUNK },
	{ BYTES(CHUNKED "5\r\nhello\n"), 400, BAD_CHUNK },
	{ BYTES(CHUNKED "5\r\nhello\rX"), 400, BAD_CHUNK },
	{ BYTES(CHUNKED "5\r\nhello0\r\n\r\n"), 400, BAD_CHUNK },
	{ BYTES(CHUNKED "5\r\nhell\r\n0\r\n\r\n"), 400, BAD_CHUNK },
	{ BYTES(CHUNKED "0\r\nA: b\r\n\r\n"), 400, TRAILER },
	{ BYTES(CHUNKED "0\r\n\n"), 400, TRAILER },
	{ BYTES(CHUNKED "0\r\n\rX"), 400, TRAILER },
	{ BYTES(CHUNKED "0\r\n0\r\n\r\n"), 400, TRAILER },
	{ BYTES(POST "Content-Length: 1001\r\n\r\n"), 413, TOO_LARGE },
	{ BYTES(POST "Content-Length: 9223372036854775807\r\n\r\n"), 413, TOO_LARGE },
	{ BYTES(CHUNKED "3e9\r\n"), 413, TOO_LARGE },
	{ BYTES(CHUNKED "ffffffffffffffff\r\n"), 413, TOO_LARGE },
	{ BYTES(CHUNKED "8000000000000000\r\n"), 413, TOO_LARGE },
	{ BYTES(CHUNKED "5\r\nhello\r\n3e4\r\n"), 413, TOO_LARGE },
	{ BYTES(CHUNKED "5\r\nhello\r\nfffffffffffffffb\r\n"), 413, TOO_LARGE },
};

static void check_refused(struct slice bytes, const struct refusal *refusal, unsigned requests,
			  unsigned complete)
{
	struct verdict verdict = judge_in_pieces(bytes);

	if (verdict.good || verdict.status != refusal->status ||
	    strcmp(verdict.detail, refusal->detail) != 0 || verdict.requests != requests ||
	    verdict.complete != complete) {
		print_bytes(bytes);
		fail_msg("%d \"%s\" with %u begun and %u complete, not %d \"%s\" with %u and %u",
			 verdict.status, verdict.detail, verdict.requests, verdict.complete,
			 refusal->status, refusal->detail, requests, complete);
	}
	assert_false(verdict.idle);
}

/* Alone, behind a valid request, and with a request behind that must not count. */
static void check_refusals(const struct refusal *refusals, size_t count, unsigned begun)
{
	struct buf bytes = BUF_EMPTY;

	for (size_t i = 0; i < count; i++) {
		check_refused(refusals[i].bytes, &refusals[i], begun, 0);
		buf_clear(&bytes);
		buf_put_text(&bytes, GET "\r\n");
		buf_put_slice(&bytes, refusals[i].bytes);
		check_refused(buf_slice(&bytes), &refusals[i], 1 + begun, 1);
		buf_put_text(&bytes, GET "\r\n");
		check_refused(buf_slice(&bytes), &refusals[i], 1 + begun, 1);
	}
	buf_free(&bytes);
}

static void a_request_line_must_be_right(void **state)
{
	(void)state;
	check_refusals(bad_lines, COUNT(bad_lines), 0);
}

static void a_target_has_one_spelling(void **state)
{
	(void)state;
	check_refusals(bad_targets, COUNT(bad_targets), 0);
}

static void fields_must_be_right(void **state)
{
	(void)state;
	check_refusals(bad_fields, COUNT(bad_fields), 0);
}

static void a_body_has_one_length(void **state)
{
	(void)state;
	check_refusals(bad_framing, COUNT(bad_framing), 0);
}

/* Of the request with this head: is its body, of which `rest` is still to come, refused
 * with a limit of ten bytes? */
static bool is_above_limit(const char *head, const char *rest)
{
	struct framing framing;
	bool good;

	framing_init(&framing, 1000);
	assert_true(framing_feed(&framing, slice_of(head)));
	good = framing_limit_body(&framing, 10) && framing_feed(&framing, slice_of(rest));
	if (!good) {
		assert_int_equal(framing.status, 413);
		assert_string_equal(framing.detail, FRAMING_ABOVE_LIMIT);
		assert_true(slice_starts(framing_refused_head(&framing), slice_of("POST / ")));
	} else {
		/* The next request has its own. */
		assert_true(framing_feed(&framing, slice_of(POST "Content-Length: 11\r\n\r\n")));
	}
	framing_clear(&framing);
	return !good;
}

static void a_body_can_be_limited_by_its_head(void **state)
{
	(void)state;
	assert_false(is_above_limit(POST "Content-Length: 10\r\n\r\n", "0123456789"));
	assert_true(is_above_limit(POST "Content-Length: 11\r\n\r\n", ""));
	assert_false(is_above_limit(CHUNKED, "a\r\n0123456789\r\n0\r\n\r\n"));
	assert_true(is_above_limit(CHUNKED, "b\r\n"));
	assert_true(is_above_limit(CHUNKED "5\r\n01234\r\n", "6\r\n"));
	assert_true(is_above_limit(CHUNKED "b\r\n", ""));
}

static void a_body_is_as_long_as_it_says(void **state)
{
	(void)state;
	check_refusals(bad_bodies, COUNT(bad_bodies), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_line_must_be_right),
		cmocka_unit_test(a_target_has_one_spelling),
		cmocka_unit_test(fields_must_be_right),
		cmocka_unit_test(a_body_has_one_length),
		cmocka_unit_test(a_body_is_as_long_as_it_says),
		cmocka_unit_test(a_body_can_be_limited_by_its_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
