/* The authenticator, over a store and a clock that this test plays. */
#include "auth/auth.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- The
 * world -------------------------------------------------------------------------------
 */

static uint64_t now_ms = 1;
static int64_t now_wall = 1000000;

uint64_t clock_ms(void)
{
	return now_ms;
}

int64_t clock_wall(void)
{
	return now_wall;
}

/* Knows one token; answers at once, or keeps up to four questions until
 * store_answer. */
struct store {
	enum rc rc;
	struct store_token token;
	unsigned asked;
	bool later;
	struct {
		on_store_token *on_token;
		void *arg;
	} waiting[4];
	size_t waiting_count;
};

static void store_answer_one(struct store *store, on_store_token *on_token, void *arg, bool known)
{
	enum rc rc = store->rc == RC_OK && !known ? RC_NOT_FOUND : store->rc;

	on_token(arg, rc, rc == RC_OK ? &store->token : NULL);
}

void store_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg)
{
	store->asked++;
	if (!store->later) {
		store_answer_one(store, on_token, arg, slice_equal(id, store->token.id));
		return;
	}
	assert_true(store->waiting_count < 4);
	store->waiting[store->waiting_count].on_token = on_token;
	store->waiting[store->waiting_count++].arg = arg;
}

static void store_answer(struct store *store)
{
	for (size_t i = 0; i < store->waiting_count; i++)
		store_answer_one(store, store->waiting[i].on_token, store->waiting[i].arg, true);
	store->waiting_count = 0;
}

/* ---- One test's
 * things ------------------------------------------------------------------------------
 */

static struct store_grant grants[] = { { { "acme:todos", 10 }, true }, { { "news", 4 }, false } };

#define GUESSES 3

struct fixture {
	struct store store;
	struct auth *auth;
	struct address from; /* who asks */
	struct token_minted minted;
	unsigned answers;
	enum rc rc;
	struct identity *who; /* of the last answer, held */
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(token_mint(&fixture->minted), RC_OK);
	fixture->store.token = (struct store_token){ .id = slice_of(fixture->minted.id),
						     .user = slice_of("ann"),
						     .created = 1,
						     .grants = grants,
						     .grant_count = 2 };
	memcpy(fixture->store.token.hash, fixture->minted.hash, STORE_TOKEN_HASH_LEN);
	fixture->auth = auth_new(&fixture->store, GUESSES);
	now_ms = 1;
	now_wall = 1000000;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	identity_unref(fixture->who);
	auth_free(fixture->auth);
	free(fixture);
	return 0;
}

static void answered(void *arg, enum rc rc, struct identity *identity)
{
	struct fixture *fixture = arg;

	fixture->answers++;
	fixture->rc = rc;
	identity_unref(fixture->who);
	fixture->who = identity ? identity_ref(identity) : NULL;
	assert_int_equal(rc == RC_OK, identity != NULL);
}

static enum rc identify(struct fixture *fixture, const char *text)
{
	unsigned before = fixture->answers;

	auth_identify(fixture->auth, slice_of(text), &fixture->from, answered, fixture);
	assert_int_equal(fixture->answers, before + 1);
	return fixture->rc;
}

static enum rc recheck(struct fixture *fixture)
{
	unsigned before = fixture->answers;
	struct identity *old = identity_ref(fixture->who);

	auth_recheck(fixture->auth, old, answered, fixture);
	identity_unref(old);
	assert_int_equal(fixture->answers, before + 1);
	return fixture->rc;
}

static enum rc identify_mine(struct fixture *fixture)
{
	return identify(fixture, fixture->minted.text);
}

/* ---- Who is it?
 * --------------------------------------------------------------------------------------------------------------
 */

static void a_good_token_gives_its_identity(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_string_equal(fixture->who->id, fixture->minted.id);
	assert_true(slice_is(fixture->who->user, "ann"));
	assert_true(fixture->who->key == hash_of(slice_of(fixture->minted.id)));
	assert_int_equal(fixture->who->grant_count, 2);
	assert_true(slice_is(fixture->who->grants[1].group, "news"));
	assert_false(fixture->who->grants[1].write);
}

static void a_malformed_token_is_denied_without_a_look_up(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify(fixture, ""), RC_DENIED);
	assert_int_equal(identify(fixture, "pbk_0123456789abcdef_"), RC_DENIED);
	assert_int_equal(identify(fixture, "Bearer"), RC_DENIED);
	assert_int_equal(fixture->store.asked, 0);
}

static void an_unknown_token_is_denied_and_not_remembered(void **state)
{
	struct fixture *fixture = *state;
	struct token_minted other;

	assert_int_equal(token_mint(&other), RC_OK);
	assert_int_equal(identify(fixture, other.text), RC_DENIED);
	assert_int_equal(identify(fixture, other.text), RC_DENIED);
	assert_int_equal(fixture->store.asked, 2);
}

/* A well-formed token that bears the id of a good one; its checksum is right, since
 * anybody can make that. */
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

static void a_wrong_secret_is_denied_by_the_memory_too(void **state)
{
	struct fixture *fixture = *state;
	struct token_minted forged;

	forge(fixture, &forged);
	memcpy(fixture->store.token.hash, forged.hash, STORE_TOKEN_HASH_LEN);
	assert_int_equal(identify(fixture, forged.text), RC_OK);
	fixture->who->hash[0] ^=
		1; /* the very identity that is remembered: now what is presented differs from it */
	assert_int_equal(identify(fixture, forged.text), RC_DENIED);
	assert_int_equal(fixture->store.asked, 1);
}

static void a_store_that_fails_is_not_a_denial(void **state)
{
	static const enum rc failures[] = { RC_UNAVAILABLE, RC_IO, RC_BUSY, RC_CORRUPT };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
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
	assert_true(identity_is_current(fixture->who, now_wall));
	now_wall += 1;
	assert_int_equal(identify_mine(fixture), RC_DENIED); /* from the memory */
	assert_int_equal(fixture->store.asked, 1);
	auth_forget_all(fixture->auth);
	assert_int_equal(identify_mine(fixture), RC_DENIED); /* from the store */
	assert_int_equal(fixture->store.asked, 2);
}

/* ---- The
 * memory ------------------------------------------------------------------------------
 */

static void it_remembers_for_a_minute(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	now_ms += AUTH_CACHE_MS - 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 1);
	now_ms += 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 2);
}

static void what_is_forgotten_is_asked_again(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	auth_forget(fixture->auth,
		    fixture->who->key + AUTH_CACHE_SETS); /* another token of the same set */
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->store.asked, 1);
	auth_forget(fixture->auth, fixture->who->key);
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(fixture->store.asked, 2);
}

static void an_answer_that_was_overtaken_is_not_remembered(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.later = true;
	auth_identify(fixture->auth, slice_of(fixture->minted.text), &fixture->from, answered,
		      fixture);
	assert_int_equal(fixture->answers, 0);
	auth_forget(fixture->auth, hash_of(slice_of(fixture->minted.id)));
	store_answer(&fixture->store);
	assert_int_equal(fixture->answers, 1);
	assert_int_equal(fixture->rc, RC_OK);
	fixture->store.later = false;
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(identify_mine(fixture), RC_DENIED);
}

static void late_answers_reach_everybody_who_asked(void **state)
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

static void an_identity_outlives_the_memory_of_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	auth_forget_all(fixture->auth);
	assert_int_equal(fixture->who->refs, 1);
	assert_true(slice_is(fixture->who->user, "ann"));
	assert_true(identity_may_group(fixture->who, slice_of("news"), AUTH_READ));
}

/* More tokens than there is room for: each is still told right, and the last is still
 * remembered.
 */
static void more_tokens_than_it_can_remember_do_no_harm(void **state)
{
	const unsigned many = 2 * AUTH_CACHE_SETS * AUTH_CACHE_WAYS;
	struct fixture *fixture = *state;
	struct token_minted minted;

	for (unsigned i = 0; i < many; i++) {
		now_ms++;
		assert_int_equal(token_mint(&minted), RC_OK);
		fixture->store.token.id = slice_of(minted.id);
		memcpy(fixture->store.token.hash, minted.hash, STORE_TOKEN_HASH_LEN);
		assert_int_equal(identify(fixture, minted.text), RC_OK);
		assert_string_equal(fixture->who->id, minted.id);
	}
	assert_int_equal(identify(fixture, minted.text), RC_OK);
	assert_int_equal(fixture->store.asked, many);
}

/* ----
 * Guessing ----------------------------------------------------------------------------
 */

static void guess_until_throttled(struct fixture *fixture)
{
	struct token_minted guess;

	for (int i = 0; i < GUESSES; i++) {
		assert_int_equal(token_mint(&guess), RC_OK);
		assert_int_equal(identify(fixture, i % 2 ? guess.text : "pbk_"), RC_DENIED);
	}
}

static void who_guesses_is_throttled_for_a_minute(void **state)
{
	struct fixture *fixture = *state;
	unsigned asked;

	guess_until_throttled(fixture);
	asked = fixture->store.asked;
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
	assert_int_equal(identify_mine(fixture), RC_BUSY); /* which it is, nobody looks */
	assert_int_equal(fixture->store.asked, asked);
	assert_int_equal(auth_wait(fixture->auth, &fixture->from), 60);
	now_ms += 59999;
	assert_int_equal(identify_mine(fixture), RC_BUSY);
	assert_int_equal(auth_wait(fixture->auth, &fixture->from), 1);
	now_ms += 1;
	assert_int_equal(identify_mine(fixture), RC_OK);
}

static void who_shares_the_address_is_not_shut_out(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	now_ms += 10 * AUTH_CACHE_MS; /* long enough that the store must be asked again */
	guess_until_throttled(fixture);
	assert_int_equal(identify(fixture, "pbk_"), RC_BUSY);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	auth_forget(fixture->auth, fixture->who->key); /* it was changed: nothing is known of it */
	assert_int_equal(identify_mine(fixture), RC_BUSY);
}

static void who_calls_from_elsewhere_is_not_throttled(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(address_parse(slice_of("2001:db8:1:2::3"), &fixture->from), RC_OK);
	guess_until_throttled(fixture);
	assert_int_equal(address_parse(slice_of("2001:db8:1:2:ffff::1"), &fixture->from), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_BUSY); /* the same customer */
	assert_int_equal(address_parse(slice_of("2001:db8:1:3::3"), &fixture->from), RC_OK);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(address_parse(slice_of("32.1.13.184"), &fixture->from),
			 RC_OK); /* the same bytes, as IPv4 */
	assert_int_equal(identify(fixture, "pbk_"), RC_DENIED);
}

static void good_tokens_are_no_guesses(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 10 * GUESSES; i++) {
		assert_int_equal(identify_mine(fixture), RC_OK);
		assert_int_equal(recheck(fixture), RC_OK);
		auth_forget_all(fixture->auth);
	}
	fixture->store.rc = RC_UNAVAILABLE;
	for (int i = 0; i < 10 * GUESSES; i++)
		assert_int_equal(identify_mine(fixture), RC_UNAVAILABLE);
}

/* ---- Looking
 * again -------------------------------------------------------------------------------
 */

static void a_recheck_asks_the_store_and_brings_what_is_new(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.token.grant_count = 1;
	assert_int_equal(recheck(fixture), RC_OK);
	assert_int_equal(fixture->who->grant_count, 1);
	assert_int_equal(fixture->store.asked, 2);
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->who->grant_count, 1);
	assert_int_equal(fixture->store.asked, 2);
}

static void a_recheck_tells_of_a_revoked_token_and_forgets_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.rc = RC_NOT_FOUND;
	assert_int_equal(recheck(fixture), RC_DENIED);
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(fixture->store.asked, 3);
}

static void a_recheck_tells_of_an_expired_token(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.token.expires = now_wall + 10;
	assert_int_equal(identify_mine(fixture), RC_OK);
	now_wall += 10;
	assert_int_equal(recheck(fixture), RC_DENIED);
}

static void a_recheck_wants_the_same_secret(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.token.hash[31] ^= 1;
	assert_int_equal(recheck(fixture), RC_DENIED);
}

static void a_recheck_without_the_store_is_no_denial(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.rc = RC_UNAVAILABLE;
	assert_int_equal(recheck(fixture), RC_UNAVAILABLE);
}

static void anyone_stays_anyone(void **state)
{
	struct fixture *fixture = *state;

	fixture->who = identity_anyone();
	assert_int_equal(recheck(fixture), RC_OK);
	assert_true(identity_may_group(fixture->who, slice_of("a:b"), AUTH_WRITE));
	assert_true(identity_may_doc(fixture->who, slice_of("a:b"), AUTH_WRITE));
	assert_true(identity_is_current(fixture->who, INT64_MAX));
	assert_int_equal(fixture->store.asked, 0);
}

/* ---- What may they do?
 * -------------------------------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	bool read_group, write_group, read_doc, write_doc;
} permissions[] = {
	{ "acme:todos", true, true, false, false },
	{ "acme:todos:7", true, true, true, true },
	{ "acme:todos:deep:7", true, true, true, true },
	{ "acme", false, false, false, false },
	{ "acme:todosx", false, false, false, false },
	{ "acme:todosx:1", false, false, false, false },
	{ "acme:other:1", false, false, false, false },
	{ "news", true, false, false, false },
	{ "news:1", true, false, true, false },
	{ "*", false, false, false, false },
	{ "*:1", false, false, false, false },
};

static void a_grant_covers_its_group_and_what_is_nested(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++) {
		struct slice name = slice_of(permissions[i].name);

		assert_int_equal(identity_may_group(fixture->who, name, AUTH_READ),
				 permissions[i].read_group);
		assert_int_equal(identity_may_group(fixture->who, name, AUTH_WRITE),
				 permissions[i].write_group);
		assert_int_equal(identity_may_doc(fixture->who, name, AUTH_READ),
				 permissions[i].read_doc);
		assert_int_equal(identity_may_doc(fixture->who, name, AUTH_WRITE),
				 permissions[i].write_doc);
	}
}

static void a_star_to_read_is_not_one_to_write(void **state)
{
	struct store_grant star[] = { { { "*", 1 }, false }, { { "mine", 4 }, true } };
	struct store_token token = { .id = { "0123456789abcdef", 16 },
				     .user = { "bob", 3 },
				     .grants = star,
				     .grant_count = 2 };
	struct identity *bob = identity_new(&token);

	(void)state;
	assert_true(identity_may_doc(bob, slice_of("others:1"), AUTH_READ));
	assert_false(identity_may_doc(bob, slice_of("others:1"), AUTH_WRITE));
	assert_true(identity_may_doc(bob, slice_of("mine:1"), AUTH_WRITE));
	identity_unref(bob);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_good_token_gives_its_identity),
		WORLD_TEST(a_malformed_token_is_denied_without_a_look_up),
		WORLD_TEST(an_unknown_token_is_denied_and_not_remembered),
		WORLD_TEST(a_wrong_secret_is_denied),
		WORLD_TEST(a_wrong_secret_is_denied_by_the_memory_too),
		WORLD_TEST(a_store_that_fails_is_not_a_denial),
		WORLD_TEST(it_expires_at_the_very_second),
		WORLD_TEST(it_remembers_for_a_minute),
		WORLD_TEST(what_is_forgotten_is_asked_again),
		WORLD_TEST(an_answer_that_was_overtaken_is_not_remembered),
		WORLD_TEST(late_answers_reach_everybody_who_asked),
		WORLD_TEST(an_identity_outlives_the_memory_of_it),
		WORLD_TEST(more_tokens_than_it_can_remember_do_no_harm),
		WORLD_TEST(who_guesses_is_throttled_for_a_minute),
		WORLD_TEST(who_shares_the_address_is_not_shut_out),
		WORLD_TEST(who_calls_from_elsewhere_is_not_throttled),
		WORLD_TEST(good_tokens_are_no_guesses),
		WORLD_TEST(a_recheck_asks_the_store_and_brings_what_is_new),
		WORLD_TEST(a_recheck_tells_of_a_revoked_token_and_forgets_it),
		WORLD_TEST(a_recheck_tells_of_an_expired_token),
		WORLD_TEST(a_recheck_wants_the_same_secret),
		WORLD_TEST(a_recheck_without_the_store_is_no_denial),
		WORLD_TEST(anyone_stays_anyone),
		WORLD_TEST(a_grant_covers_its_group_and_what_is_nested),
		cmocka_unit_test(a_star_to_read_is_not_one_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
