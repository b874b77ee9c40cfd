/* Tokens: added, found, listed and revoked. */
#include "store_kit.h"

static void assert_text(struct slice got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.len);
}

static struct store_token found;
static struct store_grant found_grants[STORE_GRANTS_MAX];
static char found_text[1024];

static struct slice retention(size_t *used, struct slice text)
{
	struct slice page_cache = { found_text + *used, text.len };

	assert_true(*used + text.len <= sizeof(found_text));
	memcpy(found_text + *used, text.data, text.len);
	*used += text.len;
	return page_cache;
}

static void on_token(void *arg, enum rc rc, const struct store_token *token)
{
	size_t used = 0;

	*(enum rc *)arg = rc;
	if (rc != RC_OK) {
		assert_null(token);
		return;
	}
	found = *token;
	found.id = retention(&used, token->id);
	found.user = retention(&used, token->user);
	found.grants = found_grants;
	for (size_t i = 0; i < token->grant_count; i++)
		found_grants[i] = (struct store_grant){ retention(&used, token->grants[i].group),
							token->grants[i].write };
}

static enum rc find(struct kit *kit, const char *id)
{
	enum rc rc = RC_COUNT;

	store_token_find(kit->reader, slice_of(id), on_token, &rc);
	store_wait(kit->reader);
	return rc;
}

static struct store_grant two_grants[] = { { { "todos", 5 }, true }, { { "*", 1 }, false } };
static struct store_grant one_grant[] = { { { "z", 1 }, true } };

static struct store_request token_request(enum store_kind kind, const char *id, const char *user,
					  int64_t created)
{
	return (struct store_request){ .kind = kind,
				       .token = { .id = slice_of(id),
						  .user = slice_of(user),
						  .hash = "\x01\0\xff 29 bytes of a hash more",
						  .created = created,
						  .expires = 12345,
						  .grants = two_grants,
						  .grant_count = 2 } };
}

static enum rc do_token(struct kit *kit, struct store_request request)
{
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	return kit->replies[0].rc;
}

static void tokens_come_and_go(void **state)
{
	struct kit *kit = *state;
	struct store_request add = token_request(STORE_TOKEN_ADD, "0123456789abcdef", "ann", 100);

	assert_int_equal(find(kit, "0123456789abcdef"), RC_NOT_FOUND);
	assert_int_equal(do_token(kit, add), RC_OK);
	assert_int_equal(find(kit, "0123456789abcdef"), RC_OK);
	assert_text(found.id, "0123456789abcdef");
	assert_text(found.user, "ann");
	assert_memory_equal(found.hash, add.token.hash, STORE_TOKEN_HASH_LEN);
	assert_true(found.created == 100 && found.expires == 12345);
	assert_int_equal(found.grant_count, 2);
	assert_text(found.grants[0].group, "todos");
	assert_true(found.grants[0].write);
	assert_text(found.grants[1].group, "*");
	assert_false(found.grants[1].write);
	assert_int_equal(find(kit, "0123456789abcdee"), RC_NOT_FOUND);
	assert_int_equal(find(kit, ""), RC_NOT_FOUND);
	assert_int_equal(
		do_token(kit, token_request(STORE_TOKEN_REVOKE, "0123456789abcdef", "", 0)), RC_OK);
	assert_int_equal(find(kit, "0123456789abcdef"), RC_NOT_FOUND);
	assert_int_equal(
		do_token(kit, token_request(STORE_TOKEN_REVOKE, "0123456789abcdef", "", 0)),
		RC_NOT_FOUND);
	assert_int_equal(do_token(kit, token_request(STORE_TOKEN_REVOKE, "such a thing", "", 0)),
			 RC_NOT_FOUND);
	/* An id that was revoked takes none of its grants back. */
	add.token.grants = one_grant;
	add.token.grant_count = 1;
	assert_int_equal(do_token(kit, add), RC_OK);
	assert_int_equal(find(kit, "0123456789abcdef"), RC_OK);
	assert_int_equal(found.grant_count, 1);
}

static void taken_token_id(void **state)
{
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("t:1", 0, NULL, "1");
	struct store_request requests[3] = {
		token_request(STORE_TOKEN_ADD, "0123456789abcdef", "ann", 1),
		token_request(STORE_TOKEN_ADD, "0123456789abcdef", "bob", 2),
		{ .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 },
	};

	assert_int_equal(kit_commit(kit, requests, 3), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(kit->replies[1].rc, RC_EXISTS);
	assert_int_equal(kit->replies[2].results[0].seq, 1);
	assert_int_equal(find(kit, "0123456789abcdef"), RC_OK);
	assert_text(found.user, "ann");
}

static struct store_request rotation(const char *id, const char *old, int64_t expires,
				     int64_t old_ends)
{
	struct store_request request = token_request(STORE_TOKEN_ROTATE, id, "", 200);

	request.token.hash[0] = (unsigned char)id[0];
	request.token.expires = expires;
	request.token.grants = NULL;
	request.token.grant_count = 0;
	request.old = slice_of(old);
	request.old_ends = old_ends;
	return request;
}

static void one_in_the_place_of_another(void **state)
{
	static const char first[] = "0123456789abcdef", second[] = "1123456789abcdef",
			  third[] = "2123456789abcdef";
	struct kit *kit = *state;

	assert_int_equal(do_token(kit, token_request(STORE_TOKEN_ADD, first, "ann", 100)), RC_OK);
	assert_int_equal(do_token(kit, rotation(second, first, STORE_EXPIRES_KEPT, 0)), RC_OK);
	assert_int_equal(kit->replies[0].token_count, 1);
	assert_int_equal(find(kit, first), RC_NOT_FOUND);
	assert_int_equal(find(kit, second), RC_OK);
	assert_text(found.user, "ann");
	assert_int_equal(found.hash[0], '1');
	assert_true(found.created == 200 && found.expires == 12345);
	assert_int_equal(found.grant_count, 2);
	assert_text(found.grants[0].group, "todos");
	assert_false(found.grants[1].write);
	/* Sent again, as by a command that lost the answer. */
	assert_int_equal(do_token(kit, rotation(second, first, STORE_EXPIRES_KEPT, 0)), RC_OK);
	assert_int_equal(kit->replies[0].token_count, 1);
	/* With a grace, which lengthens no life. */
	assert_int_equal(do_token(kit, rotation(third, second, 0, 300)), RC_OK);
	assert_int_equal(find(kit, third), RC_OK);
	assert_int_equal(found.expires, 0);
	assert_int_equal(find(kit, second), RC_OK);
	assert_int_equal(found.expires, 300);
	assert_int_equal(do_token(kit, rotation("3123456789abcdef", second, 0, 400)), RC_OK);
	assert_int_equal(find(kit, second), RC_OK);
	assert_int_equal(found.expires, 300);
}

static void rotations_refused(void **state)
{
	static const char old[] = "0123456789abcdef", taken[] = "1123456789abcdef";
	struct kit *kit = *state;
	struct store_request add = token_request(STORE_TOKEN_ADD, old, "ann", 100);

	add.token.expires = 200;
	assert_int_equal(do_token(kit, add), RC_OK);
	assert_int_equal(do_token(kit, token_request(STORE_TOKEN_ADD, taken, "bob", 100)), RC_OK);
	assert_int_equal(do_token(kit, rotation(taken, old, 0, 0)), RC_EXISTS);
	assert_int_equal(do_token(kit, rotation("2123456789abcdef", "3123456789abcdef", 0, 0)),
			 RC_NOT_FOUND);
	assert_int_equal(do_token(kit, rotation("2123456789abcdef", old, STORE_EXPIRES_KEPT, 0)),
			 RC_DENIED);
	assert_int_equal(find(kit, "2123456789abcdef"), RC_NOT_FOUND);
	assert_int_equal(find(kit, old), RC_OK);
	assert_int_equal(do_token(kit, rotation("2123456789abcdef", old, 900, 0)), RC_OK);
	assert_int_equal(find(kit, old), RC_NOT_FOUND);
}

static void tokens_listed_by_time(void **state)
{
	struct kit *kit = *state;
	struct store_request list = { .kind = STORE_TOKEN_LIST };

	assert_int_equal(do_token(kit, list), RC_OK);
	assert_int_equal(kit->replies[0].token_count, 0);
	assert_int_equal(
		do_token(kit, token_request(STORE_TOKEN_ADD, "00000000000000aa", "late", 30)),
		RC_OK);
	assert_int_equal(
		do_token(kit, token_request(STORE_TOKEN_ADD, "00000000000000cc", "early", 10)),
		RC_OK);
	assert_int_equal(do_token(kit, token_request(STORE_TOKEN_ADD, "00000000000000bb",
						     "first of two", 10)),
			 RC_OK);
	assert_int_equal(do_token(kit, list), RC_OK);
	assert_int_equal(kit->replies[0].token_count, 3);
	assert_text(kit->replies[0].tokens[0].user, "first of two");
	assert_text(kit->replies[0].tokens[1].user, "early");
	assert_text(kit->replies[0].tokens[2].user, "late");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(kit->replies[0].tokens[i].grant_count, 2);
		assert_text(kit->replies[0].tokens[i].grants[1].group, "*");
	}
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { KIT_TEST(tokens_come_and_go), KIT_TEST(taken_token_id),
					    KIT_TEST(one_in_the_place_of_another),
					    KIT_TEST(rotations_refused),
					    KIT_TEST(tokens_listed_by_time) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
