/* Quotas as text, and which one applies. */
#include "auth/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct store_quota parsed(const char *text)
{
	struct store_quota quota = { { 0 } };
	struct error err;

	assert_int_equal(quota_parse(slice_of(text), true, &quota, &err), RC_OK);
	return quota;
}

static void all_of_them(void **state)
{
	const struct store_quota quota =
		parsed("bytes=1G,documents=100000,groups=off,streams=default,pushes=1");

	(void)state;
	assert_int_equal(quota.limits[STORE_QUOTA_BYTES], 1 << 30);
	assert_int_equal(quota.limits[STORE_QUOTA_DOCUMENTS], 100000);
	assert_int_equal(quota.limits[STORE_QUOTA_GROUPS], STORE_QUOTA_OFF);
	assert_int_equal(quota.limits[STORE_QUOTA_STREAMS], STORE_QUOTA_DEFAULT);
	assert_int_equal(quota.limits[STORE_QUOTA_PUSHES], 1);
	assert_true(parsed("bytes=9223372036854775807").limits[0] == INT64_MAX);
	assert_int_equal(parsed("bytes=500").limits[0], 500);
}

static void others_stay(void **state)
{
	struct store_quota quota = { { 1, 2, 3, 4, 5 } };
	struct error err;

	(void)state;
	assert_int_equal(quota_parse(slice_of("groups=7"), true, &quota, &err), RC_OK);
	assert_int_equal(quota.limits[STORE_QUOTA_GROUPS], 7);
	assert_int_equal(quota.limits[STORE_QUOTA_BYTES], 1);
	assert_int_equal(quota.limits[STORE_QUOTA_PUSHES], 5);
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"bytes",
		"bytes=",
		"=1",
		"1G",
		"bytes=0",
		"bytes=-1",
		"documents=-1",
		"documents=+1",
		"documents=1K",
		"documents=1.5",
		"documents= 1",
		"documents=01",
		"bytes=1T",
		"bytes=9223372036854775808",
		"documents=9223372036854775808",
		"bytes=18446744073709551616",
		"bytes=99999999999G",
		"bytes=1,bytes=2",
		"bytes=1,,groups=1",
		"bytes=1,",
		"bytes=1;groups=1",
		"Bytes=1",
		"memory=1",
		"bytes=default=1",
		"bytes=OFF",
	};
	struct store_quota quota;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(quota_parse(slice_of(texts[i]), true, &quota, &err), RC_MALFORMED);
	assert_int_equal(quota_parse(slice_of("bytes=default"), false, &quota, &err), RC_MALFORMED);
	assert_string_equal(
		err.text,
		"bytes: \"default\" is neither a size (such as 500M or 2G) of at least 1 nor off");
}

static void text_is_read_back(void **state)
{
	static const char text[] = "bytes=1536K,documents=100000,groups=off,pushes=600";
	const struct store_quota quota = parsed(text);
	struct buf out = BUF_EMPTY;

	(void)state;
	quota_format(&quota, &out);
	assert_int_equal(out.len, strlen(text));
	assert_memory_equal(out.data, text, out.len);
	buf_free(&out);
}

static void own_before_the_servers(void **state)
{
	const struct store_quota server = { { 10, 20, 0, STORE_QUOTA_OFF, 50 } };
	const struct store_quota token = { { 1, 0, 0, 0, STORE_QUOTA_OFF } };

	(void)state;
	assert_int_equal(quota_limit(&token, &server, STORE_QUOTA_BYTES), 1);
	assert_int_equal(quota_limit(&token, &server, STORE_QUOTA_DOCUMENTS), 20);
	assert_int_equal(quota_limit(&token, &server, STORE_QUOTA_GROUPS), STORE_QUOTA_OFF);
	assert_int_equal(quota_limit(&token, &server, STORE_QUOTA_STREAMS), STORE_QUOTA_OFF);
	assert_int_equal(quota_limit(&token, &server, STORE_QUOTA_PUSHES), STORE_QUOTA_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them),
		cmocka_unit_test(others_stay),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(text_is_read_back),
		cmocka_unit_test(own_before_the_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
