/* The rights of the writer's peers: the whole table, listed here once more. */
#include "writer/rights.h"

#include "writer/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BIT(kind) (1U << STORE_##kind)

/* A new kind of request or of peer does not build until it is entered here. */
_Static_assert(STORE_KIND_COUNT == 13 && PEER_KINDS == 3, "the table below is whole");

static const unsigned allowed[PEER_KINDS] = {
	[PEER_WORKER] = BIT(PUSH) | BIT(TOKEN_USED) | BIT(INVITE_DEVICE) | BIT(JOIN),
	[PEER_CONTROL] = BIT(PUSH) | BIT(TOKEN_ADD) | BIT(TOKEN_LIST) | BIT(TOKEN_REVOKE) |
			 BIT(TOKEN_ROTATE) | BIT(TOKEN_SET) | BIT(INVITE_ADD) | BIT(INVITE_LIST) |
			 BIT(INVITE_REMOVE) | BIT(PURGE),
	[PEER_ADMIN] = BIT(PUSH) | BIT(TOKEN_ADD) | BIT(TOKEN_LIST) | BIT(TOKEN_REVOKE) |
		       BIT(TOKEN_ROTATE) | BIT(TOKEN_SET) | BIT(INVITE_ADD) | BIT(INVITE_LIST) |
		       BIT(INVITE_REMOVE),
};

static void everything_else_is_refused(void **state)
{
	(void)state;
	for (unsigned peer = 0; peer < PEER_KINDS; peer++)
		for (unsigned kind = 0; kind < 256; kind++)
			assert_int_equal(rights_allow((enum peer_kind)peer, (enum store_kind)kind),
					 kind < 32 && (allowed[peer] & 1U << kind));
	assert_false(rights_allow_versions(PEER_WORKER));
	assert_true(rights_allow_versions(PEER_CONTROL));
	assert_false(rights_allow_meta(PEER_WORKER));
	assert_true(rights_allow_meta(PEER_CONTROL));
	assert_false(rights_allow_board(PEER_WORKER));
	assert_true(rights_allow_board(PEER_CONTROL));
	assert_false(rights_allow_board(PEER_ADMIN));
	assert_false(rights_allow_stream_end(PEER_WORKER));
	assert_false(rights_allow_stream_end(PEER_CONTROL));
	assert_true(rights_allow_stream_end(PEER_ADMIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(everything_else_is_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
