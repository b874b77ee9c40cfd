/* Checks of text: UTF-8, numbers, escapes, ids and groups. */
#include "base/docid.h"
#include "base/hash.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

static void utf8_is_strict(void **state)
{
	static const char *const good[] = { "",
					    "a",
					    "\x7f",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xef\xbf\xbf",
					    "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf",
					    "a\xc3\xa9z" };
	static const char *const bad[] = {
		"\x80",     "\xbf",         "\xc0\x80",     "\xc1\xbf",         "\xc2",         "\xc2\x41",         "\xe0\x9f\xbf",
		"\xe0\xa0", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xff",     "a\xc3",        "\xe2\x82\x28"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_utf8(slice_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(slice_of(bad[i])));
	assert_true(text_is_utf8(slice_make("a\0b", 3)));
}

static void control_characters_are_found(void **state)
{
	(void)state;
	assert_true(text_has_control(slice_make("a\0", 2)));
	assert_true(text_has_control(slice_of("\x1f")));
	assert_true(text_has_control(slice_of("a\x7f")));
	assert_true(text_has_control(slice_of("\xc2\x80")));
	assert_true(text_has_control(slice_of("\xc2\x9f")));
	assert_false(text_has_control(slice_of(" ~\xc2\xa0\xc3\x80")));
}

static void assert_number(const char *text, uint64_t max, enum rc rc, uint64_t number)
{
	uint64_t got = 0;

	assert_int_equal(text_number(slice_of(text), max, &got), rc);
	if (rc == RC_OK)
		assert_true(got == number);
}

static void numbers_are_digits_within_bounds(void **state)
{
	(void)state;
	assert_number("0", 0, RC_OK, 0);
	assert_number("1", 0, RC_MALFORMED, 0);
	assert_number("10000", 10000, RC_OK, 10000);
	assert_number("10001", 10000, RC_MALFORMED, 0);
	assert_number("18446744073709551615", UINT64_MAX, RC_OK, UINT64_MAX);
	assert_number("18446744073709551616", UINT64_MAX, RC_MALFORMED, 0);
	assert_number("99999999999999999999999", UINT64_MAX, RC_MALFORMED, 0);
	for (const char *const *bad = (const char *const[]){ "", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e1", "x", NULL }; *bad; bad++)
		assert_number(*bad, UINT64_MAX, RC_MALFORMED, 0);
}

static void escapes_are_undone(void **state)
{
	char out[32];
	size_t len;

	(void)state;
	assert_int_equal(text_percent_decode(slice_of("a%20b+c%2B%00%c3%A9"), true, out, &len), RC_OK);
	assert_int_equal(len, 9);
	assert_memory_equal(out, "a b c+\0\xc3\xa9", 9);
	assert_int_equal(text_percent_decode(slice_of("a+b"), false, out, &len), RC_OK);
	assert_memory_equal(out, "a+b", 3);
	for (const char *const *bad = (const char *const[]){ "%", "%4", "a%g0", "%0g", "%%41", NULL }; *bad; bad++)
		assert_int_equal(text_percent_decode(slice_of(*bad), false, out, &len), RC_MALFORMED);
}

static void ids_have_two_parts(void **state)
{
	char id[DOCID_MAX + 2];

	(void)state;
	for (const char *const *good = (const char *const[]){ "a:b", "a:b:c", "a::b", ":a:b", "a:b:", "\xc3\xa9:x", "a b:c d", NULL };
	     *good; good++)
		assert_true(docid_is_valid(slice_of(*good)));
	for (const char *const *bad = (const char *const[]){ "", ":", "a", "a:", ":a", "::", "a:\n", "a:\xff", "a:\xc2\x85", NULL }; *bad;
	     bad++)
		assert_false(docid_is_valid(slice_of(*bad)));
	(void)snprintf(id, sizeof(id), "a:%0511d", 0);
	assert_true(docid_is_valid(slice_make(id, DOCID_MAX)));
	assert_false(docid_is_valid(slice_make(id, DOCID_MAX + 1)));
	assert_true(group_is_valid(slice_make(id, GROUP_MAX)));
	assert_false(group_is_valid(slice_make(id, GROUP_MAX + 1)));
	assert_false(group_is_valid(slice_of("")));
	assert_false(group_is_valid(slice_of("a\x01")));
}

static void groups_cover_what_is_nested(void **state)
{
	(void)state;
	assert_true(group_covers(slice_of("a"), slice_of("a:b"), false));
	assert_true(group_covers(slice_of("a:b"), slice_of("a:b:c"), false));
	assert_true(group_covers(slice_of("a"), slice_of("a"), true));
	assert_false(group_covers(slice_of("a"), slice_of("a"), false));
	assert_false(group_covers(slice_of("a"), slice_of("ab:c"), true));
	assert_false(group_covers(slice_of("a:b"), slice_of("a"), true));
}

static void assert_groups(const char *id, const char *const *groups)
{
	struct slice group, innermost = slice_of("");
	uint64_t hash = HASH_START;
	size_t at = 0;

	for (; *groups; groups++) {
		assert_true(docid_next_group(slice_of(id), &at, &hash, &group));
		assert_int_equal(group.len, strlen(*groups));
		assert_memory_equal(group.data, *groups, group.len);
		assert_true(hash == hash_of(group));
		assert_true(group_covers(group, slice_of(id), false));
		innermost = group;
	}
	assert_false(docid_next_group(slice_of(id), &at, &hash, &group));
	assert_true(slice_equal(docid_group(slice_of(id)), innermost));
}

static void an_id_lies_in_each_of_its_prefixes(void **state)
{
	(void)state;
	assert_groups("a:b", (const char *const[]){ "a", NULL });
	assert_groups("acme:todos:7", (const char *const[]){ "acme", "acme:todos", NULL });
	assert_groups("a::b", (const char *const[]){ "a", "a:", NULL });
	assert_groups("a:b:", (const char *const[]){ "a", "a:b", NULL });
	assert_groups(":a:b", (const char *const[]){ ":a", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(control_characters_are_found),
		cmocka_unit_test(numbers_are_digits_within_bounds),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(ids_have_two_parts),
		cmocka_unit_test(groups_cover_what_is_nested),
		cmocka_unit_test(an_id_lies_in_each_of_its_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
