/* Tests of auth_recheck in auth/auth.c, and of the rights in auth/identity.c. */
#include "auth_kit.h"
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_recheck_returns_the_current_grants),
		FIXTURE_TEST(a_recheck_denies_a_revoked_token_and_forgets_it),
		FIXTURE_TEST(a_recheck_denies_an_expired_token),
		FIXTURE_TEST(a_recheck_denies_a_changed_secret),
		FIXTURE_TEST(a_failed_recheck_is_not_a_denial),
		FIXTURE_TEST(anyone_stays_anyone),
		FIXTURE_TEST(users_of_a_proxy_stay_if_it_is_still_asked),
		FIXTURE_TEST(a_grant_covers_its_group_and_nested_groups),
		cmocka_unit_test(a_star_to_read_does_not_allow_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
