/* Tests of auth/token.c and auth/grant.c. */
#include "auth/grant.h"
#include "auth/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- Tokens ---- */

static struct token_minted mint(void)
{
	struct token_minted minted;

	assert_int_equal(token_mint(&minted), RC_OK);
	return minted;
}

static void a_minted_token_parses_to_its_own_id_and_hash(void **state)
{
	struct token_minted minted = mint();
	struct token_parts parts;

	(void)state;
	assert_int_equal(strlen(minted.text), TOKEN_TEXT_LEN);
	assert_true(token_id_is_valid(slice_of(minted.id)));
	assert_int_equal(token_parse(slice_of(minted.text), &parts), RC_OK);
	assert_string_equal(parts.id, minted.id);
	assert_true(token_hash_equal(parts.hash, minted.hash));
}

static void two_tokens_differ_in_all_parts(void **state)
{
	struct token_minted a = mint(), b = mint();

	(void)state;
	assert_string_not_equal(a.text, b.text);
	assert_string_not_equal(a.id, b.id);
	assert_false(token_hash_equal(a.hash, b.hash));
}

/* Created by an independent implementation (Python's hashlib.blake2b) from the secret
 * 00 01 … 1f. */
static void a_known_token_has_its_known_hash(void **state)
{
	static const char text[] =
		"pbk_0123456789abcdef_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-wLavJ";
	static const unsigned char hash[] = { 0x81, 0x40, 0x93, 0x2e, 0x00, 0x3a, 0x42, 0x37,
					      0x60, 0xc7, 0x34, 0x4b, 0xac, 0x20, 0x58, 0x18,
					      0x83, 0x4e, 0xa6, 0x7f, 0x3b, 0x17, 0x9e, 0x97,
					      0x2c, 0x86, 0x11, 0x16, 0xc4, 0x6c, 0xb8, 0x14 };
	struct token_parts parts;

	(void)state;
	assert_int_equal(token_parse(slice_of(text), &parts), RC_OK);
	assert_string_equal(parts.id, "0123456789abcdef");
	assert_memory_equal(parts.hash, hash, sizeof(hash));
}

/* The format or the checksum detects every change of a single character. */
static void every_changed_character_is_detected(void **state)
{
	struct token_minted minted = mint();
	struct token_parts parts;

	(void)state;
	for (size_t i = 0; i < TOKEN_TEXT_LEN; i++) {
		for (int c = 0; c < 256; c++) {
			char text[TOKEN_TEXT_LEN];

			if ((char)c == minted.text[i])
				continue;
			memcpy(text, minted.text, sizeof(text));
			text[i] = (char)c;
			assert_int_equal(token_parse(slice_make(text, sizeof(text)), &parts),
					 RC_MALFORMED);
		}
	}
}

static void no_other_length_is_a_token(void **state)
{
	struct token_minted minted = mint();
	char longer[TOKEN_TEXT_LEN + 1];
	struct token_parts parts;

	(void)state;
	memcpy(longer, minted.text, TOKEN_TEXT_LEN);
	longer[TOKEN_TEXT_LEN] = '=';
	for (size_t len = 0; len < TOKEN_TEXT_LEN; len++)
		assert_int_equal(token_parse(slice_make(minted.text, len), &parts), RC_MALFORMED);
	assert_int_equal(token_parse(slice_make(longer, sizeof(longer)), &parts), RC_MALFORMED);
	assert_int_equal(token_parse(slice_make(NULL, 0), &parts), RC_MALFORMED);
}

static void a_secret_is_bound_to_its_id(void **state)
{
	struct token_minted a = mint(), b = mint();
	struct token_parts parts;
	char mixed[TOKEN_TEXT_LEN + 1];

	(void)state;
	memcpy(mixed, a.text, sizeof(mixed));
	memcpy(mixed + 4, b.id, STORE_TOKEN_ID_LEN);
	assert_int_equal(token_parse(slice_of(mixed), &parts), RC_MALFORMED);
}

static void wiping_leaves_nothing(void **state)
{
	struct token_minted minted = mint();
	static const struct token_minted nothing;

	(void)state;
	token_wipe(&minted);
	assert_memory_equal(&minted, &nothing, sizeof(minted));
}

static void ids_are_sixteen_lower_case_hex_digits(void **state)
{
	(void)state;
	assert_true(token_id_is_valid(slice_of("0123456789abcdef")));
	assert_false(token_id_is_valid(slice_of("0123456789ABCDEF")));
	assert_false(token_id_is_valid(slice_of("0123456789abcdeg")));
	assert_false(token_id_is_valid(slice_of("0123456789abcde")));
	assert_false(token_id_is_valid(slice_of("0123456789abcdef0")));
	assert_false(token_id_is_valid(slice_of("")));
}

/* ---- Grants ---- */

static void expect_grant(const char *text, const char *group, bool write)
{
	struct store_grant grant;
	struct buf back = BUF_EMPTY;

	assert_int_equal(grant_parse(slice_of(text), &grant, NULL), RC_OK);
	assert_true(slice_is(grant.group, group));
	assert_int_equal(grant.write, write);
	grant_format(&grant, &back);
	assert_int_equal(back.len, strlen(group) + 3);
	assert_memory_equal(back.data, group, strlen(group));
	assert_memory_equal(back.data + strlen(group), write ? ":rw" : ":ro", 3);
	buf_free(&back);
}

static void only_a_final_mode_counts(void **state)
{
	(void)state;
	expect_grant("todos", "todos", true);
	expect_grant("todos:ro", "todos", false);
	expect_grant("todos:rw", "todos", true);
	expect_grant("acme:todos", "acme:todos", true);
	expect_grant("acme:todos:ro", "acme:todos", false);
	expect_grant("acme:ro:rw", "acme:ro", true);
	expect_grant("ro", "ro", true);
	expect_grant("acme:Ro", "acme:Ro", true);
	expect_grant("*", "*", true);
	expect_grant("*:ro", "*", false);
}

static void expect_rejected(const char *text, const char *part)
{
	struct store_grant grant;
	struct error err;

	assert_int_equal(grant_parse(slice_of(text), &grant, &err), RC_MALFORMED);
	assert_non_null(strstr(err.text, part));
}

static void invalid_groups_are_rejected(void **state)
{
	char group[513];

	(void)state;
	expect_rejected("", "empty");
	expect_rejected(":ro", "empty");
	expect_rejected("a\nb", "control characters");
	expect_rejected("\xff", "UTF-8");
	memset(group, 'g', sizeof(group));
	group[512] = '\0';
	expect_rejected(group, "longer");
	group[511] = '\0';
	expect_grant(group, group, true);
}

/* ---- Invitations and joins ---- */

static void an_invitation_is_no_token(void **state)
{
	struct token_minted token, invite;
	struct token_parts parts;

	(void)state;
	assert_int_equal(token_mint(&token), RC_OK);
	assert_int_equal(invite_mint(&invite), RC_OK);
	assert_int_equal(invite_parse(slice_of(invite.text), &parts), RC_OK);
	assert_string_equal(parts.id, invite.id);
	assert_memory_equal(parts.hash, invite.hash, sizeof(parts.hash));
	assert_int_equal(token_parse(slice_of(invite.text), &parts), RC_MALFORMED);
	assert_int_equal(invite_parse(slice_of(token.text), &parts), RC_MALFORMED);
}

static void a_seed_makes_the_same_secret_again(void **state)
{
	const char *text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
	unsigned char retry[STORE_TOKEN_HASH_LEN], other_retry[STORE_TOKEN_HASH_LEN];
	struct token_minted first, second, again;
	struct token_seed seed, other;

	(void)state;
	assert_int_equal(token_seed_parse(slice_of(text), &seed), RC_OK);
	assert_int_equal(seed.bytes[31], 31);
	assert_int_equal(token_seed_parse(slice_of("AAEC"), &other), RC_MALFORMED);
	assert_int_equal(token_seed_parse(slice_of(text + 1), &other), RC_MALFORMED);
	assert_int_equal(token_mint_from(&seed, &first), RC_OK);
	assert_int_equal(token_mint_from(&seed, &second), RC_OK);
	assert_string_not_equal(first.id, second.id);
	assert_memory_not_equal(first.hash, second.hash, sizeof(first.hash));
	token_of_seed(&seed, slice_of(first.id), &again);
	assert_string_equal(again.text, first.text);
	assert_memory_equal(again.hash, first.hash, sizeof(first.hash));
	assert_int_equal(token_seed_random(&other), RC_OK);
	token_retry_hash(&seed, retry);
	token_retry_hash(&other, other_retry);
	assert_memory_not_equal(retry, other_retry, sizeof(retry));
	token_of_seed(&other, slice_of(first.id), &second);
	assert_string_not_equal(second.text, first.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minted_token_parses_to_its_own_id_and_hash),
		cmocka_unit_test(two_tokens_differ_in_all_parts),
		cmocka_unit_test(a_known_token_has_its_known_hash),
		cmocka_unit_test(every_changed_character_is_detected),
		cmocka_unit_test(no_other_length_is_a_token),
		cmocka_unit_test(a_secret_is_bound_to_its_id),
		cmocka_unit_test(wiping_leaves_nothing),
		cmocka_unit_test(ids_are_sixteen_lower_case_hex_digits),
		cmocka_unit_test(an_invitation_is_no_token),
		cmocka_unit_test(a_seed_makes_the_same_secret_again),
		cmocka_unit_test(only_a_final_mode_counts),
		cmocka_unit_test(invalid_groups_are_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
