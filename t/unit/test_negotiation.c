/* Tests of query parameters, media types, entity tags and problem responses together,
 * as requests have them. */
#include "worker/http/problem.h"
#include "worker/http/media.h"
#include "worker/http/query.h"
#include "worker/static.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pairs_are_found_by_name(void **state)
{
	const struct query_pair *pair;
	struct query query;
	struct error err;
	struct slice value;

	(void)state;
	assert_int_equal(
		query_parse(slice_of("&a=1&flag&b=x%26y+z&a=2&=none&a%62=c=d&"), &query, &err),
		RC_OK);
	assert_int_equal(query.count, 6);
	pair = query_next(&query, "a", NULL);
	assert_true(slice_is(pair->value, "1"));
	pair = query_next(&query, "a", pair);
	assert_true(slice_is(pair->value, "2"));
	assert_null(query_next(&query, "a", pair));
	assert_int_equal(query_one(&query, "b", &value, &err), RC_OK);
	assert_true(slice_is(value, "x&y z"));
	assert_int_equal(query_one(&query, "ab", &value, &err), RC_OK);
	assert_true(slice_is(value, "c=d"));
	assert_int_equal(query_one(&query, "flag", &value, &err), RC_OK);
	assert_int_equal(value.len, 0);
	assert_int_equal(query_one(&query, "c", &value, &err), RC_NOT_FOUND);
	assert_int_equal(query_one(&query, "a", &value, &err), RC_MALFORMED);
	assert_string_equal(err.text, "a: given more than once");
	query_clear(&query);
}

static void broken_queries_are_refused(void **state)
{
	struct buf text = BUF_EMPTY;
	struct query query;
	struct error err;

	(void)state;
	assert_int_equal(query_parse(slice_of("a=1&since=%4"), &query, &err), RC_MALFORMED);
	assert_string_equal(err.text, "since: broken percent escape");
	query_clear(&query);
	for (int i = 0; i < QUERY_MAX; i++)
		buf_put_text(&text, "a&");
	assert_int_equal(query_parse(buf_slice(&text), &query, &err), RC_OK);
	query_clear(&query);
	buf_put_text(&text, "a");
	assert_int_equal(query_parse(buf_slice(&text), &query, &err), RC_MALFORMED);
	query_clear(&query);
	buf_free(&text);
}

static void bodies_have_one_of_two_types(void **state)
{
	enum encoding encoding;

	(void)state;
	assert_int_equal(media_of_content("application/json", &encoding), RC_OK);
	assert_int_equal(encoding, ENCODING_JSON);
	assert_int_equal(media_of_content(" Application/Transit+JSON ; charset=utf-8", &encoding),
			 RC_OK);
	assert_int_equal(encoding, ENCODING_TRANSIT);
	assert_int_equal(media_of_content(NULL, &encoding), RC_MALFORMED);
	for (const char *const *bad = (const char *const[]){ "", "text/plain", "application/jsonx",
							     "application/*", "*/*", NULL };
	     *bad; bad++)
		assert_int_equal(media_of_content(*bad, &encoding), RC_MALFORMED);
}

static void accept_is_weighed(void **state)
{
	static const struct {
		const char *accept;
		enum encoding fallback, wanted;
	} rows[] = {
		{ NULL, ENCODING_JSON, ENCODING_JSON },
		{ NULL, ENCODING_TRANSIT, ENCODING_TRANSIT },
		{ "*/*", ENCODING_TRANSIT, ENCODING_TRANSIT },
		{ "application/json", ENCODING_TRANSIT, ENCODING_JSON },
		{ "application/transit+json", ENCODING_JSON, ENCODING_TRANSIT },
		{ "application/json, application/transit+json", ENCODING_TRANSIT, ENCODING_JSON },
		{ "application/json;q=0.5, application/transit+json;q=0.6", ENCODING_JSON,
		  ENCODING_TRANSIT },
		{ "application/transit+json;q=0, */*;q=0.1", ENCODING_JSON, ENCODING_JSON },
		{ "text/html, */*;q=0.1, application/transit+json;v=1;q=0.2", ENCODING_JSON,
		  ENCODING_TRANSIT },
		{ "text/html", ENCODING_TRANSIT, ENCODING_TRANSIT },
		{ ",,;q=1,", ENCODING_JSON, ENCODING_JSON },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(media_of_accept(rows[i].accept, rows[i].fallback), rows[i].wanted);
}

static void tags_are_compared_one_by_one(void **state)
{
	(void)state;
	assert_true(static_etag_matches("\"a\"", "\"a\""));
	assert_true(static_etag_matches("\"b\", W/\"a\"", "\"a\""));
	assert_true(static_etag_matches("*", "\"a\""));
	assert_false(static_etag_matches(NULL, "\"a\""));
	assert_false(static_etag_matches("", "\"a\""));
	assert_false(static_etag_matches("\"ab\"", "\"a\""));
	assert_false(static_etag_matches("a", "\"a\""));
}

static void problems_have_status_and_code(void **state)
{
	struct buf out = BUF_EMPTY;

	(void)state;
	problem_put(&out, PROBLEM_TOO_LARGE, "docs: \"x\"\n", "0a");
	buf_put_byte(&out, 0);
	assert_string_equal(out.data, "{\"type\":\"about:blank\",\"title\":\"Content Too "
				      "Large\",\"status\":413,\"code\":\"too-large\","
				      "\"detail\":\"docs: \\\"x\\\"\\n\",\"request\":\"0a\"}");
	buf_clear(&out);
	problem_put(&out, PROBLEM_BAD_REQUEST, "\xff", "0a");
	buf_put_byte(&out, 0);
	assert_non_null(strstr(out.data, "not UTF-8"));
	buf_clear(&out);
	problem_put_response(&out, PROBLEM_METHOD, "no", "0a", slice_of(""), false);
	buf_put_byte(&out, 0);
	assert_memory_equal(out.data, "HTTP/1.1 405 Method Not Allowed\r\n", 33);
	assert_non_null(strstr(out.data, "\r\n\r\n{\"type\""));
	buf_clear(&out);
	problem_put_response(&out, PROBLEM_BAD_REQUEST, "no", "0a", slice_of(""), true);
	buf_put_byte(&out, 0);
	assert_null(strstr(out.data, "{"));
	buf_free(&out);
	assert_int_equal(problem_of(RC_MALFORMED), PROBLEM_BAD_REQUEST);
	assert_int_equal(problem_of(RC_DENIED), PROBLEM_FORBIDDEN);
	assert_int_equal(problem_of(RC_BUSY), PROBLEM_UNAVAILABLE);
	assert_int_equal(problem_of(RC_CORRUPT), PROBLEM_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_found_by_name),
		cmocka_unit_test(broken_queries_are_refused),
		cmocka_unit_test(bodies_have_one_of_two_types),
		cmocka_unit_test(accept_is_weighed),
		cmocka_unit_test(tags_are_compared_one_by_one),
		cmocka_unit_test(problems_have_status_and_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
