/* Document ids, groups, and the hashes of all groups that hold an id. */
#include "base/buf.h"
#include "store/docid.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

static const struct {
	struct slice id;
	bool valid;
} ids[] = {
	{ BYTES("a:b"), true },
	{ BYTES("a:b:c"), true },
	{ BYTES("a:b:"), true },
	{ BYTES(":a:b"), true },
	{ BYTES("a::"), true },
	{ BYTES("a::b"), true },
	{ BYTES(":::"), true },
	{ BYTES("::a"), true },
	{ BYTES("a: "), true },
	{ BYTES("a b:c/d?e=f&g#h%"), true },
	{ BYTES("\xc3\xa4:\xe2\x82\xac"), true },
	{ BYTES("*:*"), true },
	{ BYTES("\xc2\xa0:\xc2\xa0"), true },
	{ BYTES(""), false },
	{ BYTES("a"), false },
	{ BYTES("ab"), false },
	{ BYTES("abc"), false },
	{ BYTES(":"), false },
	{ BYTES("::"), false },
	{ BYTES("a:"), false },
	{ BYTES("abc:"), false },
	{ BYTES(":b"), false },
	{ BYTES(":bcd"), false },
	{ BYTES(":a:"), false },
	{ BYTES("a:b\n"), false },
	{ BYTES("a\t:b"), false },
	{ BYTES("a:\0"), false },
	{ BYTES("a:b\x7f"), false },
	{ BYTES("a:\xc2\x80"), false },
	{ BYTES("a:\xc2\x9f"), false },
	{ BYTES("a:\xff"), false },
	{ BYTES("a:\xc3"), false },
	{ BYTES("\xc3:\xa4"), false },
	{ BYTES("a:\xed\xa0\x80"), false },
	{ BYTES("a:\xc0\xba"), false },
};

static void an_id_is_a_group_and_a_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		/* Without a terminator, so that a sanitizer sees who reads beyond the
		 * end. */
		char *copy = malloc(ids[i].id.len ? ids[i].id.len : 1);

		memcpy(copy, ids[i].id.data, ids[i].id.len);
		if (docid_is_valid(slice_make(copy, ids[i].id.len)) != ids[i].valid)
			fail_msg("\"%s\" is %svalid", ids[i].id.data, ids[i].valid ? "not " : "");
		free(copy);
	}
}

static void lengths_are_in_bytes(void **state)
{
	char text[DOCID_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(group_is_valid(slice_make(text, GROUP_MAX)));
	assert_false(group_is_valid(slice_make(text, GROUP_MAX + 1)));
	assert_true(group_is_valid(slice_make(text, 1)));
	assert_false(group_is_valid(slice_make(text, 0)));
	text[1] = ':';
	assert_true(docid_is_valid(slice_make(text, DOCID_MAX)));
	assert_false(docid_is_valid(slice_make(text, DOCID_MAX + 1)));
	/* The longest group of all holds no id of the longest. */
	text[1] = 'a';
	text[DOCID_MAX - 2] = ':';
	assert_true(docid_is_valid(slice_make(text, DOCID_MAX)));
	assert_int_equal(docid_group(slice_make(text, DOCID_MAX)).len, DOCID_MAX - 2);
	text[DOCID_MAX - 2] = 'a';
	text[DOCID_MAX - 1] = ':';
	assert_false(docid_is_valid(slice_make(text, DOCID_MAX)));
}

static void thirty_two_groups_may_contain_a_document(void **state)
{
	char text[2 * NESTING_MAX + 4];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? ':' : 'a';
	assert_false(docid_is_deep(slice_make(text, 2 * NESTING_MAX + 1)));
	assert_true(docid_is_deep(slice_make(text, 2 * NESTING_MAX + 3)));
	assert_null(group_fault(slice_make(text, 2 * NESTING_MAX - 1)));
	assert_non_null(group_fault(slice_make(text, 2 * NESTING_MAX + 1)));
	/* A first character is part of a name in any case. */
	text[0] = ':';
	assert_false(docid_is_deep(slice_make(text, 2 * NESTING_MAX + 1)));
	memset(text, ':', sizeof(text));
	assert_false(docid_is_deep(slice_make(text, NESTING_MAX + 1)));
	assert_true(docid_is_deep(slice_make(text, NESTING_MAX + 2)));
}

static void a_group_is_text_without_controls(void **state)
{
	static const struct {
		struct slice name;
		bool valid;
	} names[] = {
		{ BYTES("a"), true },
		{ BYTES(":"), true },
		{ BYTES("a:"), true },
		{ BYTES("a:b"), true },
		{ BYTES(" "), true },
		{ BYTES("*"), true },
		{ BYTES("\xf0\x9f\x98\x80"), true },
		{ BYTES("\0"), false },
		{ BYTES("a\n"), false },
		{ BYTES("\x1f"), false },
		{ BYTES("a\x7f"
			"b"),
		  false },
		{ BYTES("\xc2\x85"), false },
		{ BYTES("\x80"), false },
		{ BYTES("a\xf0\x9f\x98"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(group_is_valid(names[i].name), names[i].valid);
}

static void a_group_covers_what_is_nested_in_it(void **state)
{
	static const struct {
		const char *group, *name;
		bool covers;
	} pairs[] = {
		{ "a", "a:b", true },   { "a", "a:", true },      { "a", "a::", true },
		{ "a", "ab:c", false }, { "a", "b:a", false },    { "a", "", false },
		{ "a", "A:b", false },  { "a:b", "a:b:c", true }, { "a:b", "a:bc", false },
		{ "a:b", "a", false },  { "a:b", "a:", false },   { "a:", "a::b", true },
		{ "a:", "a:b", false }, { ":", "::", true },      { ":", ":a", false },
		{ ":a", ":a:b", true }, { "*", "a:b", true },     { "*", "*:b", true },
		{ "", ":a", true },     { "", "a:b", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		assert_int_equal(
			group_covers(slice_of(pairs[i].group), slice_of(pairs[i].name), false),
			pairs[i].covers);
		assert_int_equal(
			group_covers(slice_of(pairs[i].group), slice_of(pairs[i].name), true),
			pairs[i].covers);
	}
	assert_false(group_covers(slice_of("a:b"), slice_of("a:b"), false));
	assert_true(group_covers(slice_of("a:b"), slice_of("a:b"), true));
	assert_false(group_covers(slice_of("*"), slice_of("*"), false));
	assert_true(group_covers(slice_of("*"), slice_of("*"), true));
	assert_true(group_covers(slice_of("*"), slice_of("a"), true));
	assert_false(group_covers(slice_of("a"), slice_of("*"), true));
}

/* ---- All groups of an
 * id ----------------------------------------------------------------------------------
 */

#define GROUPS_MAX 8

static const struct {
	const char *id;
	const char *groups[GROUPS_MAX];
} nests[] = {
	{ "a:b", { "a" } },
	{ "acme:todos:7", { "acme", "acme:todos" } },
	{ "a:b:", { "a", "a:b" } },
	{ ":a:b", { ":a" } },
	{ "a::b", { "a", "a:" } },
	{ "a::", { "a", "a:" } },
	{ ":::", { ":", "::" } },
	{ "::a", { ":" } },
	{ "a:b:c:d:e", { "a", "a:b", "a:b:c", "a:b:c:d" } },
	{ "\xc3\xa4:\xe2\x82\xac:x", { "\xc3\xa4", "\xc3\xa4:\xe2\x82\xac" } },
};

static void the_groups_come_outermost_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(nests); i++) {
		struct slice id = slice_of(nests[i].id), group = { NULL, 0 };
		uint64_t hash = HASH_START;
		size_t at = 0, count = 0;

		assert_true(docid_is_valid(id));
		while (docid_next_group(id, &at, &hash, &group)) {
			assert_non_null(nests[i].groups[count]);
			assert_true(slice_is(group, nests[i].groups[count++]));
			assert_true(hash == hash_of(group));
			assert_true(group_covers(group, id, false));
			assert_true(group_is_valid(group));
		}
		assert_null(nests[i].groups[count]);
		assert_true(slice_equal(group, docid_group(id)));
		assert_false(docid_next_group(id, &at, &hash, &group));
	}
}

/* Every id of up to seven letters of two: the steps find all prefixes that group_covers
 * says hold it, and no other. */
static void the_groups_are_all_that_cover_the_id(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 9; len++) {
		for (unsigned bits = 0; bits < 1u << len; bits++) {
			char text[16];
			struct slice id = slice_make(text, len), group;
			uint64_t hash = HASH_START;
			size_t at = 0;

			for (size_t i = 0; i < len; i++)
				text[i] = bits >> i & 1 ? ':' : 'a';
			for (size_t prefix = 1; prefix < len; prefix++) {
				/* A group that an id ends with would leave no rest: the
				 * id needs one behind its first colon only. */
				if (!group_covers(slice_make(text, prefix), id, false) ||
				    !docid_is_valid(id))
					continue;
				assert_true(docid_next_group(id, &at, &hash, &group));
				assert_int_equal(group.len, prefix);
				assert_true(hash == hash_of(slice_make(text, prefix)));
			}
			assert_true(!docid_is_valid(id) ||
				    !docid_next_group(id, &at, &hash, &group));
		}
	}
}

/* Worked out by Python's integers. */
static void the_hash_is_the_polynomial(void **state)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} vectors[] = {
		{ "", UINT64_C(0x1) },
		{ "a", UINT64_C(0x10a3d70a3d70a370) },
		{ "foobar", UINT64_C(0x167b894c63a21b73) },
		{ "\xff", UINT64_C(0x468acf13579bcf8) },
	};

	(void)state;
	assert_true(hash_key == UINT64_C(0x0123456789abcdef));
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_true(hash_of(slice_of(vectors[i].text)) == vectors[i].hash);
	assert_true(hash_more(hash_of(slice_of("foo")), slice_of("bar")) ==
		    hash_of(slice_of("foobar")));
}

/* Names that meet under one key do not under another, so nobody can choose such
 * ahead. */
static void nobody_can_choose_names_that_meet(void **state)
{
	const uint64_t before = hash_key;
	char first[] = "00000000", other[] = "00000000";
	unsigned met = 0;

	(void)state;
	hash_key = 2; /* a key that a stranger knows: h -> 2 (h + byte + 1), so a byte more is made
			 up for by two less behind it */
	first[6] = '1';
	other[7] = '2';
	assert_true(hash_of(slice_of(first)) == hash_of(slice_of(other)));
	for (int i = 0; i < 1000; i++) {
		assert_true(hash_choose_key());
		assert_true(hash_key < HASH_PRIME && hash_key > UINT32_MAX);
		met += hash_of(slice_of(first)) == hash_of(slice_of(other));
	}
	assert_int_equal(met, 0);
	assert_true(hash_key != before);
	hash_key = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_a_group_and_a_rest),
		cmocka_unit_test(lengths_are_in_bytes),
		cmocka_unit_test(thirty_two_groups_may_contain_a_document),
		cmocka_unit_test(a_group_is_text_without_controls),
		cmocka_unit_test(a_group_covers_what_is_nested_in_it),
		cmocka_unit_test(the_groups_come_outermost_first),
		cmocka_unit_test(the_groups_are_all_that_cover_the_id),
		cmocka_unit_test(the_hash_is_the_polynomial),
		cmocka_unit_test(nobody_can_choose_names_that_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
