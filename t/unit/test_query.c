/* Tests of worker/http/query.c. */
#include "base/array.h"
#include "worker/http/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

/* A literal with its length, as it may have zeros. */
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* From a copy on the heap, so that the address sanitizer finds reads beyond it, which
 * is freed before the query is examined. */
static enum rc parse(struct slice text, struct query *out, struct error *err)
{
	char *copy = malloc(text.len + 1);
	enum rc rc;

	memcpy(copy, text.data, text.len);
	err->text[0] = 0;
	rc = query_parse(slice_make(copy, text.len), out, err);
	free(copy);
	return rc;
}

static bool same(struct slice slice, const struct slice *wanted)
{
	return slice_equal(slice, *wanted);
}

#define PAIRS_MAX 4

static const struct {
	const char *text;
	size_t count;
	struct {
		struct slice name, value;
	} pairs[PAIRS_MAX];
} readings[] = {
	{ "", 0, { { BYTES(""), BYTES("") } } },
	{ "&", 0, { { BYTES(""), BYTES("") } } },
	{ "&&&", 0, { { BYTES(""), BYTES("") } } },
	{ "group=todos", 1, { { BYTES("group"), BYTES("todos") } } },
	{ "group=a&since=b",
	  2,
	  { { BYTES("group"), BYTES("a") }, { BYTES("since"), BYTES("b") } } },
	{ "&group=a&&since=b&",
	  2,
	  { { BYTES("group"), BYTES("a") }, { BYTES("since"), BYTES("b") } } },
	{ "flag", 1, { { BYTES("flag"), BYTES("") } } },
	{ "flag=", 1, { { BYTES("flag"), BYTES("") } } },
	{ "=", 1, { { BYTES(""), BYTES("") } } },
	{ "=a", 1, { { BYTES(""), BYTES("a") } } },
	{ "a=b=c", 1, { { BYTES("a"), BYTES("b=c") } } },
	{ "a==", 1, { { BYTES("a"), BYTES("=") } } },
	{ "a=b?c=d/e", 1, { { BYTES("a"), BYTES("b?c=d/e") } } },
	{ "a=b;c=d", 1, { { BYTES("a"), BYTES("b;c=d") } } },
	{ "a=1&a=2&a=",
	  3,
	  { { BYTES("a"), BYTES("1") }, { BYTES("a"), BYTES("2") }, { BYTES("a"), BYTES("") } } },
	{ "a+b=c+d", 1, { { BYTES("a b"), BYTES("c d") } } },
	{ "a%2Bb=%2b", 1, { { BYTES("a+b"), BYTES("+") } } },
	{ "%67roup=acme%3Atodos", 1, { { BYTES("group"), BYTES("acme:todos") } } },
	{ "a%3Db%26c=d%26e%3Df", 1, { { BYTES("a=b&c"), BYTES("d&e=f") } } },
	{ "a=%00b", 1, { { BYTES("a"), BYTES("\0b") } } },
	{ "a%00=b", 1, { { BYTES("a\0"), BYTES("b") } } },
	{ "a=%2541", 1, { { BYTES("a"), BYTES("%41") } } },
	{ "a=%e2%82%AC%ff", 1, { { BYTES("a"), BYTES("\xe2\x82\xac\xff") } } },
	{ "a=\xc3\xa4", 1, { { BYTES("a"), BYTES("\xc3\xa4") } } },
};

static void pairs_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(readings); i++) {
		struct query query;
		struct error err;

		assert_int_equal(parse(slice_of(readings[i].text), &query, &err), RC_OK);
		if (query.count != readings[i].count)
			fail_msg("%s: %zu pairs", readings[i].text, query.count);
		for (size_t j = 0; j < query.count; j++)
			if (!same(query.pairs[j].name, &readings[i].pairs[j].name) ||
			    !same(query.pairs[j].value, &readings[i].pairs[j].value))
				fail_msg("%s: pair %zu is %.*s=%.*s", readings[i].text, j,
					 (int)query.pairs[j].name.len, query.pairs[j].name.data,
					 (int)query.pairs[j].value.len, query.pairs[j].value.data);
		query_clear(&query);
		assert_int_equal(query.count, 0);
		query_clear(&query);
	}
}

static const struct {
	const char *text, *err;
} refusals[] = {
	{ "a=%", "a: broken percent escape" },
	{ "a=%4", "a: broken percent escape" },
	{ "a=%4g", "a: broken percent escape" },
	{ "a=%g4", "a: broken percent escape" },
	{ "a=%+4", "a: broken percent escape" },
	{ "a=%%41", "a: broken percent escape" },
	{ "a=b%", "a: broken percent escape" },
	{ "a=%u0041", "a: broken percent escape" },
	{ "a=%&b=1", "a: broken percent escape" },
	{ "a=%4&1=2", "a: broken percent escape" },
	{ "ok=1&gr%6fup=%zz", "group: broken percent escape" },
	{ "a%=b", "query: a parameter's name has a broken percent escape" },
	{ "%", "query: a parameter's name has a broken percent escape" },
	{ "a=1&%4=1", "query: a parameter's name has a broken percent escape" },
	{ "%4=1", "query: a parameter's name has a broken percent escape" },
};

static void a_broken_escape_is_refused_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct query query;
		struct error err;

		assert_int_equal(parse(slice_of(refusals[i].text), &query, &err), RC_MALFORMED);
		assert_string_equal(err.text, refusals[i].err);
		query_clear(&query);
	}
}

static void there_may_be_128_pairs(void **state)
{
	struct buf text = BUF_EMPTY;
	struct query query;
	struct error err;

	(void)state;
	for (int i = 0; i < QUERY_MAX; i++)
		buf_putf(&text, "&n%d=v%d", i, i);
	assert_int_equal(parse(buf_slice(&text), &query, &err), RC_OK);
	assert_int_equal(query.count, QUERY_MAX);
	assert_true(slice_is(query.pairs[QUERY_MAX - 1].name, "n127"));
	assert_true(slice_is(query.pairs[QUERY_MAX - 1].value, "v127"));
	query_clear(&query);
	buf_put_text(&text, "&");
	assert_int_equal(parse(buf_slice(&text), &query, &err), RC_OK);
	query_clear(&query);
	buf_put_text(&text, "x");
	assert_int_equal(parse(buf_slice(&text), &query, &err), RC_MALFORMED);
	assert_string_equal(err.text, "query: more than 128 parameters");
	query_clear(&query);
	buf_free(&text);
}

static void values_of_a_name_come_in_order(void **state)
{
	const struct query_pair *pair = NULL;
	struct query query;
	struct error err;

	(void)state;
	assert_int_equal(
		parse(slice_of("group=a&x=1&group=b&Group=c&groupp=d&group=e"), &query, &err),
		RC_OK);
	for (const char *wanted = "abe"; *wanted; wanted++) {
		pair = query_next(&query, "group", pair);
		assert_non_null(pair);
		assert_int_equal(pair->value.len, 1);
		assert_int_equal(pair->value.data[0], *wanted);
	}
	assert_null(query_next(&query, "group", pair));
	assert_null(query_next(&query, "none", NULL));
	assert_null(query_next(&query, "", NULL));
	query_clear(&query);
}

static void a_name_that_may_be_there_once(void **state)
{
	struct query query;
	struct error err;
	struct slice value = slice_of("untouched");

	(void)state;
	assert_int_equal(parse(slice_of("since=&limit=5&limi%74=6&x"), &query, &err), RC_OK);
	assert_int_equal(query_one(&query, "group", &value, &err), RC_NOT_FOUND);
	assert_true(slice_is(value, "untouched"));
	assert_int_equal(query_one(&query, "limit", &value, &err), RC_MALFORMED);
	assert_string_equal(err.text, "limit: given more than once");
	assert_int_equal(query_one(&query, "since", &value, &err), RC_OK);
	assert_int_equal(value.len, 0);
	assert_int_equal(query_one(&query, "x", &value, &err), RC_OK);
	assert_int_equal(value.len, 0);
	query_clear(&query);
	assert_int_equal(query_one(&query, "x", &value, &err), RC_NOT_FOUND);
}

static enum rc number_of(const char *text, uint64_t *number, struct error *err)
{
	struct query query;
	enum rc rc = parse(slice_of(text), &query, err);

	assert_int_equal(rc, RC_OK);
	rc = query_number(&query, "limit", 1000, number, err);
	query_clear(&query);
	return rc;
}

static void numbers_are_from_one_on(void **state)
{
	static const char *const bad[] = { "limit=0",  "limit=1001", "limit=",    "limit",
					   "limit=-1", "limit=01",   "limit=1.0", "limit=x" };
	uint64_t number = 7;
	struct error err;

	(void)state;
	assert_int_equal(number_of("x=1", &number, &err), RC_OK);
	assert_int_equal(number, 7);
	assert_int_equal(number_of("limit=1000", &number, &err), RC_OK);
	assert_int_equal(number, 1000);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(number_of(bad[i], &number, &err), RC_MALFORMED);
		assert_string_equal(err.text, "limit: must be a number from 1 to 1000");
	}
	assert_int_equal(number_of("limit=1&limit=1", &number, &err), RC_MALFORMED);
	assert_string_equal(err.text, "limit: given more than once");
}

static enum rc flag_of(const char *text, bool *flag, struct error *err)
{
	struct query query;
	enum rc rc = parse(slice_of(text), &query, err);

	assert_int_equal(rc, RC_OK);
	rc = query_flag(&query, "meta", flag, err);
	query_clear(&query);
	return rc;
}

static void flags_are_0_or_1(void **state)
{
	static const char *const bad[] = { "meta=", "meta", "meta=2", "meta=01", "meta=true" };
	bool flag = true;
	struct error err;

	(void)state;
	assert_int_equal(flag_of("x=1", &flag, &err), RC_OK);
	assert_true(flag);
	assert_int_equal(flag_of("meta=0", &flag, &err), RC_OK);
	assert_false(flag);
	assert_int_equal(flag_of("meta=1", &flag, &err), RC_OK);
	assert_true(flag);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(flag_of(bad[i], &flag, &err), RC_MALFORMED);
		assert_string_equal(err.text, "meta: must be 0 or 1");
	}
	assert_int_equal(flag_of("meta=1&meta=1", &flag, &err), RC_MALFORMED);
	assert_string_equal(err.text, "meta: given more than once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_read),
		cmocka_unit_test(a_broken_escape_is_refused_by_its_name),
		cmocka_unit_test(there_may_be_128_pairs),
		cmocka_unit_test(values_of_a_name_come_in_order),
		cmocka_unit_test(a_name_that_may_be_there_once),
		cmocka_unit_test(numbers_are_from_one_on),
		cmocka_unit_test(flags_are_0_or_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
