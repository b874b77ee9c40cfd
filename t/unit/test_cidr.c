/* Tests of base/cidr.c and of worker/http/forwarded.c, which matches trusted
 * proxies. */
#include "base/array.h"
#include "base/cidr.h"
#include "worker/http/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	const char *text, *formatted; /* NULL: rejected */
} addresses[] = {
	{ "127.0.0.1", "127.0.0.1" },
	{ "::1", "::1" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "::ffff:192.0.2.7", "192.0.2.7" },
	{ "::ffff:c000:207", "192.0.2.7" },
	{ "::", "::" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "", NULL },
	{ " 127.0.0.1", NULL },
	{ "127.0.0.1:80", NULL },
	{ "[::1]", NULL },
	{ "127.1", NULL },
	{ "256.0.0.1", NULL },
	{ "localhost", NULL },
	{ "fe80::1%eth0", NULL },
	{ "unknown", NULL },
	{ "1234567890123456789012345678901234567890123456789012345678901234567890", NULL },
};

static void addresses_are_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct address address;
		char text[ADDRESS_TEXT_MAX];
		enum rc rc = address_parse(slice_of(addresses[i].text), &address);

		assert_int_equal(rc, addresses[i].formatted ? RC_OK : RC_MALFORMED);
		if (rc != RC_OK)
			continue;
		address_format(&address, text);
		assert_string_equal(text, addresses[i].formatted);
	}
	{
		struct address address;

		assert_int_equal(address_parse(slice_make("127.0.0.1\0", 10), &address),
				 RC_MALFORMED);
	}
}

static const struct {
	const char *block, *inside, *outside; /* NULL: end of the list */
} blocks[] = {
	{ "127.0.0.1", "127.0.0.1", "127.0.0.2" },
	{ "10.0.0.0/8", "10.255.0.1", "11.0.0.0" },
	{ "192.168.4.0/22", "192.168.7.255", "192.168.8.0" },
	{ "192.0.2.128/25", "192.0.2.200", "192.0.2.127" },
	{ "0.0.0.0/0", "203.0.113.9", "::1" },
	{ "::/0", "2001:db8::1", "127.0.0.1" },
	{ "::1", "::1", "::2" },
	{ "fd00::/8", "fd12:3456::1", "fe80::1" },
	{ "2001:db8:8000::/33", "2001:db8:ffff::", "2001:db8:7fff::" },
	{ "127.0.0.1/32", "::ffff:127.0.0.1", "::127.0.0.1" },
};

static const char *const bad_blocks[] = { "",
					  "localhost",
					  "127.0.0.1/",
					  "127.0.0.1/33",
					  "127.0.0.1/-1",
					  "127.0.0.1/8",
					  "::1/129",
					  "fd00::1/8",
					  "10.0.0.0/8/8",
					  "127.0.0.1:80",
					  "[::1]",
					  "10.0.0.0 /8",
					  "10.0.0/8",
					  "10.0.0.0/0x8",
					  "/8" };

static void a_block_contains_addresses_with_its_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct cidr block;
		struct address address;
		struct error err;

		assert_int_equal(cidr_parse(blocks[i].block, &block, &err), RC_OK);
		assert_int_equal(address_parse(slice_of(blocks[i].inside), &address), RC_OK);
		assert_true(cidr_contains(&block, &address));
		assert_int_equal(address_parse(slice_of(blocks[i].outside), &address), RC_OK);
		assert_false(cidr_contains(&block, &address));
	}
	for (size_t i = 0; i < COUNT(bad_blocks); i++) {
		struct cidr block;
		struct error err = { "" };

		assert_int_equal(cidr_parse(bad_blocks[i], &block, &err), RC_MALFORMED);
		assert_true(strlen(err.text) > 20);
	}
}

static const struct {
	const char *peer, *forwarded, *client;
} ways[] = {
	/* The field of an untrusted peer is ignored. */
	{ "203.0.113.9", "198.51.100.1", "203.0.113.9" },
	{ "203.0.113.9", "", "203.0.113.9" },
	{ "127.0.0.1", "", "127.0.0.1" },
	{ "127.0.0.1", "198.51.100.1", "198.51.100.1" },
	{ "::ffff:127.0.0.1", " 198.51.100.1\t", "198.51.100.1" },
	{ "127.0.0.1", "2001:db8::7", "2001:db8::7" },
	/* Entries that the client itself has sent are ignored. */
	{ "127.0.0.1", "127.0.0.1, 10.0.0.1, 198.51.100.1", "198.51.100.1" },
	{ "127.0.0.1", "198.51.100.2,198.51.100.1, 10.1.2.3", "198.51.100.1" },
	/* If all are trusted, the first one. */
	{ "127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1" },
	/* Invalid entry: the last valid one. */
	{ "127.0.0.1", "198.51.100.1, unknown", "127.0.0.1" },
	{ "127.0.0.1", "unknown, 10.0.0.2", "10.0.0.2" },
	{ "127.0.0.1", "198.51.100.1,", "127.0.0.1" },
	{ "127.0.0.1", ",", "127.0.0.1" },
	{ "127.0.0.1", "198.51.100.1:port", "127.0.0.1" },
	{ "127.0.0.1", "198.51.100.1:65536", "127.0.0.1" },
	{ "127.0.0.1", "198.51.100.1:", "127.0.0.1" },
	{ "127.0.0.1", ":80", "127.0.0.1" },
	{ "127.0.0.1", "[]:80", "127.0.0.1" },
	{ "127.0.0.1", "[2001:db8::7", "127.0.0.1" },
	{ "127.0.0.1", "[198.51.100.1]:80", "127.0.0.1" },
	/* Some proxies add a port. */
	{ "127.0.0.1", "198.51.100.1:1234", "198.51.100.1" },
	{ "127.0.0.1", "[2001:db8::7]:443", "2001:db8::7" },
	{ "127.0.0.1", "[2001:db8::7]", "2001:db8::7" },
	{ "127.0.0.1", "198.51.100.1:1, 10.0.0.2:2", "198.51.100.1" },
	{ "127.0.0.1", "\"198.51.100.1\"", "127.0.0.1" },
};

static void the_client_is_the_last_untrusted_address(void **state)
{
	struct cidr trusted[2];
	struct error err;

	(void)state;
	assert_int_equal(cidr_parse("127.0.0.1", &trusted[0], &err), RC_OK);
	assert_int_equal(cidr_parse("10.0.0.0/8", &trusted[1], &err), RC_OK);
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct trusted_proxies proxies = { trusted, COUNT(trusted) };
		struct address peer, client;
		char text[ADDRESS_TEXT_MAX];

		assert_int_equal(address_parse(slice_of(ways[i].peer), &peer), RC_OK);
		forwarded_resolve(&peer, slice_of(ways[i].forwarded), &proxies, &client);
		address_format(&client, text);
		assert_string_equal(text, ways[i].client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(a_block_contains_addresses_with_its_prefix),
		cmocka_unit_test(the_client_is_the_last_untrusted_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
