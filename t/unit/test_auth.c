/* Tests of auth/auth.c: who a token is, throttling, signed tokens, the end. */
#include "auth_kit.h"
#include "auth/token_cache.h"
#include "base/array.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* ---- Identification ---- */

static void a_good_token_gives_its_identity(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_string_equal(fixture->identity->id, fixture->minted.id);
	assert_true(slice_is(fixture->identity->user, "ann"));
	assert_true(fixture->identity->key == hash_of(slice_of(fixture->minted.id)));
	assert_int_equal(fixture->identity->grant_count, 2);
	assert_true(slice_is(fixture->identity->grants[1].group, "news"));
	assert_false(fixture->identity->grants[1].write);
}

static void a_malformed_token_is_denied_without_a_lookup(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify(fixture, ""), RC_DENIED);
	assert_int_equal(identify(fixture, "pbk_0123456789abcdef_"), RC_DENIED);
	assert_int_equal(identify(fixture, "Bearer"), RC_DENIED);
	assert_int_equal(fixture->store.asked, 0);
}

static void an_unknown_token_is_denied_and_not_cached(void **state)
{
	struct fixture *fixture = *state;
	struct token_minted other;

	assert_int_equal(token_mint(&other), RC_OK);
	assert_int_equal(identify(fixture, other.text), RC_DENIED);
	assert_int_equal(identify(fixture, other.text), RC_DENIED);
	assert_int_equal(fixture->store.asked, 2);
}

/* Creates a well-formed token with the id of a valid one. Its checksum is right, since
 * anyone can compute it. */
static void forge(struct fixture *fixture, struct token_minted *forged)
{
	assert_int_equal(token_mint(forged), RC_OK);
	fixture->store.token.id = slice_of(forged->id);
}

static void a_wrong_secret_is_denied(void **state)
{
	struct fixture *fixture = *state;
	struct token_minted forged;

	forge(fixture, &forged);
	assert_int_equal(identify(fixture, forged.text), RC_DENIED);
}

static void a_wrong_secret_is_denied_by_the_cache_too(void **state)
{
	struct fixture *fixture = *state;
	struct token_minted forged;

	forge(fixture, &forged);
	memcpy(fixture->store.token.hash, forged.hash, STORE_TOKEN_HASH_LEN);
	assert_int_equal(identify(fixture, forged.text), RC_OK);
	fixture->identity->hash[0] ^=
		1; /* the cached identity: the presented hash now differs from it */
	assert_int_equal(identify(fixture, forged.text), RC_DENIED);
	assert_int_equal(fixture->store.asked, 1);
}

static void a_store_that_fails_is_not_a_denial(void **state)
{
	static const enum rc failures[] = { RC_UNAVAILABLE, RC_IO, RC_BUSY, RC_CORRUPT };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(failures); i++) {
		fixture->store.rc = failures[i];
		assert_int_equal(identify_mine(fixture), RC_UNAVAILABLE);
	}
	fixture->store.rc = RC_OK;
	assert_int_equal(identify_mine(fixture), RC_OK);
}

static void it_expires_at_the_very_second(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.token.expires = now_wall + 10;
	now_wall += 9;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_true(identity_is_current(fixture->identity, now_wall));
	now_wall += 1;
	assert_int_equal(identify_mine(fixture), RC_DENIED); /* by the cache */
	assert_int_equal(fixture->store.asked, 1);
	fixture->generation += 2;
	assert_int_equal(identify_mine(fixture), RC_DENIED); /* by the store */
	assert_int_equal(fixture->store.asked, 2);
}

/* ---- Throttling ---- */

static void fail_until_throttled(struct fixture *fixture)
{
	struct token_minted guess;

	for (int i = 0; i < MAX_FAILURES; i++) {
		assert_int_equal(token_mint(&guess), RC_OK);
		assert_int_equal(identify(fixture, i % 2 ? guess.text : "pbk_"), RC_DENIED);
	}
}

static void an_address_is_throttled_for_a_minute(void **state)
{
	struct fixture *fixture = *state;
	unsigned asked;

	fail_until_throttled(fixture);
	asked = fixture->store.asked;
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
	assert_int_equal(identify_mine(fixture), RC_BUSY); /* not examined */
	assert_int_equal(fixture->store.asked, asked);
	assert_int_equal(auth_wait(fixture->auth, &fixture->from), 60);
	now_ms += 59999;
	assert_int_equal(identify_mine(fixture), RC_BUSY);
	assert_int_equal(auth_wait(fixture->auth, &fixture->from), 1);
	now_ms += 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
}

static void a_known_token_of_a_throttled_address_is_accepted(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	now_ms += 10 * TOKEN_CACHE_MS; /* the cache entry is stale */
	fail_until_throttled(fixture);
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->generation += 2; /* still one that was valid once */
	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->generation += 2;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(identify_mine(fixture), RC_BUSY); /* no longer */
}

static void another_address_is_not_throttled(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(address_parse(slice_of("2001:db8:1:2::3"), &fixture->from), RC_OK);
	fail_until_throttled(fixture);
	assert_int_equal(address_parse(slice_of("2001:db8:1:2:ffff::1"), &fixture->from), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_BUSY); /* the same /64 */
	assert_int_equal(address_parse(slice_of("2001:db8:1:3::3"), &fixture->from), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(address_parse(slice_of("32.1.13.184"), &fixture->from),
			 RC_OK); /* the same bytes, as IPv4 */
	assert_int_equal(identify(fixture, "pbk_"), RC_DENIED);
}

static void many_addresses_do_not_displace_one_that_is_throttled(void **state)
{
	struct fixture *fixture = *state;
	struct address throttled = fixture->from;

	fail_until_throttled(fixture);
	for (unsigned i = 0; i < 100000; i++) {
		fixture->from = (struct address){ .bytes = { 10 } };
		memcpy(fixture->from.bytes + 1, &i, 3);
		assert_int_equal(identify(fixture, "pbk_"), RC_DENIED);
	}
	fixture->from = throttled;
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
	now_ms += 60000; /* its window is over */
	for (int i = 0; i < MAX_FAILURES; i++)
		assert_int_equal(identify(fixture, "pbk_"), RC_DENIED);
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
}

static void valid_tokens_are_no_failures(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 10 * MAX_FAILURES; i++) {
		assert_int_equal(identify_mine(fixture), RC_OK);
		assert_int_equal(recheck(fixture), RC_OK);
		fixture->generation += 2;
	}
	fixture->store.rc = RC_UNAVAILABLE;
	for (int i = 0; i < 10 * MAX_FAILURES; i++)
		assert_int_equal(identify_mine(fixture), RC_UNAVAILABLE);
}

/* ---- Signed tokens ---- */

struct fake_verifier {
	struct auth_verifier verifier; /* first */
	unsigned verified;
	bool forgets; /* its key */
};

/* One token is good, for 100 seconds. */
static enum rc fake_verify(const struct auth_verifier *verifier, struct slice text, int64_t now,
			   struct identity **out)
{
	const struct store_token token = { .id = slice_of(IDENTITY_JWT),
					   .user = slice_of("ann"),
					   .expires = 1000100 };

	((struct fake_verifier *)verifier)->verified++;
	*out = slice_is(text, "good.jwt.x") && now < token.expires ? identity_new(&token) : NULL;
	return *out ? RC_OK : RC_DENIED;
}

static bool fake_knows(const struct auth_verifier *verifier, const struct identity *identity)
{
	(void)identity;
	return !((const struct fake_verifier *)verifier)->forgets;
}

static void a_signed_token_is_verified_once(void **state)
{
	struct fixture *fixture = *state;
	struct fake_verifier fake = { { fake_verify, fake_knows }, 0, false };

	assert_int_equal(identify(fixture, "good.jwt.x"), RC_DENIED);
	auth_accept_signed(fixture->auth, &fake.verifier);
	for (int i = 0; i < 3; i++)
		assert_int_equal(identify(fixture, "good.jwt.x"), RC_OK);
	assert_int_equal(fake.verified, 1);
	assert_int_equal(fixture->store.asked, 0);
	now_wall += 100;
	assert_int_equal(identify(fixture, "good.jwt.x"), RC_DENIED);
	assert_int_equal(fake.verified, 2);
}

static void forged_ones_are_failures(void **state)
{
	struct fixture *fixture = *state;
	struct fake_verifier fake = { { fake_verify, fake_knows }, 0, false };

	auth_accept_signed(fixture->auth, &fake.verifier);
	assert_int_equal(identify(fixture, "good.jwt.x"), RC_OK);
	for (int i = 0; i < MAX_FAILURES; i++)
		assert_int_equal(identify(fixture, "good.jwt.y"), RC_DENIED);
	assert_int_equal(identify(fixture, "good.jwt.z"), RC_BUSY);
	assert_int_equal(fake.verified, 1 + MAX_FAILURES);
	/* Who was in stays in. */
	assert_int_equal(identify(fixture, "good.jwt.x"), RC_OK);
}

static void streams_of_signed_tokens_stay_with_their_key(void **state)
{
	struct fixture *fixture = *state;
	struct fake_verifier fake = { { fake_verify, fake_knows }, 0, false };
	struct identity *ann;

	assert_int_equal(fake_verify(&fake.verifier, slice_of("good.jwt.x"), now_wall, &ann),
			 RC_OK);
	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_DENIED);
	auth_accept_signed(fixture->auth, &fake.verifier);
	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_OK);
	fake.forgets = true;
	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_DENIED);
	fake.forgets = false;
	now_wall += 100;
	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_DENIED);
	identity_unref(ann);
}

/* ---- The end ---- */

/* Two lookups that the store has not answered. */
static void start_lookups(struct fixture *fixture)
{
	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.later = true;
	fixture->generation += 2;
	auth_recheck(fixture->auth, fixture->identity, answered, fixture);
	auth_identify(fixture->auth, slice_of(fixture->minted.text), &fixture->from, answered,
		      fixture);
	assert_int_equal(fixture->answers, 1);
	assert_int_equal(fixture->store.waiting_count, 2);
}

static void lookups_are_answered_if_auth_ends_before_the_store(void **state)
{
	struct fixture *fixture = *state;

	start_lookups(fixture);
	auth_free(fixture->auth);
	fixture->auth = NULL;
	assert_int_equal(fixture->answers, 3);
	assert_int_equal(fixture->rc, RC_UNAVAILABLE);
	store_answer_unavailable(&fixture->store);
	assert_int_equal(fixture->answers, 3);
}

static void lookups_are_answered_if_the_store_ends_before_auth(void **state)
{
	struct fixture *fixture = *state;

	start_lookups(fixture);
	store_answer_unavailable(&fixture->store);
	assert_int_equal(fixture->answers, 3);
	assert_int_equal(fixture->rc, RC_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_good_token_gives_its_identity),
		FIXTURE_TEST(a_malformed_token_is_denied_without_a_lookup),
		FIXTURE_TEST(an_unknown_token_is_denied_and_not_cached),
		FIXTURE_TEST(a_wrong_secret_is_denied),
		FIXTURE_TEST(a_wrong_secret_is_denied_by_the_cache_too),
		FIXTURE_TEST(a_store_that_fails_is_not_a_denial),
		FIXTURE_TEST(it_expires_at_the_very_second),
		FIXTURE_TEST(an_address_is_throttled_for_a_minute),
		FIXTURE_TEST(a_known_token_of_a_throttled_address_is_accepted),
		FIXTURE_TEST(another_address_is_not_throttled),
		FIXTURE_TEST(many_addresses_do_not_displace_one_that_is_throttled),
		FIXTURE_TEST(valid_tokens_are_no_failures),
		FIXTURE_TEST(a_signed_token_is_verified_once),
		FIXTURE_TEST(forged_ones_are_failures),
		FIXTURE_TEST(streams_of_signed_tokens_stay_with_their_key),
		FIXTURE_TEST(lookups_are_answered_if_auth_ends_before_the_store),
		FIXTURE_TEST(lookups_are_answered_if_the_store_ends_before_auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
