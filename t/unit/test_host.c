/* Tests of worker/http/host.c: the names of a server without authentication. */
#include "worker/http/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = { "notes.example.org", "x" };

static const char *const own[] = {
	"",
	"localhost",
	"localhost:8080",
	"LocalHost",
	"localhost.",
	"notes.localhost",
	"a.b.LOCALHOST:1",
	"127.0.0.1",
	"127.0.0.1:80",
	"127.255.1.2",
	"[::1]",
	"[::1]:8080",
	"[0:0:0:0:0:0:0:1]:443",
	"[::ffff:127.0.0.1]",
	"X",
	"x:1",
	"x.",
	"notes.example.org",
	"NOTES.example.org:443",
};

static const char *const others[] = {
	"evil.example",
	"localhost.evil.example",
	"evillocalhost",
	".localhost.evil",
	"128.0.0.1",
	"10.0.0.1:8080",
	"[::2]",
	"[::1",
	"[]",
	"127.0.0.1.evil.ex",
	"0.0.0.0",
	"127.1",
	"2130706433",
	"[::]",
	"example.org",
	"a.notes.example.org",
	"notes.example.org.evil",
	"localhost..",
	":80",
	"xx",
	".localhost",
	"[::ffff:10.0.0.1]",
};

static void its_own_names_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(host_is_own(slice_of(own[i]), names, 2));
	assert_false(host_is_own(slice_of("x"), NULL, 0));
	assert_true(host_is_own(slice_of("localhost"), NULL, 0));
}

static void all_others_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(host_is_own(slice_of(others[i]), names, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_own_names_are_known),
		cmocka_unit_test(all_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
