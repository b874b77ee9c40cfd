/* Invitations and joins: counted exactly, repeated safely, refused with the reason;
 * rights that are set, and last use. */
#include "store_kit.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400

static struct store_grant grants[] = { { { "club", 4 }, true }, { { "news", 4 }, false } };

static void fill(unsigned char hash[STORE_TOKEN_HASH_LEN], const char *text)
{
	memset(hash, 0, STORE_TOKEN_HASH_LEN);
	memcpy(hash, text, strlen(text));
}

static const struct store_reply *run(struct kit *kit, const struct store_request *request)
{
	assert_int_equal(kit_commit(kit, request, 1), RC_OK);
	return &kit->replies[0];
}

static void invite(struct kit *kit, const char *id, uint64_t uses, int64_t lasts)
{
	struct store_request request = { .kind = STORE_INVITE_ADD };

	request.invite = (struct store_invite){ .id = slice_of(id),
						.note = slice_of("spring"),
						.created = clock_wall(),
						.expires = clock_wall() + lasts,
						.uses = uses,
						.grants = grants,
						.grant_count = 2 };
	fill(request.invite.hash, id);
	assert_int_equal(run(kit, &request)->rc, RC_OK);
}

static struct store_request join_of(const char *invite, const char *id, const char *user,
				    const char *retry)
{
	struct store_request request = { .kind = STORE_JOIN };

	request.token.id = slice_of(id);
	request.token.user = slice_of(user);
	fill(request.token.hash, id);
	if (retry)
		fill(request.retry, retry);
	(void)snprintf(request.proof.id, sizeof(request.proof.id), "%s", invite);
	fill(request.proof.hash, invite);
	return request;
}

static const struct store_reply *join(struct kit *kit, const char *invite, const char *id,
				      const char *user, const char *retry)
{
	struct store_request request = join_of(invite, id, user, retry);

	return run(kit, &request);
}

static void assert_refused(const struct store_reply *reply, enum store_join why)
{
	assert_int_equal(reply->rc, RC_DENIED);
	assert_int_equal(reply->join, why);
	assert_int_equal(reply->token_count, 0);
}

static void assert_joined(const struct store_reply *reply, const char *id, const char *user)
{
	assert_int_equal(reply->rc, RC_OK);
	assert_int_equal(reply->token_count, 1);
	assert_true(slice_is(reply->tokens[0].id, id));
	assert_true(slice_is(reply->tokens[0].user, user));
}

static void assert_uses(struct kit *kit, const char *id, uint64_t used)
{
	const struct store_request list = { .kind = STORE_INVITE_LIST };
	const struct store_reply *reply = run(kit, &list);

	for (size_t i = 0; i < reply->invite_count; i++)
		if (slice_is(reply->invites[i].id, id)) {
			assert_int_equal(reply->invites[i].used, used);
			return;
		}
	fail_msg("there is no invitation %s", id);
}

#define INVITE "00000000000000aa"

static void a_join_makes_a_token(void **state)
{
	struct kit *kit = *state;
	const struct store_reply *reply;

	invite(kit, INVITE, 2, DAY);
	reply = join(kit, INVITE, "0000000000000001", "ann", NULL);
	assert_joined(reply, "0000000000000001", "ann");
	assert_false(reply->repeated);
	assert_int_equal(reply->tokens[0].grant_count, 2);
	assert_true(slice_is(reply->tokens[0].grants[1].group, "news"));
	assert_false(reply->tokens[0].grants[1].write);
	assert_true(slice_is(reply->tokens[0].invite, INVITE));
	assert_true(slice_is(reply->tokens[0].note, "spring"));
	assert_int_equal(reply->tokens[0].expires, 0);
	assert_joined(join(kit, INVITE, "0000000000000002", "bob", NULL), "0000000000000002",
		      "bob");
	assert_refused(join(kit, INVITE, "0000000000000003", "cid", NULL), STORE_JOIN_USED);
	assert_uses(kit, INVITE, 2);
}

/* In one batch, as of two workers: the last use is one member's. */
static void the_last_use_is_one_members(void **state)
{
	struct kit *kit = *state;
	struct store_request requests[2] = {
		join_of(INVITE, "0000000000000001", "ann", NULL),
		join_of(INVITE, "0000000000000002", "bob", NULL),
	};

	invite(kit, INVITE, 1, DAY);
	assert_int_equal(kit_commit(kit, requests, 2), RC_OK);
	assert_joined(&kit->replies[0], "0000000000000001", "ann");
	assert_refused(&kit->replies[1], STORE_JOIN_USED);
	assert_uses(kit, INVITE, 1);
}

static void what_is_refused(void **state)
{
	struct kit *kit = *state;
	struct store_request forged = join_of(INVITE, "0000000000000001", "ann", NULL);

	assert_refused(join(kit, INVITE, "0000000000000001", "ann", NULL), STORE_JOIN_UNKNOWN);
	invite(kit, INVITE, 9, DAY);
	invite(kit, "00000000000000bb", 9, -1);
	forged.proof.hash[0] ^= 1;
	assert_refused(run(kit, &forged), STORE_JOIN_UNKNOWN);
	assert_refused(join(kit, "00000000000000bb", "0000000000000001", "ann", NULL),
		       STORE_JOIN_ENDED);
	assert_refused(join(kit, INVITE, "0000000000000001", "", NULL), STORE_JOIN_NAMELESS);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	assert_refused(join(kit, INVITE, "0000000000000002", "ann", NULL), STORE_JOIN_TAKEN);
	assert_int_equal(join(kit, INVITE, "0000000000000001", "bob", NULL)->rc, RC_EXISTS);
	assert_uses(kit, INVITE, 1);
}

static void a_repetition_changes_nothing(void **state)
{
	struct kit *kit = *state;

	invite(kit, INVITE, 2, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", "k"), "0000000000000001", "ann");
	assert_joined(join(kit, INVITE, "0000000000000002", "ann", "k"), "0000000000000001", "ann");
	assert_true(kit->replies[0].repeated);
	assert_uses(kit, INVITE, 1);
	assert_refused(join(kit, INVITE, "0000000000000002", "ann", "other"), STORE_JOIN_TAKEN);
	/* The same key with another name is another member. */
	assert_joined(join(kit, INVITE, "0000000000000003", "bob", "k"), "0000000000000003", "bob");
	assert_joined(join(kit, INVITE, "0000000000000004", "ann", "k"), "0000000000000001", "ann");
}

/* A member who was removed does not come back by sending the join again. */
static void a_revoked_join_is_not_repeated(void **state)
{
	struct kit *kit = *state;
	const struct store_request revoke = { .kind = STORE_TOKEN_REVOKE,
					      .token = { .id = slice_of("0000000000000001") } };
	const struct store_request remove = { .kind = STORE_INVITE_REMOVE,
					      .invite = { .id = slice_of(INVITE) } };

	invite(kit, INVITE, 9, DAY);
	invite(kit, "00000000000000bb", 9, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", "k"), "0000000000000001", "ann");
	assert_int_equal(run(kit, &revoke)->rc, RC_OK);
	for (int i = 0; i < 2; i++)
		assert_refused(join(kit, INVITE, "0000000000000002", "ann", "k"), STORE_JOIN_USED);
	assert_refused(join(kit, INVITE, "0000000000000002", "", "k"), STORE_JOIN_USED);
	assert_uses(kit, INVITE, 1);
	/* These are other joins. */
	assert_joined(join(kit, INVITE, "0000000000000002", "bob", "k"), "0000000000000002", "bob");
	assert_joined(join(kit, INVITE, "0000000000000003", "ann", "l"), "0000000000000003", "ann");
	assert_refused(join(kit, "00000000000000bb", "0000000000000004", "ann", "k"),
		       STORE_JOIN_TAKEN);
	assert_uses(kit, INVITE, 3);
	/* Nothing of it is left with the next invitation of that id. */
	assert_int_equal(run(kit, &remove)->rc, RC_OK);
	invite(kit, INVITE, 9, DAY);
	assert_joined(join(kit, INVITE, "0000000000000005", "cid", "k"), "0000000000000005", "cid");
}

/* So it is with a token that another one has replaced at once. */
static void a_rotated_join_is_not_repeated(void **state)
{
	struct kit *kit = *state;
	struct store_request rotate = { .kind = STORE_TOKEN_ROTATE,
					.old = slice_of("0000000000000001"),
					.token = { .id = slice_of("0000000000000002"),
						   .created = clock_wall(),
						   .expires = STORE_EXPIRES_KEPT } };

	rotate.old_ends = rotate.token.created;
	fill(rotate.token.hash, "0000000000000002");
	invite(kit, INVITE, 9, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", "k"), "0000000000000001", "ann");
	assert_int_equal(run(kit, &rotate)->rc, RC_OK);
	assert_refused(join(kit, INVITE, "0000000000000003", "ann", "k"), STORE_JOIN_USED);
	assert_uses(kit, INVITE, 1);
}

static const struct store_reply *invite_device(struct kit *kit, const char *token, const char *id)
{
	struct store_request request = { .kind = STORE_INVITE_DEVICE };

	request.invite.id = slice_of(id);
	fill(request.invite.hash, id);
	(void)snprintf(request.proof.id, sizeof(request.proof.id), "%s", token);
	fill(request.proof.hash, token);
	return run(kit, &request);
}

static void another_device_has_the_same_rights(void **state)
{
	struct kit *kit = *state;
	const struct store_reply *reply;

	invite(kit, INVITE, 1, DAY);
	assert_int_equal(invite_device(kit, "0000000000000001", "00000000000000c0")->rc, RC_DENIED);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	reply = invite_device(kit, "0000000000000001", "00000000000000c0");
	assert_joined(reply, "0000000000000001", "ann");
	/* The next one replaces it. */
	assert_int_equal(invite_device(kit, "0000000000000001", "00000000000000c1")->rc, RC_OK);
	assert_refused(join(kit, "00000000000000c0", "0000000000000002", "", NULL),
		       STORE_JOIN_UNKNOWN);
	reply = join(kit, "00000000000000c1", "0000000000000002", "", "k");
	assert_joined(reply, "0000000000000002", "ann");
	assert_int_equal(reply->tokens[0].grant_count, 2);
	assert_true(slice_is(reply->tokens[0].note, STORE_DEVICE_NOTE));
	assert_joined(join(kit, "00000000000000c1", "0000000000000003", "ann", "k"),
		      "0000000000000002", "ann");
	assert_refused(join(kit, "00000000000000c1", "0000000000000003", "ann", NULL),
		       STORE_JOIN_USED);
}

static void it_goes_with_the_first_device(void **state)
{
	struct kit *kit = *state;
	const struct store_request revoke = { .kind = STORE_TOKEN_REVOKE,
					      .token = { .id = slice_of("0000000000000001") } };

	invite(kit, INVITE, 1, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	assert_int_equal(invite_device(kit, "0000000000000001", "00000000000000c0")->rc, RC_OK);
	assert_int_equal(run(kit, &revoke)->rc, RC_OK);
	assert_refused(join(kit, "00000000000000c0", "0000000000000002", "", NULL),
		       STORE_JOIN_UNKNOWN);
}

static void one_is_removed_once(void **state)
{
	struct kit *kit = *state;
	const struct store_request remove = { .kind = STORE_INVITE_REMOVE,
					      .invite = { .id = slice_of(INVITE) } };

	invite(kit, INVITE, 1, DAY);
	assert_int_equal(run(kit, &remove)->rc, RC_OK);
	assert_refused(join(kit, INVITE, "0000000000000001", "ann", NULL), STORE_JOIN_UNKNOWN);
	assert_int_equal(run(kit, &remove)->rc, RC_NOT_FOUND);
}

/* ---- Tokens that live ---- */

static const struct store_token *listed(struct kit *kit)
{
	const struct store_request list = { .kind = STORE_TOKEN_LIST };
	const struct store_reply *reply = run(kit, &list);

	assert_int_equal(reply->token_count, 1);
	return &reply->tokens[0];
}

static void what_is_set_and_what_stays(void **state)
{
	struct kit *kit = *state;
	struct store_grant other[] = { { { "garden", 6 }, false } };
	struct store_request set = { .kind = STORE_TOKEN_SET,
				     .token = { .id = slice_of("0000000000000001"),
						.expires = STORE_EXPIRES_KEPT } };
	const struct store_token *token;

	for (size_t i = 0; i < STORE_QUOTA_COUNT; i++)
		set.token.quota.limits[i] = STORE_QUOTA_KEPT;
	invite(kit, INVITE, 1, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	set.token.grants = other;
	set.token.grant_count = 1;
	assert_int_equal(run(kit, &set)->rc, RC_OK);
	assert_int_equal(kit->replies[0].tokens[0].grant_count, 1);
	token = listed(kit);
	assert_true(token->grant_count == 1 && slice_is(token->grants[0].group, "garden"));
	assert_true(slice_is(token->note, "spring") && token->expires == 0);
	set.token.grant_count = 0;
	set.token.expires = 4000000000;
	set.sets_note = true;
	set.token.note = slice_of("");
	assert_int_equal(run(kit, &set)->rc, RC_OK);
	token = listed(kit);
	assert_true(token->grant_count == 1 && token->note.len == 0);
	assert_true(token->expires == 4000000000 && slice_is(token->invite, INVITE));
	set.token.id = slice_of("0000000000000009");
	assert_int_equal(run(kit, &set)->rc, RC_NOT_FOUND);
}

static void last_use_is_noted(void **state)
{
	struct kit *kit = *state;
	const struct slice ids[] = { slice_of("0000000000000001"), slice_of("00000000000000ff") };
	const struct store_request used = { .kind = STORE_TOKEN_USED,
					    .used = ids,
					    .used_count = 2 };
	const int64_t before = clock_wall();

	invite(kit, INVITE, 1, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	assert_int_equal(listed(kit)->used, 0);
	assert_int_equal(run(kit, &used)->rc, RC_OK);
	assert_in_range(listed(kit)->used, before, clock_wall());
}

/* Within the hour nothing is written. */
static void it_is_written_once_in_an_hour(void **state)
{
	struct kit *kit = *state;
	const struct slice id = slice_of("0000000000000001");
	const struct store_request used = { .kind = STORE_TOKEN_USED,
					    .used = &id,
					    .used_count = 1 };
	char sql[128];

	KIT_FILE_ONLY(kit);
	invite(kit, INVITE, 1, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	for (int ago = 3500; ago <= 3700; ago += 200) {
		const int64_t then = clock_wall() - ago;

		(void)snprintf(sql, sizeof(sql), "UPDATE token SET used = %lld", (long long)then);
		kit_sql(kit->path, sql);
		assert_int_equal(run(kit, &used)->rc, RC_OK);
		assert_int_equal(listed(kit)->used == then, ago < STORE_USED_SECONDS);
	}
}

/* Tokens of schema 9, and who has used them is not known. */
static void tokens_of_before_stay(void **state)
{
	struct kit *kit = *state;
	const struct store_token *token;

	KIT_FILE_ONLY(kit);
	invite(kit, INVITE, 1, DAY);
	assert_joined(join(kit, INVITE, "0000000000000001", "ann", NULL), "0000000000000001",
		      "ann");
	kit_close(kit);
	kit_sql(kit->path, KIT_TO_SCHEMA_13);
	kit_sql(kit->path, "ALTER TABLE meta DROP COLUMN history; DROP TABLE revoked_join; "
			   "DROP TABLE invite; DROP TABLE invite_grant; DROP INDEX token_user;"
			   "DROP INDEX token_retry; ALTER TABLE token DROP COLUMN note;"
			   "ALTER TABLE token DROP COLUMN invite; ALTER TABLE token DROP COLUMN "
			   "retry; ALTER TABLE token DROP COLUMN used; CREATE INDEX history_ended "
			   "ON history (ended_at); PRAGMA user_version = 9");
	kit_open(kit);
	token = listed(kit);
	assert_true(slice_is(token->user, "ann") && token->grant_count == 2);
	assert_true(token->note.len == 0 && token->invite.len == 0 && token->used == 0);
	invite(kit, INVITE, 1, DAY);
	assert_refused(join(kit, INVITE, "0000000000000002", "ann", NULL), STORE_JOIN_TAKEN);
	assert_joined(join(kit, INVITE, "0000000000000002", "bob", NULL), "0000000000000002",
		      "bob");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_join_makes_a_token),
		TEST(the_last_use_is_one_members),
		TEST(what_is_refused),
		TEST(a_repetition_changes_nothing),
		TEST(a_revoked_join_is_not_repeated),
		TEST(a_rotated_join_is_not_repeated),
		TEST(another_device_has_the_same_rights),
		TEST(it_goes_with_the_first_device),
		TEST(one_is_removed_once),
		TEST(what_is_set_and_what_stays),
		TEST(last_use_is_noted),
		TEST(it_is_written_once_in_an_hour),
		TEST(tokens_of_before_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
