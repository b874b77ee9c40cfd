/* Listening addresses: read, written, opened. */
#include "master/listen.h"
#include "master/master.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void addresses_are_read_and_written(void **state)
{
	static const char *const good[] = { "127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "[::]:1",
					    "255.255.255.255:80" };
	static const char *const bad[] = { "",
					   ":",
					   "8080",
					   ":8080",
					   "127.0.0.1",
					   "127.0.0.1:",
					   "127.0.0.1:65536",
					   "127.0.0.1:-1",
					   "127.0.0.1:080",
					   "127.1:80",
					   "localhost:80",
					   "::1:80",
					   "[::1]",
					   "[]:80",
					   "[127.0.0.1]:80",
					   "[::1:80",
					   "127.0.0.1:80 ",
					   "127.0.0.1:8x" };
	struct listen_address address;
	char text[LISTEN_TEXT_MAX];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(listen_parse(good[i], &address, &err), RC_OK);
		listen_format(&address, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = 0;
		assert_int_equal(listen_parse(bad[i], &address, &err), RC_MALFORMED);
		(void)snprintf(text, sizeof(text), "\"%s\"", bad[i]);
		assert_non_null(strstr(err.text, text));
	}
}

static void loopback_is_told_from_the_rest(void **state)
{
	const char *const inside[] = { "127.0.0.1:1", "127.255.0.9:1", "[::1]:1" };
	const char *const outside[] = { "127.0.0.1:1", "0.0.0.0:1" };
	const char *const outside6[] = { "[::]:1" };
	const char *const broken[] = { "127.0.0.1:1", "oops" };
	bool loopback;

	(void)state;
	assert_int_equal(master_listen_check(inside, 3, &loopback, NULL), RC_OK);
	assert_true(loopback);
	assert_int_equal(master_listen_check(outside, 2, &loopback, NULL), RC_OK);
	assert_false(loopback);
	assert_int_equal(master_listen_check(outside6, 1, &loopback, NULL), RC_OK);
	assert_false(loopback);
	assert_int_equal(master_listen_check(broken, 2, &loopback, NULL), RC_MALFORMED);
}

static void a_port_of_the_kernels_choice_is_that_of_all_slots(void **state)
{
	const char *const list[] = { "127.0.0.1:0", "127.0.0.2:0" };
	struct listeners listeners = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(listeners_open(list, 2, NULL, 3, &listeners, &err), RC_OK);
	for (unsigned slot = 0; slot < 3; slot++) {
		for (size_t i = 0; i < 2; i++) {
			struct sockaddr_in got, *want = (void *)&listeners.addresses[i].socket;
			socklen_t len = sizeof(got);

			assert_int_equal(getsockname(listeners.fds[slot * 2 + i],
						     (struct sockaddr *)&got, &len),
					 0);
			assert_int_not_equal(got.sin_port, 0);
			assert_int_equal(got.sin_port, want->sin_port);
			assert_int_equal(got.sin_addr.s_addr, want->sin_addr.s_addr);
		}
	}
	listeners_close_others(&listeners, 1);
	assert_int_equal(listeners.fds[0], -1);
	assert_true(listeners.fds[2] >= 0 && listeners.fds[3] >= 0);
	assert_int_equal(listeners.fds[5], -1);
	listeners_close(&listeners);
	listeners_close(&listeners);
}

static void an_address_elsewhere_is_refused(void **state)
{
	const char *const list[] = { "192.0.2.1:0" };
	struct listeners listeners = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(listeners_open(list, 1, NULL, 1, &listeners, &err), RC_IO);
	assert_non_null(strstr(err.text, "192.0.2.1:0"));
	assert_non_null(strstr(err.text, "no such address"));
	listeners_close(&listeners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(loopback_is_told_from_the_rest),
		cmocka_unit_test(a_port_of_the_kernels_choice_is_that_of_all_slots),
		cmocka_unit_test(an_address_elsewhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
