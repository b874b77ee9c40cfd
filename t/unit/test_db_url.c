/* What --db names. */
#include "store/db_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_paths(void **state)
{
	static const char *const paths[] = { "pocketbook.db",
					     "/var/lib/pocketbook/pocketbook.db",
					     "./postgres://x",
					     "/a://b",
					     "a:b",
					     "a:/b",
					     "://x",
					     "1a://x",
					     "+a://x",
					     "a b://x",
					     ":memory:",
					     "file:x.db",
					     "sync\xc3\xa9.db" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct error err = { "" };
		struct db_url url;

		assert_int_equal(db_url_parse(paths[i], &url, &err), RC_OK);
		assert_ptr_equal(url.path, paths[i]);
		assert_string_equal(url.scheme, "sqlite");
		assert_string_equal(err.text, "");
	}
}

static void assert_refused(const char *text, enum rc rc, const char *reason)
{
	struct error err = { "" };
	struct db_url url;

	assert_int_equal(db_url_parse(text, &url, &err), rc);
	assert_string_equal(err.text, reason);
	assert_int_equal(db_url_parse(text, &url, NULL), rc);
}

#ifdef HAVE_POSTGRESQL
static const char has_password[] =
	"the URL of the database contains a password, which other users of this machine can see; "
	"put it into a file, and name that with --db-password-file or PGPASSFILE";

static void test_servers(void **state)
{
	static const char *const urls[] = {
		"postgresql://", "postgres://ann@host:5432,other:5433/db?sslmode=require",
		"postgresql:///db?host=/run:5"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct error err = { "" };
		struct db_url url;

		assert_int_equal(db_url_parse(urls[i], &url, &err), RC_OK);
		assert_ptr_equal(url.text, urls[i]);
		assert_null(url.path);
		assert_string_equal(url.scheme, "postgresql");
	}
}
#endif

static void test_refused(void **state)
{
	(void)state;
	assert_refused("", RC_MALFORMED, "the name of the database is empty; name a file");
#ifdef HAVE_POSTGRESQL
	assert_refused("postgres://ann:secret@host/db", RC_MALFORMED, has_password);
	assert_refused("postgresql://ann:@host", RC_MALFORMED, has_password);
	assert_refused("postgresql://host/db?sslpassword=secret", RC_MALFORMED, has_password);
#else
	assert_refused("postgres://ann:secret@host/db", RC_NOT_FOUND,
		       "databases of the kind postgres:// are not supported; name a file");
#endif
	assert_refused("a+b-c.2://", RC_NOT_FOUND,
		       "databases of the kind a+b-c.2:// are not supported; name a file");
	assert_refused("averyveryverylongscheme://x", RC_NOT_FOUND,
		       "databases of the kind averyveryverylon:// are not supported; name a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
#ifdef HAVE_POSTGRESQL
		cmocka_unit_test(test_servers),
#endif
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
