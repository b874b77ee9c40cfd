/* Tests of worker/http/problem.c and http_date.c: error responses. */
#include "base/array.h"
#include "transit/transit.h"
#include "worker/http/http_date.h"
#include "worker/http/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* protocol.md, Errors */
static const struct {
	enum problem problem;
	int status;
	const char *code;
} problems[] = {
	{ PROBLEM_BAD_REQUEST, 400, "bad-request" },
	{ PROBLEM_UNAUTHORIZED, 401, "unauthorized" },
	{ PROBLEM_FORBIDDEN, 403, "forbidden" },
	{ PROBLEM_NOT_FOUND, 404, "not-found" },
	{ PROBLEM_METHOD, 405, "method-not-allowed" },
	{ PROBLEM_TOO_LARGE, 413, "too-large" },
	{ PROBLEM_MEDIA_TYPE, 415, "unsupported-media-type" },
	{ PROBLEM_RANGE, 416, "range-not-satisfiable" },
	{ PROBLEM_HOST, 421, "misdirected" },
	{ PROBLEM_UPGRADE, 426, "upgrade-required" },
	{ PROBLEM_THROTTLED, 429, "too-many-attempts" },
	{ PROBLEM_STREAMS, 429, "too-many-streams" },
	{ PROBLEM_HEAD, 431, "head-too-large" },
	{ PROBLEM_DAMAGED, 500, "damaged" },
	{ PROBLEM_UNAVAILABLE, 503, "unavailable" },
	{ PROBLEM_FULL, 507, "insufficient-storage" },
	{ PROBLEM_QUOTA_BYTES, 507, "quota-bytes" },
	{ PROBLEM_QUOTA_DOCUMENTS, 507, "quota-documents" },
	{ PROBLEM_QUOTA_GROUPS, 507, "quota-groups" },
	{ PROBLEM_QUOTA_STREAMS, 429, "quota-streams" },
	{ PROBLEM_QUOTA_PUSHES, 429, "quota-pushes" },
};

#define ID "0123456789abcdef"

struct reading {
	struct buf type, title, code, detail, request;
	uint64_t status;
};

static void clear(struct reading *reading)
{
	buf_free(&reading->type);
	buf_free(&reading->title);
	buf_free(&reading->code);
	buf_free(&reading->detail);
	buf_free(&reading->request);
}

static struct buf *member(struct reading *reading, struct slice key)
{
	return slice_is(key, "type")      ? &reading->type
	       : slice_is(key, "title")   ? &reading->title
	       : slice_is(key, "code")    ? &reading->code
	       : slice_is(key, "detail")  ? &reading->detail
	       : slice_is(key, "request") ? &reading->request
					  : NULL;
}

/* Parses a body as JSON that has the six members once each and no other. */
static struct reading read_body(struct slice body)
{
	struct reading reading = { .status = 0 };
	struct transit_in *in = transit_in_new(ENCODING_JSON, body, 100000);
	unsigned members = 0;
	struct slice key;
	bool more;

	assert_int_equal(transit_in_map(in), RC_OK);
	for (;;) {
		assert_int_equal(transit_in_map_next(in, &more, &key), RC_OK);
		if (!more)
			break;
		members++;
		if (slice_is(key, "status")) {
			assert_int_equal(transit_in_uint(in, &reading.status), RC_OK);
		} else {
			struct buf *into = member(&reading, key);

			assert_non_null(into);
			assert_int_equal(into->len, 0);
			assert_int_equal(transit_in_string(in, into), RC_OK);
		}
	}
	assert_int_equal(transit_in_finish(in), RC_OK);
	assert_int_equal(members, 6);
	transit_in_free(in);
	return reading;
}

static void every_problem_has_its_status_and_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(problems); i++) {
		enum problem problem = problems[i].problem;
		struct buf body = BUF_EMPTY;
		struct reading reading;

		assert_int_equal(problem_status(problem), problems[i].status);
		assert_int_equal(problem_status(problem_of_status(problems[i].status)),
				 problems[i].status);
		assert_string_equal(status_phrase(problems[i].status), problem_title(problem));
		problem_put(&body, problem, "why", ID);
		reading = read_body(buf_slice(&body));
		assert_int_equal(reading.status, problems[i].status);
		assert_true(slice_is(buf_slice(&reading.code), problems[i].code));
		assert_true(slice_is(buf_slice(&reading.title), problem_title(problem)));
		assert_true(slice_is(buf_slice(&reading.type), "about:blank"));
		assert_true(slice_is(buf_slice(&reading.detail), "why"));
		assert_true(slice_is(buf_slice(&reading.request), ID));
		clear(&reading);
		buf_free(&body);
	}
	assert_string_equal(status_phrase(200), "OK");
	assert_string_equal(status_phrase(204), "No Content");
	assert_string_equal(status_phrase(304), "Not Modified");
}

static void a_failure_of_ours_has_a_problem(void **state)
{
	static const struct {
		enum rc rc;
		enum problem problem;
	} failures[] = {
		{ RC_MALFORMED, PROBLEM_BAD_REQUEST },
		{ RC_TOO_LARGE, PROBLEM_TOO_LARGE },
		{ RC_NOT_FOUND, PROBLEM_NOT_FOUND },
		{ RC_DENIED, PROBLEM_FORBIDDEN },
		{ RC_BUSY, PROBLEM_UNAVAILABLE },
		{ RC_UNAVAILABLE, PROBLEM_UNAVAILABLE },
		{ RC_IO, PROBLEM_UNAVAILABLE },
		{ RC_CORRUPT, PROBLEM_DAMAGED },
		{ RC_NEWER, PROBLEM_UNAVAILABLE },
		{ RC_EXISTS, PROBLEM_UNAVAILABLE },
		{ RC_FULL, PROBLEM_FULL },
		{ RC_READ_ONLY, PROBLEM_UNAVAILABLE },
		{ RC_SYNC_FAILED, PROBLEM_UNAVAILABLE },
		{ RC_MOVED, PROBLEM_UNAVAILABLE },
		{ RC_OVER_QUOTA, PROBLEM_FULL },
	};

	(void)state;
	assert_int_equal(COUNT(failures), RC_COUNT - 1);
	for (size_t i = 0; i < COUNT(failures); i++)
		assert_int_equal(problem_of(failures[i].rc), failures[i].problem);
}

/* A detail may quote the request. */
static void a_detail_cannot_break_out(void **state)
{
	static const struct {
		const char *detail, *read;
	} details[] = {
		{ "", "" },
		{ "a\"b", "a\"b" },
		{ "\",\"status\":200,\"x\":\"", "\",\"status\":200,\"x\":\"" },
		{ "back\\slash\\", "back\\slash\\" },
		{ "line\r\n\tend\x01\x1f\x7f", "line\r\n\tend\x01\x1f\x7f" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "~:no keyword", "~:no keyword" },
		{ "bad \xff", "the request is not UTF-8" },
		{ "cut \xe2\x82", "the request is not UTF-8" },
		{ "\xed\xa0\x80", "the request is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(details); i++) {
		struct buf body = BUF_EMPTY;
		struct reading reading;

		problem_put(&body, PROBLEM_BAD_REQUEST, details[i].detail, ID);
		reading = read_body(buf_slice(&body));
		assert_int_equal(reading.status, 400);
		assert_true(slice_is(buf_slice(&reading.detail), details[i].read));
		clear(&reading);
		buf_free(&body);
	}
}

/* The value of a field of the head, which must occur once. */
static void expect_field(const char *head, const char *name, const char *value)
{
	char line[200];
	const char *at;

	(void)snprintf(line, sizeof(line), "\r\n%s: %s\r\n", name, value);
	at = strstr(head, line);
	if (at == NULL)
		fail_msg("no %s: %s in %s", name, value, head);
	(void)snprintf(line, sizeof(line), "\r\n%s:", name);
	assert_null(strstr(at + 1, line));
}

static void check_raw(size_t i, bool is_head)
{
	struct buf out = BUF_EMPTY, body = BUF_EMPTY;
	char text[100];
	char *end;

	buf_put_text(&out, "before");
	problem_put_response(&out, problems[i].problem, "why", ID, slice_of("Vary: Origin\r\n"),
			     is_head);
	buf_put_byte(&out, 0);
	out.len--;
	problem_put(&body, problems[i].problem, "why", ID);
	(void)snprintf(text, sizeof(text), "beforeHTTP/1.1 %d %s\r\n", problems[i].status,
		       problem_title(problems[i].problem));
	assert_memory_equal(out.data, text, strlen(text));
	end = strstr(out.data, "\r\n\r\n");
	assert_non_null(end);
	if (is_head)
		assert_int_equal(out.data + out.len - end, 4);
	else
		assert_true(slice_equal(slice_make(end + 4, (size_t)(out.data + out.len - end) - 4),
					buf_slice(&body)));
	end[2] = 0;
	(void)snprintf(text, sizeof(text), "%zu", body.len);
	expect_field(out.data, "Content-Length", text);
	expect_field(out.data, "Content-Type", "application/problem+json");
	expect_field(out.data, "Connection", "close");
	expect_field(out.data, "Cache-Control", "no-store");
	expect_field(out.data, "X-Content-Type-Options", "nosniff");
	expect_field(out.data, "Content-Security-Policy",
		     "default-src 'none'; frame-ancestors 'none'");
	expect_field(out.data, "Vary", "Origin");
	expect_field(out.data, "X-Request-Id", ID);
	buf_free(&out);
	buf_free(&body);
}

static void an_answer_in_bytes_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(problems); i++) {
		check_raw(i, false);
		check_raw(i, true);
	}
}

/* The example of RFC 9110, 5.6.7, and the next second. */
static void a_date_is_as_http_wants_it(void **state)
{
	(void)state;
	assert_string_equal(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(http_date(784111778), "Sun, 06 Nov 1994 08:49:38 GMT");
	assert_string_equal(http_date(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_problem_has_its_status_and_code),
		cmocka_unit_test(a_failure_of_ours_has_a_problem),
		cmocka_unit_test(a_detail_cannot_break_out),
		cmocka_unit_test(an_answer_in_bytes_is_whole),
		cmocka_unit_test(a_date_is_as_http_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
