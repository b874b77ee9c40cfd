/* What a proxy says of a user: names of fields, users, groups. */
#include "auth/grant.h"
#include "auth/proxy_login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void names_of_fields(void **state)
{
	static const char *const good[] = { "Remote-User", "x-authentik-groups", "X", "a_b" };
	static const char *const bad[] = { "",       "Remote User", "Remote:User",    "R\xc3\xa9",
					   "a\r\nb", "host",        "AUTHORIZATION",  "Cookie",
					   "Origin", "Forwarded",   "x-forwarded-for" };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(proxy_login_check_name(good[i], &err), RC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(proxy_login_check_name(bad[i], &err), RC_MALFORMED);
}

static struct identity *login(const char *user, const char *groups)
{
	struct identity *identity;
	struct error err;

	assert_int_equal(proxy_login_read(slice_of(user), slice_of(groups), &identity, &err),
			 RC_OK);
	assert_true(identity_is_foreign(identity));
	assert_true(identity_is_current(identity, INT64_MAX));
	return identity;
}

static void assert_refused(struct slice user, const char *groups)
{
	struct identity *identity = NULL;
	struct error err;

	assert_int_equal(proxy_login_read(user, slice_of(groups), &identity, &err), RC_MALFORMED);
	assert_null(identity);
}

static void users(void **state)
{
	static const char *const bad[] = {
		"",
		" \t ",
		"ann,bob",
		",",
		"ann\x7f",
		"a\tb",
		"\xff",
		"\xe2\x80\xae"
		"ann",
	};
	char text[STORE_USER_MAX + 2] = { 0 };
	struct identity *identity = login("  ann@example.org ", "");

	(void)state;
	assert_true(slice_is(identity->user, "ann@example.org"));
	assert_int_equal(identity->key, identity->user_key);
	assert_int_equal(identity->grant_count, 0);
	identity_unref(identity);
	memset(text, 'a', STORE_USER_MAX);
	identity_unref(login(text, ""));
	text[STORE_USER_MAX] = 'a';
	assert_refused(slice_of(text), "");
	assert_refused(slice_make("a\0b", 3), "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(slice_of(bad[i]), "notes");
}

static void assert_groups(const char *groups, const char *wanted)
{
	struct identity *identity = login("ann", groups);
	struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < identity->grant_count; i++) {
		buf_put_text(&text, i ? " | " : "");
		grant_format(&identity->grants[i], &text);
	}
	buf_put_byte(&text, 0);
	assert_string_equal(text.data, wanted);
	buf_free(&text);
	identity_unref(identity);
}

static void groups(void **state)
{
	(void)state;
	assert_groups("notes", "notes:rw");
	assert_groups(" notes:ro ,\ttodos|a:b ", "notes:ro | todos:rw | a:b:rw");
	assert_groups("*", "*:rw");
	assert_groups(",,| ,", "");
	assert_groups("Domain Users", "Domain Users:rw");
	/* What is no grant is no right, and takes none away. */
	assert_groups("a\x01,\xff,:ro,notes:ro", "notes:ro");
	assert_groups("admin", "admin:rw");
}

static void nobody_is_admin(void **state)
{
	struct identity *identity = login("ann", "admin,*,:admin");

	(void)state;
	assert_false(identity_is_admin(identity));
	identity_unref(identity);
}

static void too_many_groups(void **state)
{
	struct buf text = BUF_EMPTY;

	(void)state;
	for (int i = 0; i < STORE_GRANTS_MAX; i++)
		buf_putf(&text, "g%d,", i);
	buf_put_byte(&text, 0);
	identity_unref(login("ann", text.data));
	text.len--;
	buf_put_text(&text, "more");
	buf_put_byte(&text, 0);
	assert_refused(slice_of("ann"), text.data);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_fields), cmocka_unit_test(users),
		cmocka_unit_test(groups),          cmocka_unit_test(nobody_is_admin),
		cmocka_unit_test(too_many_groups),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
