/* Tests of auth/auth.c with auth/token_cache.c: what is remembered of a token, and for
 * how long. */
#include "auth_kit.h"
#include "auth/token_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Counted by the linker's --wrap. */
static unsigned parsed;
enum rc __real_token_parse(struct slice text, struct token_parts *out);
enum rc __wrap_token_parse(struct slice text, struct token_parts *out);

enum rc __wrap_token_parse(struct slice text, struct token_parts *out)
{
	parsed++;
	return __real_token_parse(text, out);
}

static void an_identity_is_cached_for_a_minute(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	now_ms += TOKEN_CACHE_MS - 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 1);
	now_ms += 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 2);
}

static void a_token_is_looked_up_again_in_another_generation(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 1);
	fixture->generation += 2;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(fixture->store.asked, 2);
}

static void a_token_that_was_found_good_is_recognized_by_its_memo(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	parsed = 0;
	for (int i = 0; i < 10; i++)
		assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(parsed, 0);
	fixture->generation += 2;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(parsed, 1);
}

/* A token in the memo is compared in all its characters. */
static void a_memo_recognizes_no_other_text(void **state)
{
	struct fixture *fixture = *state;
	char text[TOKEN_TEXT_LEN + 2];

	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	for (size_t i = 0; i < TOKEN_TEXT_LEN; i++) {
		/* Not all denials may count against one address. */
		fixture->from.bytes[3] = (unsigned char)i;
		memcpy(text, fixture->minted.text, TOKEN_TEXT_LEN + 1);
		text[i] = text[i] == 'a' ? 'b' : 'a';
		assert_int_equal(identify(fixture, text), RC_DENIED);
		text[i] = '\0';
		assert_int_equal(identify(fixture, text), RC_DENIED);
	}
	memcpy(text, fixture->minted.text, TOKEN_TEXT_LEN);
	strcpy(text + TOKEN_TEXT_LEN, "a");
	assert_int_equal(identify(fixture, text), RC_DENIED);
}

static void a_memo_ends_with_its_token(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.token.expires = now_wall + 10;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	now_wall += 10;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	now_wall -= 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->generation += 2;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(identify_mine(fixture), RC_DENIED);
}

static void an_answer_older_than_an_invalidation_is_not_cached(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.later = true;
	auth_identify(fixture->auth, slice_of(fixture->minted.text), &fixture->from, answered,
		      fixture);
	assert_int_equal(fixture->answers, 0);
	fixture->generation += 2;
	store_answer(&fixture->store);
	assert_int_equal(fixture->answers, 1);
	assert_int_equal(fixture->rc, RC_OK);
	fixture->store.later = false;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
}

static void nothing_is_believed_while_tokens_may_be_changing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->generation = 0;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 3);
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
}

static void late_answers_reach_all_callers(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.later = true;
	for (int i = 0; i < 3; i++)
		auth_identify(fixture->auth, slice_of(fixture->minted.text), &fixture->from,
			      answered, fixture);
	store_answer(&fixture->store);
	assert_int_equal(fixture->answers, 3);
	assert_int_equal(fixture->rc, RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 3);
}

static void an_identity_outlives_its_cache_entry(void **state)
{
	struct fixture *fixture = *state;
	struct identity *identity;

	assert_int_equal(identify_mine(fixture), RC_OK);
	identity = identity_ref(fixture->identity);
	fixture->generation += 2;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(identity->refs, 1);
	assert_true(slice_is(identity->user, "ann"));
	assert_true(identity_may_group(identity, slice_of("news"), AUTH_READ));
	identity_unref(identity);
}

/* With more tokens than entries, each is still identified, and the last is cached. */
static void more_tokens_than_cache_entries_are_identified(void **state)
{
	const unsigned many = 2 * TOKEN_CACHE_SETS * TOKEN_CACHE_WAYS;
	struct fixture *fixture = *state;
	struct token_minted minted;

	for (unsigned i = 0; i < many; i++) {
		now_ms++;
		assert_int_equal(token_mint(&minted), RC_OK);
		fixture->store.token.id = slice_of(minted.id);
		memcpy(fixture->store.token.hash, minted.hash, STORE_TOKEN_HASH_LEN);
		assert_int_equal(identify(fixture, minted.text), RC_OK);
		assert_string_equal(fixture->identity->id, minted.id);
	}
	assert_int_equal(identify(fixture, minted.text), RC_OK);
	assert_int_equal(fixture->store.asked, many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(an_identity_is_cached_for_a_minute),
		FIXTURE_TEST(a_token_is_looked_up_again_in_another_generation),
		FIXTURE_TEST(a_token_that_was_found_good_is_recognized_by_its_memo),
		FIXTURE_TEST(a_memo_recognizes_no_other_text),
		FIXTURE_TEST(a_memo_ends_with_its_token),
		FIXTURE_TEST(an_answer_older_than_an_invalidation_is_not_cached),
		FIXTURE_TEST(nothing_is_believed_while_tokens_may_be_changing),
		FIXTURE_TEST(late_answers_reach_all_callers),
		FIXTURE_TEST(an_identity_outlives_its_cache_entry),
		FIXTURE_TEST(more_tokens_than_cache_entries_are_identified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
