/* Requests and replies as bytes: they come back as they were, and no bytes at all do
 * harm. */
#include "store_kit.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdlib.h>

static struct store_grant grants[] = {
	{ { "todos", 5 }, true },
	{ { "*", 1 }, false },
};

/* One in full, for the tables below. */
#define TOKEN \
	{ \
		.id = { "0123456789abcdef", 16 }, .user = { "ann", 3 }, \
		.hash = "\x01\x02\xff\0and some more", .created = 1700000000, \
		.expires = INT64_MAX, .grants = grants, .grant_count = 2 \
	}

static const struct store_token token = TOKEN;

static const struct store_edit edits[] = {
	{ .id = { "todos:1", 7 },
	  .base = 3,
	  .op = { "o\0p", 3 },
	  .plain = true,
	  .value = { "{\"a\":1}", 7 } },
	{ .id = { "todos:2", 7 }, .base = STORE_BASE_MAX, .deleted = true },
	{ .id = { "a:b:\xc3\xa9", 6 }, .value = { "[\"~:k\"]", 7 } },
};

static const struct store_request requests[] = {
	{ .kind = STORE_PUSH, .edits = edits, .edit_count = 3, .atomic = true },
	{ .kind = STORE_PUSH },
	{ .kind = STORE_PUSH, .edits = edits, .edit_count = 2, .keeps_versions = true },
	{ .kind = STORE_PUSH,
	  .edits = edits,
	  .edit_count = 2,
	  .keeps_versions = true,
	  .keeps_former = true },
	{ .kind = STORE_TOKEN_ADD, .token = TOKEN },
	{ .kind = STORE_TOKEN_LIST },
	{ .kind = STORE_TOKEN_REVOKE, .token = { .id = { "0123456789abcdef", 16 } } },
	{ .kind = STORE_TOKEN_ROTATE,
	  .token = { .id = { "0123456789abcdef", 16 },
		     .hash = "a hash",
		     .created = 5,
		     .expires = STORE_EXPIRES_KEPT },
	  .old = { "fedcba9876543210", 16 },
	  .old_ends = 77 },
	{ .kind = STORE_PURGE, .before = -5, .limit = STORE_PURGE_MAX },
	{ .kind = STORE_PURGE,
	  .ended_before = 6,
	  .from = { .gid = 7, .id = { "a:1", 3 }, .version = 8 },
	  .limit = 1 },
};

static struct store_result results[] = {
	{ .status = STORE_OK, .version = 4, .seq = 9 },
	{ .status = STORE_CONFLICT, .version = INT64_MAX, .plain = true, .value = { "\"x\"", 3 } },
	{ .status = STORE_CONFLICT, .deleted = true },
	{ .status = STORE_CONFLICT, .version = 3, .damaged = true },
	{ .status = STORE_SKIPPED, .version = 1 },
};

static struct store_token tokens[] = { TOKEN, TOKEN };

static const struct store_reply replies[] = {
	{ .kind = STORE_PUSH,
	  .head = { .epoch = UINT64_MAX, .seq = 9 },
	  .results = results,
	  .result_count = COUNT(results) },
	{ .rc = RC_TOO_LARGE, .kind = STORE_PUSH, .head = { .epoch = 1 } },
	{ .kind = STORE_TOKEN_LIST, .head = { .epoch = 1 }, .tokens = tokens, .token_count = 2 },
	{ .rc = RC_EXISTS, .kind = STORE_TOKEN_ADD },
	{ .kind = STORE_PURGE, .purged = 77 },
	{ .kind = STORE_PURGE,
	  .pruned = 5,
	  .more = true,
	  .next = { .gid = INT64_MAX, .id = { "a:b:1", 5 }, .version = 1 } },
};

static void assert_slice(struct slice got, struct slice wanted)
{
	assert_int_equal(got.len, wanted.len);
	if (wanted.len)
		assert_memory_equal(got.data, wanted.data, wanted.len);
}

static void assert_token(const struct store_token *got, const struct store_token *wanted)
{
	assert_slice(got->id, wanted->id);
	assert_slice(got->user, wanted->user);
	assert_memory_equal(got->hash, wanted->hash, sizeof(got->hash));
	assert_true(got->created == wanted->created && got->expires == wanted->expires);
	assert_int_equal(got->grant_count, wanted->grant_count);
	for (size_t i = 0; i < wanted->grant_count; i++) {
		assert_slice(got->grants[i].group, wanted->grants[i].group);
		assert_int_equal(got->grants[i].write, wanted->grants[i].write);
	}
}

static void assert_former(const struct store_former *got, const struct store_former *wanted)
{
	assert_int_equal(got->gid, wanted->gid);
	assert_slice(got->id, wanted->id);
	assert_int_equal(got->version, wanted->version);
}

static void assert_request(const struct store_request *got, const struct store_request *wanted)
{
	assert_int_equal(got->kind, wanted->kind);
	assert_int_equal(got->atomic, wanted->atomic);
	assert_int_equal(got->keeps_versions, wanted->keeps_versions);
	assert_int_equal(got->keeps_former, wanted->keeps_former);
	assert_int_equal(got->edit_count, wanted->edit_count);
	assert_true(got->before == wanted->before);
	assert_true(got->ended_before == wanted->ended_before);
	assert_former(&got->from, &wanted->from);
	assert_int_equal(got->limit, wanted->limit);
	assert_slice(got->old, wanted->old);
	assert_true(got->old_ends == wanted->old_ends);
	for (size_t i = 0; i < wanted->edit_count; i++) {
		assert_slice(got->edits[i].id, wanted->edits[i].id);
		assert_slice(got->edits[i].op, wanted->edits[i].op);
		assert_slice(got->edits[i].value, wanted->edits[i].value);
		assert_int_equal(got->edits[i].base, wanted->edits[i].base);
		assert_int_equal(got->edits[i].deleted, wanted->edits[i].deleted);
		assert_int_equal(got->edits[i].plain, wanted->edits[i].plain);
	}
	assert_token(&got->token, &wanted->token);
}

static void assert_reply(const struct store_reply *got, const struct store_reply *wanted)
{
	assert_int_equal(got->rc, wanted->rc);
	assert_int_equal(got->kind, wanted->kind);
	assert_int_equal(got->head.epoch, wanted->head.epoch);
	assert_int_equal(got->head.seq, wanted->head.seq);
	assert_int_equal(got->purged, wanted->purged);
	assert_int_equal(got->pruned, wanted->pruned);
	assert_int_equal(got->more, wanted->more);
	assert_former(&got->next, &wanted->next);
	assert_int_equal(got->result_count, wanted->result_count);
	for (size_t i = 0; i < wanted->result_count; i++) {
		assert_int_equal(got->results[i].status, wanted->results[i].status);
		assert_int_equal(got->results[i].version, wanted->results[i].version);
		assert_int_equal(got->results[i].seq, wanted->results[i].seq);
		assert_int_equal(got->results[i].deleted, wanted->results[i].deleted);
		assert_int_equal(got->results[i].plain, wanted->results[i].plain);
		assert_int_equal(got->results[i].damaged, wanted->results[i].damaged);
		assert_slice(got->results[i].value, wanted->results[i].value);
	}
	assert_int_equal(got->token_count, wanted->token_count);
	for (size_t i = 0; i < wanted->token_count; i++)
		assert_token(&got->tokens[i], &wanted->tokens[i]);
}

static void requests_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buf bytes = BUF_EMPTY;
		struct store_request back;

		store_request_pack(&requests[i], &bytes);
		assert_int_equal(store_request_unpack(buf_slice(&bytes), &back), RC_OK);
		assert_request(&back, &requests[i]);
		store_request_clear(&back);
		buf_free(&bytes);
	}
}

static void replies_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct buf bytes = BUF_EMPTY;
		struct store_reply back;

		store_reply_pack(&replies[i], &bytes);
		assert_int_equal(store_reply_unpack(buf_slice(&bytes), &back), RC_OK);
		assert_reply(&back, &replies[i]);
		store_reply_clear(&back);
		buf_free(&bytes);
	}
}

/* ---- Bytes that are none of ours ---- */

/* Reads a copy of exactly that length, so that a step past its end is seen by a
 * sanitizer. */
static enum rc try_request(const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct store_request request;
	enum rc rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	rc = store_request_unpack(slice_make(copy, len), &request);
	store_request_clear(&request);
	free(copy);
	return rc;
}

static enum rc try_reply(const char *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct store_reply reply;
	enum rc rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	rc = store_reply_unpack(slice_make(copy, len), &reply);
	store_reply_clear(&reply);
	free(copy);
	return rc;
}

typedef enum rc try_bytes(const char *data, size_t len);

/* Cut at each byte, with a byte too many, and with each byte changed: refused or read,
 * never worse.
 */
static void disturb(struct buf *bytes, try_bytes *try)
{
	for (size_t len = 0; len < bytes->len; len++)
		assert_int_equal(try(bytes->data, len), RC_MALFORMED);
	for (size_t at = 0; at < bytes->len; at++) {
		static const char masks[] = { 1, 2, 0x7f, (char)0x80, (char)0xff };
		char was = bytes->data[at];

		for (size_t i = 0; i < sizeof(masks); i++) {
			enum rc rc;

			bytes->data[at] = (char)(was ^ masks[i]);
			rc = try(bytes->data, bytes->len);
			assert_true(rc == RC_OK || rc == RC_MALFORMED);
		}
		bytes->data[at] = was;
	}
	assert_int_equal(try(bytes->data, bytes->len), RC_OK);
	buf_put_byte(bytes, 0);
	assert_int_equal(try(bytes->data, bytes->len), RC_MALFORMED);
}

static void disturbed_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buf bytes = BUF_EMPTY;

		store_request_pack(&requests[i], &bytes);
		disturb(&bytes, try_request);
		buf_free(&bytes);
	}
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct buf bytes = BUF_EMPTY;

		store_reply_pack(&replies[i], &bytes);
		disturb(&bytes, try_reply);
		buf_free(&bytes);
	}
}

static void random_bytes(void **state)
{
	char bytes[96];

	(void)state;
	srandom(2);
	for (int round = 0; round < 100000; round++) {
		size_t len = (size_t)random() % sizeof(bytes);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)(random() % 3 ? random() % 8 : random());
		(void)!try_request(bytes, len);
		(void)!try_reply(bytes, len);
	}
}

/* A count that no message can hold must not be believed. */
static void huge_counts(void **state)
{
	static const char push[] = { STORE_PUSH, 0, (char)0xff, (char)0xff, (char)0xff,
				     (char)0xff, 0, 0,          0,          0 };

	(void)state;
	assert_int_equal(try_request(push, sizeof(push)), RC_MALFORMED);
}

static void assert_refused(const struct store_request *request)
{
	struct buf bytes = BUF_EMPTY;

	store_request_pack(request, &bytes);
	assert_int_equal(try_request(bytes.data, bytes.len), RC_MALFORMED);
	buf_free(&bytes);
}

static void assert_edit_refused(struct store_edit edit)
{
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &edit,
					       .edit_count = 1 };

	assert_refused(&request);
}

/* What store.h promises the writer of each field. */
static void broken_fields(void **state)
{
	struct store_edit edit = edits[0];
	struct store_token bad;
	char long_op[65], long_user[STORE_USER_MAX + 1];

	(void)state;
	memset(long_op, 'o', sizeof(long_op));
	memset(long_user, 'u', sizeof(long_user));
	edit.id = slice_of("no-colon");
	assert_edit_refused(edit);
	edit.id = slice_of("a:\xff");
	assert_edit_refused(edit);
	edit = edits[0];
	edit.op = slice_make(long_op, sizeof(long_op));
	assert_edit_refused(edit);
	edit = edits[0];
	edit.base = STORE_VERSION_MAX;
	assert_edit_refused(edit);
	edit = edits[0];
	edit.value.len = 0;
	assert_edit_refused(edit);
	edit = edits[0];
	edit.deleted = true;
	assert_edit_refused(edit);
	bad = token;
	bad.id = slice_of("0123456789abcdeF");
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	bad.id = slice_of("0123456789abcde");
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	bad = token;
	bad.user.len = 0;
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	bad.user = slice_make(long_user, sizeof(long_user));
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	bad = token;
	bad.grant_count = 0;
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
}

static void payers(void **state)
{
	static const char *const bad[] = { "=", "**", "ann", "0123456789abcdeF" };
	char text[STORE_PAYER_MAX + 2] = STORE_PAYER_USER;
	struct store_request request = { .kind = STORE_PUSH, .edits = edits, .edit_count = 1 };
	struct buf bytes = BUF_EMPTY;

	(void)state;
	memset(text + 1, 'u', STORE_USER_MAX + 1);
	request.payer = slice_of(text);
	assert_refused(&request);
	for (size_t i = 0; i < COUNT(bad); i++) {
		request.payer = slice_of(bad[i]);
		assert_refused(&request);
	}
	request.payer = slice_make(text, STORE_PAYER_MAX);
	store_request_pack(&request, &bytes);
	assert_int_equal(try_request(bytes.data, bytes.len), RC_OK);
	buf_free(&bytes);
}

/* Values that transit_in_value would not have made. */
static void values_that_are_not_canonical(void **state)
{
	static const struct {
		const char *value;
		bool plain;
	} rows[] = {
		{ "{\"a\":1", true },     { "[1, 2]", true },     { " 1", true },
		{ "1 ", true },           { "1,2", true },        { "[\"^ \",\"a\",1]", false },
		{ "[\"~#'\",1]", false }, { "\"^0\"", false },    { "\"\\u0041\"", true },
		{ "\"\xff\"", true },     { "{\"a\":1}", false }, { "[\"~:k\"]", true },
		{ "\"~n1x\"", false },    { "nothing", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store_edit edit = edits[0];

		edit.value = slice_of(rows[i].value);
		edit.plain = rows[i].plain;
		assert_edit_refused(edit);
	}
}

static void ids_that_come_twice(void **state)
{
	struct store_edit many[4] = { edits[0], edits[1], edits[2], edits[0] };
	const struct store_request request = { .kind = STORE_PUSH, .edits = many, .edit_count = 4 };

	(void)state;
	assert_refused(&request);
}

static void users_with_control_characters(void **state)
{
	static const char *const users[] = { "a\033[2J", "a\n", "\xc2\x9b", "\xff" };
	struct store_token bad = token;

	(void)state;
	for (size_t i = 0; i < COUNT(users); i++) {
		bad.user = slice_of(users[i]);
		assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	}
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_REVOKE,
						.token = { .id = slice_of("no id") } });
}

static void bad_rotations(void **state)
{
	struct store_request bad, good = { .kind = STORE_TOKEN_ROTATE,
					   .token = { .id = slice_of("0123456789abcdef") },
					   .old = slice_of("fedcba9876543210") };

	(void)state;
	bad = good;
	bad.old = slice_of("fedcba987654321");
	assert_refused(&bad);
	bad.old = good.token.id;
	assert_refused(&bad);
	bad = good;
	bad.token.id = slice_of("0123456789abcdeF");
	assert_refused(&bad);
	bad = good;
	bad.token.expires = STORE_EXPIRES_KEPT - 1;
	assert_refused(&bad);
}

static void too_many_grants(void **state)
{
	struct store_grant *many = mem_array(STORE_GRANTS_MAX + 1, sizeof(*many));
	struct store_token bad = token;
	struct buf bytes = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i <= STORE_GRANTS_MAX; i++)
		many[i].group = slice_of("g");
	bad.grants = many;
	bad.grant_count = STORE_GRANTS_MAX + 1;
	assert_refused(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad });
	bad.grant_count = STORE_GRANTS_MAX;
	store_request_pack(&(struct store_request){ .kind = STORE_TOKEN_ADD, .token = bad },
			   &bytes);
	assert_int_equal(try_request(bytes.data, bytes.len), RC_OK);
	buf_free(&bytes);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_come_back),
		cmocka_unit_test(replies_come_back),
		cmocka_unit_test(disturbed_bytes),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(huge_counts),
		cmocka_unit_test(broken_fields),
		cmocka_unit_test(payers),
		cmocka_unit_test(values_that_are_not_canonical),
		cmocka_unit_test(ids_that_come_twice),
		cmocka_unit_test(users_with_control_characters),
		cmocka_unit_test(bad_rotations),
		cmocka_unit_test(too_many_grants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
