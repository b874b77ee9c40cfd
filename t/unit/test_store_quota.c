/* Quotas of stored data: what counts for whom, what is refused, what stays. */
#include "store_kit.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define ANN "00000000000000a1"
#define ANN_2 "00000000000000a2"
#define BOB "00000000000000b1"

static struct store_grant all[] = { { { "*", 1 }, true } };

static void add_token(struct kit *kit, const char *id, const char *user, struct store_quota quota)
{
	struct store_request add = { .kind = STORE_TOKEN_ADD,
				     .token = { .id = slice_of(id),
						.user = slice_of(user),
						.created = 1,
						.grants = all,
						.grant_count = 1,
						.quota = quota } };

	assert_int_equal(kit_commit(kit, &add, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
}

/* A push of one document; value NULL: a deletion. */
static enum rc push(struct kit *kit, const char *payer, const char *id, uint64_t base,
		    const char *value)
{
	struct store_edit edit = kit_edit_of(id, base, NULL, value);
	struct store_request request = {
		.kind = STORE_PUSH, .payer = slice_of(payer), .edits = &edit, .edit_count = 1
	};

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	return kit->replies[0].rc;
}

static void assert_usage(struct kit *kit, const char *user, const char *wanted)
{
	struct store_request list = { .kind = STORE_TOKEN_LIST };
	char text[96] = "no such user";

	assert_int_equal(kit_commit(kit, &list, 1), RC_OK);
	for (size_t i = 0; i < kit->replies[0].token_count; i++) {
		const struct store_token *token = &kit->replies[0].tokens[i];

		if (slice_is(token->user, user))
			(void)snprintf(text, sizeof(text), "%d bytes, %d documents, %d groups",
				       (int)token->usage[STORE_QUOTA_BYTES],
				       (int)token->usage[STORE_QUOTA_DOCUMENTS],
				       (int)token->usage[STORE_QUOTA_GROUPS]);
	}
	assert_string_equal(text, wanted);
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)fprintf(stderr, "%.*s: %.*s\n", (int)place.len, place.data, (int)what.len, what.data);
	++*(int *)arg;
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg, (void)what, (void)done, (void)total;
}

static int faults_of(struct kit *kit)
{
	int faults = 0;
	struct store_check check = { .on_fault = on_fault,
				     .on_progress = on_progress,
				     .arg = &faults };
	struct store_stats_full stats;
	struct error err;

	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_OK);
	return faults;
}

#define QUOTA(bytes, documents, groups) ((struct store_quota){ { (bytes), (documents), (groups) } })

/* Requests of one transaction: each counts before the next is judged, also those of
 * another token of the user, and of tokens that take turns. */
static void pushes_of_a_batch_add_up(void **state)
{
	static const char *const payers[] = { ANN, ANN, BOB, ANN_2, ANN, ANN_2, ANN_2 };
	static const enum rc wanted[] = { RC_OK, RC_OK,         RC_OK,        RC_OK,
					  RC_OK, RC_OVER_QUOTA, RC_OVER_QUOTA };
	struct kit *kit = *state;
	struct store_request requests[7];
	struct store_edit edits[7];
	char ids[7][8];

	add_token(kit, ANN, "ann", QUOTA(0, 4, 2));
	add_token(kit, ANN_2, "ann", QUOTA(0, 4, 2));
	add_token(kit, BOB, "bob", QUOTA(0, 1, 0));
	for (size_t i = 0; i < 7; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "%c:%zu", i % 2 ? 's' : 't', i);
		edits[i] = kit_edit_of(ids[i], 0, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .payer = slice_of(payers[i]),
						      .edits = &edits[i],
						      .edit_count = 1 };
	}
	assert_int_equal(kit_commit(kit, requests, 7), RC_OK);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(kit->replies[i].rc, wanted[i]);
	assert_usage(kit, "ann", "16 bytes, 4 documents, 2 groups");
	assert_usage(kit, "bob", "4 bytes, 1 documents, 0 groups");
	assert_int_equal(faults_of(kit), 0);
}

/* Within a batch a token is given less, or goes. */
static void a_batch_that_changes_the_token_says_so(void **state)
{
	struct kit *kit = *state;
	const struct store_edit edits[] = { kit_edit_of("t:1", 0, NULL, "1"),
					    kit_edit_of("t:2", 0, NULL, "1") };
	const struct store_request requests[] = {
		{ .kind = STORE_PUSH, .payer = slice_of(ANN), .edits = &edits[0], .edit_count = 1 },
		{ .kind = STORE_TOKEN_REVOKE, .token = { .id = slice_of(ANN) } },
		{ .kind = STORE_PUSH, .payer = slice_of(ANN), .edits = &edits[1], .edit_count = 1 },
	};

	add_token(kit, ANN, "ann", QUOTA(0, 4, 0));
	add_token(kit, ANN_2, "ann", QUOTA(0, 0, 0));
	assert_int_equal(kit_commit(kit, requests, 3), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(kit->replies[2].rc, RC_DENIED);
	assert_usage(kit, "ann", "4 bytes, 1 documents, 1 groups");
}

/* The tokens of a user have one account, which rotation and revocation leave alone. */
static void tokens_of_a_user_share(void **state)
{
	struct kit *kit = *state;
	struct store_request rotate = { .kind = STORE_TOKEN_ROTATE,
					.old = slice_of(ANN),
					.token = { .id = slice_of("00000000000000a3"),
						   .created = 2,
						   .expires = STORE_EXPIRES_KEPT } };
	struct store_request revoke = { .kind = STORE_TOKEN_REVOKE,
					.token = { .id = slice_of(ANN_2) } };

	add_token(kit, ANN, "ann", QUOTA(0, 3, 0));
	add_token(kit, ANN_2, "ann", QUOTA(0, 0, 0));
	assert_int_equal(push(kit, ANN, "t:1", 0, "1"), RC_OK);
	assert_int_equal(push(kit, ANN_2, "t:2", 0, "22"), RC_OK);
	assert_usage(kit, "ann", "9 bytes, 2 documents, 1 groups");
	assert_int_equal(push(kit, ANN, "t:3", 0, "1"), RC_OK);
	assert_int_equal(push(kit, ANN, "t:4", 0, "1"), RC_OVER_QUOTA);
	assert_int_equal(kit->replies[0].over, STORE_QUOTA_DOCUMENTS);
	assert_int_equal(kit->replies[0].over_limit, 3);
	assert_int_equal(kit_commit(kit, &rotate, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(push(kit, ANN, "t:4", 0, "1"), RC_DENIED);
	assert_int_equal(push(kit, "00000000000000a3", "t:4", 0, "1"), RC_OVER_QUOTA);
	assert_int_equal(push(kit, ANN_2, "t:4", 0, "1"), RC_OK);
	assert_int_equal(kit_commit(kit, &revoke, 1), RC_OK);
	assert_usage(kit, "ann", "17 bytes, 4 documents, 1 groups");
	kit_close(kit);
	kit_open(kit);
	assert_usage(kit, "ann", "17 bytes, 4 documents, 1 groups");
	assert_int_equal(push(kit, "00000000000000a3", "t:5", 0, "1"), RC_OVER_QUOTA);
	assert_int_equal(faults_of(kit), 0);
}

/* Who wrote last pays; a tombstone counts for nobody. */
static void the_last_writer_pays(void **state)
{
	struct kit *kit = *state;

	add_token(kit, ANN, "ann", QUOTA(1000, 0, 0));
	add_token(kit, BOB, "bob", QUOTA(1000, 0, 0));
	assert_int_equal(push(kit, ANN, "t:1", 0, "\"ann's\""), RC_OK);
	assert_usage(kit, "ann", "10 bytes, 1 documents, 1 groups");
	assert_int_equal(push(kit, BOB, "t:1", 1, "\"bob's long one\""), RC_OK);
	assert_usage(kit, "ann", "0 bytes, 0 documents, 1 groups");
	assert_usage(kit, "bob", "19 bytes, 1 documents, 0 groups");
	/* An administrator. */
	assert_int_equal(push(kit, "", "t:1", 2, "3"), RC_OK);
	assert_usage(kit, "bob", "0 bytes, 0 documents, 0 groups");
	assert_int_equal(push(kit, ANN, "t:1", 3, "4"), RC_OK);
	assert_int_equal(push(kit, BOB, "t:1", 4, NULL), RC_OK);
	assert_usage(kit, "ann", "0 bytes, 0 documents, 1 groups");
	assert_usage(kit, "bob", "0 bytes, 0 documents, 0 groups");
	assert_int_equal(push(kit, BOB, "t:1", 5, "6"), RC_OK);
	assert_usage(kit, "bob", "4 bytes, 1 documents, 0 groups");
	assert_int_equal(faults_of(kit), 0);
}

/* A group counts for the user who made it, until a purge removes it. */
static void groups_go_with_a_purge(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	struct store_request request = {
		.kind = STORE_PUSH, .payer = slice_of(ANN), .edits = edits, .edit_count = 4
	};

	add_token(kit, ANN, "ann", QUOTA(0, 0, 2));
	edits[0] = kit_edit_of("a:1", 0, NULL, "1");
	edits[1] = kit_edit_of("b:1", 0, NULL, "1");
	edits[2] = kit_edit_of("a:2", 0, NULL, "1");
	edits[3] = kit_edit_of("c:1", 0, NULL, "1");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	request.edit_count = 3;
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_usage(kit, "ann", "12 bytes, 3 documents, 2 groups");
	assert_int_equal(push(kit, ANN, "c:1", 0, "1"), RC_OVER_QUOTA);
	assert_int_equal(push(kit, ANN, "b:1", 1, NULL), RC_OK);
	assert_int_equal(push(kit, ANN, "c:1", 0, "1"), RC_OVER_QUOTA);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_usage(kit, "ann", "8 bytes, 2 documents, 1 groups");
	assert_int_equal(push(kit, ANN, "c:1", 0, "1"), RC_OK);
	assert_int_equal(faults_of(kit), 0);
}

/* Over a quota, whatever does not add to it is taken, and a push only as a whole. */
static void over_it_one_may_free(void **state)
{
	struct kit *kit = *state;
	struct store_request set = { .kind = STORE_TOKEN_SET,
				     .token = { .id = slice_of(ANN),
						.quota = { { 5, STORE_QUOTA_KEPT, STORE_QUOTA_OFF,
							     STORE_QUOTA_KEPT,
							     STORE_QUOTA_KEPT } } } };
	struct store_edit edits[2];
	struct store_request both = {
		.kind = STORE_PUSH, .payer = slice_of(ANN), .edits = edits, .edit_count = 2
	};

	add_token(kit, ANN, "ann", QUOTA(100, 10, 1));
	assert_int_equal(push(kit, ANN, "t:1", 0, "12345"), RC_OK);
	assert_int_equal(push(kit, ANN, "t:2", 0, "12345"), RC_OK);
	assert_int_equal(kit_commit(kit, &set, 1), RC_OK);
	assert_int_equal(kit->replies[0].tokens[0].quota.limits[STORE_QUOTA_BYTES], 5);
	assert_int_equal(kit->replies[0].tokens[0].quota.limits[STORE_QUOTA_DOCUMENTS], 10);
	assert_int_equal(push(kit, ANN, "t:1", 1, "123456"), RC_OVER_QUOTA);
	assert_int_equal(push(kit, ANN, "t:1", 1, "54321"), RC_OK);
	assert_int_equal(push(kit, ANN, "t:1", 2, "4321"), RC_OK);
	edits[0] = kit_edit_of("t:1", 3, NULL, "54321");
	edits[1] = kit_edit_of("t:2", 1, NULL, NULL);
	assert_int_equal(kit_commit(kit, &both, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_usage(kit, "ann", "8 bytes, 1 documents, 1 groups");
	edits[0] = kit_edit_of("t:1", 4, NULL, NULL);
	edits[1] = kit_edit_of("t:3", 0, NULL, "1234567890");
	assert_int_equal(kit_commit(kit, &both, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	assert_int_equal(kit->replies[0].over, STORE_QUOTA_BYTES);
	assert_usage(kit, "ann", "8 bytes, 1 documents, 1 groups");
	/* What is there already is no growth, and a conflict none either. */
	assert_int_equal(push(kit, ANN, "t:1", 0, "1234567890"), RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_CONFLICT);
	set.token.id = slice_of(BOB);
	assert_int_equal(kit_commit(kit, &set, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_NOT_FOUND);
	assert_int_equal(faults_of(kit), 0);
}

/* A batch is one transaction: each push meets what those before it have stored. */
static void pushes_of_one_batch(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	struct store_request requests[4];
	size_t taken = 0;

	add_token(kit, ANN, "ann", QUOTA(0, 2, 0));
	for (size_t i = 0; i < 4; i++) {
		static const char *const ids[] = { "t:1", "t:2", "t:3", "t:4" };

		edits[i] = kit_edit_of(ids[i], 0, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .payer = slice_of(ANN),
						      .edits = &edits[i],
						      .edit_count = 1 };
	}
	assert_int_equal(kit_commit(kit, requests, 4), RC_OK);
	for (size_t i = 0; i < 4; i++)
		taken += kit->replies[i].rc == RC_OK;
	assert_int_equal(taken, 2);
	assert_usage(kit, "ann", "8 bytes, 2 documents, 1 groups");
}

/* The limits of the server hold for tokens without any, and for all together where
 * there are no tokens. Without a limit nothing is counted, and what was not counted
 * belongs to nobody. */
static void limits_of_the_server(void **state)
{
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("t:2", 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH,
					 .payer = slice_of(ANN),
					 .quota = QUOTA(0, 1, 0),
					 .edits = &edit,
					 .edit_count = 1 };

	add_token(kit, ANN, "ann", QUOTA(0, 0, 0));
	assert_int_equal(push(kit, ANN, "t:1", 0, "1"), RC_OK);
	assert_usage(kit, "ann", "0 bytes, 0 documents, 0 groups");
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM account"), "0");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	edit.id = slice_of("t:3");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	request.payer = slice_of(STORE_PAYER_ANYONE);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	edit.id = slice_of("t:4");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	/* A user with an account is counted further, also without a limit. */
	assert_int_equal(push(kit, ANN, "t:5", 0, "1"), RC_OK);
	assert_usage(kit, "ann", "8 bytes, 2 documents, 0 groups");
	assert_int_equal(faults_of(kit), 0);
}

/* Users whom a proxy names have no token; they share an account with one of that
 * name. */
static void users_without_a_token(void **state)
{
	struct kit *kit = *state;
	char longest[STORE_PAYER_MAX + 1] = STORE_PAYER_USER;
	struct store_edit edit = kit_edit_of("t:1", 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH,
					 .payer = slice_of("=ann"),
					 .quota = QUOTA(0, 1, 0),
					 .edits = &edit,
					 .edit_count = 1 };

	memset(longest + 1, 'u', STORE_USER_MAX);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	edit.id = slice_of("t:2");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	request.payer = slice_of(longest);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	edit.id = slice_of("t:3");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OVER_QUOTA);
	add_token(kit, ANN, "ann", QUOTA(0, 1, 0));
	assert_int_equal(push(kit, ANN, "t:4", 0, "1"), RC_OVER_QUOTA);
	/* The name of a user is no id of a token. */
	assert_int_equal(push(kit, BOB, "t:4", 0, "1"), RC_DENIED);
	assert_int_equal(push(kit, "=" BOB, "t:4", 0, "1"), RC_OK);
	assert_int_equal(faults_of(kit), 0);
}

static void values_in_the_table_of_large_ones(void **state)
{
	static char value[5001];
	struct kit *kit = *state;

	memset(value, '7', sizeof(value) - 1);
	add_token(kit, ANN, "ann", QUOTA(6000, 0, 0));
	assert_int_equal(push(kit, ANN, "t:1", 0, value), RC_OK);
	assert_usage(kit, "ann", "5003 bytes, 1 documents, 1 groups");
	assert_int_equal(push(kit, ANN, "t:2", 0, value), RC_OVER_QUOTA);
	assert_int_equal(push(kit, ANN, "t:1", 1, value), RC_OK);
	assert_int_equal(faults_of(kit), 0);
	assert_int_equal(push(kit, ANN, "t:1", 2, "1"), RC_OK);
	assert_usage(kit, "ann", "4 bytes, 1 documents, 1 groups");
	assert_int_equal(faults_of(kit), 0);
}

/* Replies of pushes that count are bounded as well. */
static void replies_stay_bounded(void **state)
{
	enum { BIG = 6 << 20, REQUESTS = 6 };
	struct kit *kit = *state;
	struct store_edit edits[REQUESTS];
	struct store_request requests[REQUESTS];
	char *value = mem_alloc(BIG + 1), ids[REQUESTS][8];

	memset(value, '1', BIG);
	add_token(kit, ANN, "ann", QUOTA(1 << 30, 0, 0));
	for (size_t i = 0; i < REQUESTS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "t:%zu", i);
		assert_int_equal(push(kit, ANN, ids[i], 0, value), RC_OK);
		edits[i] = kit_edit_of(ids[i], 9, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .payer = slice_of(ANN),
						      .edits = &edits[i],
						      .edit_count = 1 };
	}
	assert_int_equal(kit_commit(kit, requests, REQUESTS), RC_OK);
	for (size_t i = 0; i < REQUESTS; i++)
		assert_int_equal(kit->replies[i].rc, i < 3 ? RC_OK : RC_BUSY);
	free(value);
}

static void check_finds_wrong_tallies(void **state)
{
	static const char *const columns[][3] = {
		{ "account", "bytes", "5" },      { "account", "documents", "0" },
		{ "account", "groups", "7" },     { "account", "account", "99" },
		{ "doc", "account", "99" },       { "doc", "account", "0" },
		{ "doc", "charge", "5" },         { "grp", "account", "99" },
		{ "token", "quota_bytes", "-7" },
	};
	struct kit *kit = *state;

	add_token(kit, ANN, "ann", QUOTA(1000, 0, 0));
	assert_int_equal(push(kit, ANN, "t:1", 0, "1"), RC_OK);
	assert_int_equal(faults_of(kit), 0);
	kit_close(kit);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *table = columns[i][0], *column = columns[i][1];
		char sql[128], right[32];

		(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s", column, table);
		(void)snprintf(right, sizeof(right), "%s", kit_ask(kit->path, sql));
		(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s", table, column,
			       columns[i][2]);
		kit_sql(kit->path, sql);
		assert_true(faults_of(kit) > 0);
		(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s", table, column, right);
		kit_sql(kit->path, sql);
		assert_int_equal(faults_of(kit), 0);
	}
	kit_open(kit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pushes_of_a_batch_add_up), TEST(a_batch_that_changes_the_token_says_so),
		TEST(tokens_of_a_user_share),   TEST(the_last_writer_pays),
		TEST(groups_go_with_a_purge),   TEST(over_it_one_may_free),
		TEST(pushes_of_one_batch),      TEST(limits_of_the_server),
		TEST(users_without_a_token),    TEST(values_in_the_table_of_large_ones),
		TEST(replies_stay_bounded),     TEST(check_finds_wrong_tallies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
