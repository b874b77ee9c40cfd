/* The fakes and the fixture of the tests of auth/auth.c: a clock, a store with one
 * token. */
#include "auth_kit.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

uint64_t now_ms = 1;
int64_t now_wall = 1000000;

uint64_t clock_ms(void)
{
	return now_ms;
}

int64_t clock_wall(void)
{
	return now_wall;
}

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

void store_answer(struct store *store)
{
	for (size_t i = 0; i < store->waiting_count; i++)
		store_answer_one(store, store->waiting[i].on_token, store->waiting[i].arg, true);
	store->waiting_count = 0;
}

void store_answer_unavailable(struct store *store)
{
	store->rc = RC_UNAVAILABLE;
	store_answer(store);
}

static struct store_grant grants[] = { { { "acme:todos", 10 }, true }, { { "news", 4 }, false } };

static uint64_t generation_of(const void *arg)
{
	const uint64_t *generation = arg;

	return *generation;
}

int setup(void **state)
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

int teardown(void **state)
{
	struct fixture *fixture = *state;

	identity_unref(fixture->identity);
	auth_free(fixture->auth);
	free(fixture);
	return 0;
}

void answered(void *arg, enum rc rc, struct identity *identity)
{
	struct fixture *fixture = arg;

	fixture->answers++;
	fixture->rc = rc;
	identity_unref(fixture->identity);
	fixture->identity = identity ? identity_ref(identity) : NULL;
	assert_int_equal(rc == RC_OK, identity != NULL);
}

enum rc identify(struct fixture *fixture, const char *text)
{
	unsigned before = fixture->answers;

	auth_identify(fixture->auth, slice_of(text), &fixture->from, answered, fixture);
	assert_int_equal(fixture->answers, before + 1);
	return fixture->rc;
}

enum rc recheck(struct fixture *fixture)
{
	unsigned before = fixture->answers;
	struct identity *old = identity_ref(fixture->identity);

	auth_recheck(fixture->auth, old, answered, fixture);
	identity_unref(old);
	assert_int_equal(fixture->answers, before + 1);
	return fixture->rc;
}

enum rc identify_mine(struct fixture *fixture)
{
	return identify(fixture, fixture->minted.text);
}
