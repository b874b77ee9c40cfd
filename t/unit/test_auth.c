/* Tests of auth/auth.c, with a fake store and a fake clock. */
#include "base/array.h"
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

/* ---- Fakes ---- */

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

/* A store with one token. It answers at once, or queues up to four lookups until
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

static void store_answer_unavailable(struct store *store)
{
	store->rc = RC_UNAVAILABLE;
	store_answer(store);
}

/* Counted by the linker's --wrap. */
static unsigned parsed;
enum rc __real_token_parse(struct slice text, struct token_parts *out);
enum rc __wrap_token_parse(struct slice text, struct token_parts *out);

enum rc __wrap_token_parse(struct slice text, struct token_parts *out)
{
	parsed++;
	return __real_token_parse(text, out);
}

/* ---- Fixture ---- */

static struct store_grant grants[] = { { { "acme:todos", 10 }, true }, { { "news", 4 }, false } };

#define MAX_FAILURES 3

struct fixture {
	struct store store;
	uint64_t generation; /* of all tokens */
	struct auth *auth;
	struct address from; /* of the client */
	struct token_minted minted;
	unsigned answers;
	enum rc rc;
	struct identity *identity; /* of the last answer, referenced */
};

static uint64_t generation_of(const void *arg)
{
	const uint64_t *generation = arg;

	return *generation;
}

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
	fixture->generation = 2;
	fixture->auth =
		auth_new(&fixture->store, MAX_FAILURES, generation_of, &fixture->generation);
	now_ms = 1;
	now_wall = 1000000;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	identity_unref(fixture->identity);
	auth_free(fixture->auth);
	free(fixture);
	return 0;
}

static void answered(void *arg, enum rc rc, struct identity *identity)
{
	struct fixture *fixture = arg;

	fixture->answers++;
	fixture->rc = rc;
	identity_unref(fixture->identity);
	fixture->identity = identity ? identity_ref(identity) : NULL;
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
	struct identity *old = identity_ref(fixture->identity);

	auth_recheck(fixture->auth, old, answered, fixture);
	identity_unref(old);
	assert_int_equal(fixture->answers, before + 1);
	return fixture->rc;
}

static enum rc identify_mine(struct fixture *fixture)
{
	return identify(fixture, fixture->minted.text);
}

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

/* ---- The cache ---- */

static void an_identity_is_cached_for_a_minute(void **state)
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
	const unsigned many = 2 * AUTH_CACHE_SETS * AUTH_CACHE_WAYS;
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
	now_ms += 10 * AUTH_CACHE_MS; /* the cache entry is stale */
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

/* ---- Rechecks ---- */

static void a_recheck_returns_the_current_grants(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.token.grant_count = 1;
	fixture->generation += 2;
	for (int stream = 0; stream < 3; stream++) {
		assert_int_equal(recheck(fixture), RC_OK);
		assert_int_equal(fixture->identity->grant_count, 1);
		assert_int_equal(fixture->store.asked, 2);
	}
	assert_int_equal(identify_mine(fixture), RC_OK);
	assert_int_equal(fixture->identity->grant_count, 1);
	assert_int_equal(fixture->store.asked, 2);
}

static void a_recheck_denies_a_revoked_token_and_forgets_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.rc = RC_NOT_FOUND;
	fixture->generation += 2;
	assert_int_equal(recheck(fixture), RC_DENIED);
	assert_int_equal(identify_mine(fixture), RC_DENIED);
	assert_int_equal(fixture->store.asked, 3);
}

static void a_recheck_denies_an_expired_token(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.token.expires = now_wall + 10;
	assert_int_equal(identify_mine(fixture), RC_OK);
	now_wall += 10;
	assert_int_equal(recheck(fixture), RC_DENIED);
}

static void a_recheck_denies_a_changed_secret(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.token.hash[31] ^= 1;
	fixture->generation += 2;
	assert_int_equal(recheck(fixture), RC_DENIED);
}

static void a_failed_recheck_is_not_a_denial(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	fixture->store.rc = RC_UNAVAILABLE;
	fixture->generation += 2;
	assert_int_equal(recheck(fixture), RC_UNAVAILABLE);
}

static void anyone_stays_anyone(void **state)
{
	struct fixture *fixture = *state;

	fixture->identity = identity_anyone();
	assert_int_equal(recheck(fixture), RC_OK);
	assert_true(identity_may_group(fixture->identity, slice_of("a:b"), AUTH_WRITE));
	assert_true(identity_may_doc(fixture->identity, slice_of("a:b"), AUTH_WRITE));
	assert_true(identity_is_current(fixture->identity, INT64_MAX));
	assert_int_equal(fixture->store.asked, 0);
}

static void users_of_a_proxy_stay_if_it_is_still_asked(void **state)
{
	struct fixture *fixture = *state;
	struct store_token token = { .id = slice_of(IDENTITY_PROXY), .user = slice_of("ann") };
	struct identity *ann = identity_new(&token);

	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_DENIED);
	auth_accept_proxied(fixture->auth);
	auth_recheck(fixture->auth, ann, answered, fixture);
	assert_int_equal(fixture->rc, RC_OK);
	assert_ptr_equal(fixture->identity, ann);
	assert_int_equal(fixture->store.asked, 0);
	identity_unref(ann);
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

/* ---- Permissions ---- */

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

static void a_grant_covers_its_group_and_nested_groups(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(identify_mine(fixture), RC_OK);
	for (size_t i = 0; i < COUNT(permissions); i++) {
		struct slice name = slice_of(permissions[i].name);

		assert_int_equal(identity_may_group(fixture->identity, name, AUTH_READ),
				 permissions[i].read_group);
		assert_int_equal(identity_may_group(fixture->identity, name, AUTH_WRITE),
				 permissions[i].write_group);
		assert_int_equal(identity_may_doc(fixture->identity, name, AUTH_READ),
				 permissions[i].read_doc);
		assert_int_equal(identity_may_doc(fixture->identity, name, AUTH_WRITE),
				 permissions[i].write_doc);
	}
}

static void a_star_to_read_does_not_allow_writing(void **state)
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

#define FIXTURE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

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
		FIXTURE_TEST(an_address_is_throttled_for_a_minute),
		FIXTURE_TEST(a_known_token_of_a_throttled_address_is_accepted),
		FIXTURE_TEST(another_address_is_not_throttled),
		FIXTURE_TEST(valid_tokens_are_no_failures),
		FIXTURE_TEST(a_recheck_returns_the_current_grants),
		FIXTURE_TEST(a_recheck_denies_a_revoked_token_and_forgets_it),
		FIXTURE_TEST(a_recheck_denies_an_expired_token),
		FIXTURE_TEST(a_recheck_denies_a_changed_secret),
		FIXTURE_TEST(a_failed_recheck_is_not_a_denial),
		FIXTURE_TEST(anyone_stays_anyone),
		FIXTURE_TEST(users_of_a_proxy_stay_if_it_is_still_asked),
		FIXTURE_TEST(a_signed_token_is_verified_once),
		FIXTURE_TEST(forged_ones_are_failures),
		FIXTURE_TEST(streams_of_signed_tokens_stay_with_their_key),
		FIXTURE_TEST(lookups_are_answered_if_auth_ends_before_the_store),
		FIXTURE_TEST(lookups_are_answered_if_the_store_ends_before_auth),
		FIXTURE_TEST(a_grant_covers_its_group_and_nested_groups),
		cmocka_unit_test(a_star_to_read_does_not_allow_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
