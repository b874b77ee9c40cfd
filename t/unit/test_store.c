/* Pushes and purges: the rules of POST /sync one by one (protocol.md). */
#include "store_kit.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_text(struct slice got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.len);
}

static void assert_ok(struct store_result result, uint64_t version, uint64_t seq)
{
	assert_int_equal(result.status, STORE_OK);
	assert_int_equal(result.version, version);
	assert_int_equal(result.seq, seq);
}

/* value NULL: the conflict shows a tombstone, or nothing. */
static void assert_conflict(struct store_result result, uint64_t version, const char *value)
{
	assert_int_equal(result.status, STORE_CONFLICT);
	assert_int_equal(result.version, version);
	assert_int_equal(result.seq, 0);
	assert_int_equal(result.deleted, value == NULL);
	assert_int_equal(result.plain, value != NULL);
	assert_text(result.value, value ? value : "");
}

/* ---- One document ---- */

static void versions_grow_by_one(void **state)
{
	struct kit *kit = *state;

	assert_ok(kit_edit(kit, "t:1", 0, NULL, "1"), 1, 1);
	assert_ok(kit_edit(kit, "t:1", 1, NULL, "2"), 2, 2);
	assert_ok(kit_edit(kit, "t:2", 0, NULL, "1"), 1, 3);
	assert_ok(kit_edit(kit, "t:1", 2, NULL, NULL), 3, 4);
	assert_int_equal(kit->replies[0].head.seq, 4);
	assert_int_equal(kit->replies[0].head.epoch, kit_head(kit->reader).epoch);
	assert_int_equal(kit_head(kit->reader).seq, 4);
}

static void stale_write_is_a_conflict(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "\"one\"");
	kit_put(kit, "t:1", 1, "\"two\"");
	assert_conflict(kit_edit(kit, "t:1", 1, NULL, "\"stale\""), 2, "\"two\"");
	assert_conflict(kit_edit(kit, "t:1", 0, NULL, "\"stale\""), 2, "\"two\"");
	assert_conflict(kit_edit(kit, "t:1", 3, NULL, "\"ahead\""), 2, "\"two\"");
	assert_conflict(kit_edit(kit, "t:1", 1, NULL, NULL), 2, "\"two\"");
	assert_conflict(kit_edit(kit, "t:1", 0, NULL, NULL), 2, "\"two\"");
	assert_int_equal(kit_head(kit->reader).seq, 2);
	assert_text(kit_pull(kit, "t", KIT_BEGINNING, 10)->docs[0].value, "\"two\"");
}

static void tombstone_keeps_counting(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	assert_ok(kit_edit(kit, "t:1", 0, NULL, "\"again\""), 3, 3);
	kit_put(kit, "t:1", 3, NULL);
	assert_ok(kit_edit(kit, "t:1", 4, NULL, "\"and again\""), 5, 5);
	kit_put(kit, "t:1", 5, NULL);
	assert_conflict(kit_edit(kit, "t:1", 5, NULL, "\"stale\""), 6, NULL);
	assert_conflict(kit_edit(kit, "t:1", 7, NULL, "\"ahead\""), 6, NULL);
}

static void deleting_nothing_is_ok(void **state)
{
	struct kit *kit = *state;

	assert_ok(kit_edit(kit, "t:1", 0, NULL, NULL), 0, 0);
	assert_ok(kit_edit(kit, "t:1", 4, NULL, NULL), 0, 0);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	assert_ok(kit_edit(kit, "t:1", 1, NULL, NULL), 2, 0);
	assert_ok(kit_edit(kit, "t:1", 2, NULL, NULL), 2, 0);
	assert_ok(kit_edit(kit, "t:1", 0, NULL, NULL), 2, 0);
	assert_int_equal(kit_head(kit->reader).seq, 2);
}

static void edit_of_what_is_gone(void **state)
{
	struct kit *kit = *state;

	assert_conflict(kit_edit(kit, "t:1", 1, NULL, "1"), 0, NULL);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_conflict(kit_edit(kit, "t:1", 2, NULL, "1"), 0, NULL);
	/* A purge forgets; the id begins anew. */
	assert_ok(kit_edit(kit, "t:1", 0, NULL, "1"), 1, 3);
}

static void retry_with_op(void **state)
{
	struct kit *kit = *state;

	assert_ok(kit_edit(kit, "t:1", 0, "op1", "1"), 1, 1);
	assert_ok(kit_edit(kit, "t:1", 0, "op1", "1"), 1, 0);
	/* Before base is looked at. */
	assert_ok(kit_edit(kit, "t:1", 9, "op1", "1"), 1, 0);
	assert_conflict(kit_edit(kit, "t:1", 0, "op2", "1"), 1, "1");
	assert_conflict(kit_edit(kit, "t:1", 0, "op", "1"), 1, "1");
	assert_ok(kit_edit(kit, "t:1", 1, "op2", "2"), 2, 2);
	/* Only the last write counts. */
	assert_conflict(kit_edit(kit, "t:1", 0, "op1", "1"), 2, "2");
	assert_ok(kit_edit(kit, "t:1", 2, "op3", NULL), 3, 3);
	assert_ok(kit_edit(kit, "t:1", 2, "op3", NULL), 3, 0);
	/* No op is no mark. */
	assert_ok(kit_edit(kit, "t:1", 3, NULL, "4"), 4, 4);
	assert_conflict(kit_edit(kit, "t:1", 3, NULL, "4"), 4, "4");
	assert_ok(kit_edit(kit, "t:2", 0, "op3", "1"), 1, 5);
}

static void ops_are_bytes(void **state)
{
	struct kit *kit = *state;
	struct store_edit edit = kit_edit_of("t:1", 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };

	edit.op = slice_make("a\0b", 3);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 1);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 0);
	edit.op = slice_make("a\0c", 3);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_conflict(kit->replies[0].results[0], 1, "1");
}

/* Values of all lengths around the limit beyond which they lie apart, growing and
 * shrinking. */
static void large_values(void **state)
{
	static const size_t lengths[] = { 3, 1023, 1024, 1025, 100000, 1025, 4, 2000 };
	struct kit *kit = *state;
	char *value = mem_alloc(100001);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(value, 'a' + (int)i, lengths[i]);
		value[0] = value[lengths[i] - 1] = '"';
		value[lengths[i]] = 0;
		kit_put(kit, "t:1", i, value);
		assert_text(kit_pull(kit, "t", KIT_BEGINNING, 10)->docs[0].value, value);
		assert_conflict(kit_edit(kit, "t:1", i + 7, NULL, "1"), i + 1, value);
	}
	kit_put(kit, "t:1", 8, NULL);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 10)->docs[0].value.len, 0);
	kit_close(kit);
	if (kit_is_file(kit))
		assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM large"), "0");
	free(value);
}

/* ---- Several ---- */

static void results_stand_in_order(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	struct store_request request = { .kind = STORE_PUSH, .edits = edits, .edit_count = 4 };

	kit_put(kit, "t:2", 0, "\"two\"");
	kit_put(kit, "u:3", 0, "\"three\"");
	edits[0] = kit_edit_of("t:1", 0, NULL, "1");
	edits[1] = kit_edit_of("t:2", 0, NULL, "2");
	edits[2] = kit_edit_of("u:3", 5, NULL, "3");
	edits[3] = kit_edit_of("t:4", 0, NULL, "4");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 3);
	assert_conflict(kit->replies[0].results[1], 1, "\"two\"");
	assert_conflict(kit->replies[0].results[2], 1, "\"three\"");
	assert_ok(kit->replies[0].results[3], 1, 4);
	assert_int_equal(kit_latest(kit->reader, "t"), 4);
	assert_int_equal(kit_latest(kit->reader, "u"), 2);
}

static void atomic_all(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[2] = { kit_edit_of("t:1", 0, NULL, "1"),
				       kit_edit_of("u:1", 0, NULL, "1") };
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .atomic = true
	};

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 1);
	assert_ok(kit->replies[0].results[1], 1, 2);
}

static void atomic_nothing(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4];
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 4, .atomic = true
	};

	assert_ok(kit_edit(kit, "t:1", 0, "done", "\"one\""), 1, 1);
	edits[0] = kit_edit_of("t:0", 0, NULL, "0");
	edits[1] = kit_edit_of("t:1", 7, NULL, "1");
	edits[2] = kit_edit_of("t:2", 0, NULL, NULL);
	edits[3] = kit_edit_of("t:1x", 0, NULL, "3");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_SKIPPED);
	assert_int_equal(kit->replies[0].results[0].seq, 0);
	assert_conflict(kit->replies[0].results[1], 1, "\"one\"");
	assert_ok(kit->replies[0].results[2], 0, 0); /* nothing would have been written */
	assert_int_equal(kit->replies[0].results[3].status, STORE_SKIPPED);
	assert_int_equal(kit->replies[0].head.seq, 1);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 1);
	/* A retry of what was done is no conflict. */
	edits[1] = kit_edit_of("t:1", 0, "done", "1");
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 2);
	assert_ok(kit->replies[0].results[1], 1, 0);
	assert_ok(kit->replies[0].results[2], 0, 0);
	assert_ok(kit->replies[0].results[3], 1, 3);
}

/* What the first attempt has written is there, though another client has edited one of
 * the documents meanwhile. */
static void atomic_sent_again(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[3] = { kit_edit_of("t:1", 0, "one", "1"),
				       kit_edit_of("t:2", 0, "two", "2"),
				       kit_edit_of("t:3", 0, "three", "3") };
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .atomic = true
	};

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit_edit(kit, "t:1", 1, "other", "\"other\""), 2, 3);
	request.edit_count = 3;
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_conflict(kit->replies[0].results[0], 2, "\"other\"");
	assert_ok(kit->replies[0].results[1], 1, 0);
	assert_int_equal(kit->replies[0].results[2].status, STORE_SKIPPED);
	assert_int_equal(kit->replies[0].head.seq, 3);
}

static void empty_push(void **state)
{
	struct kit *kit = *state;
	struct store_request request = { .kind = STORE_PUSH, .atomic = true };

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].result_count, 0);
	assert_int_equal(kit_commit(kit, NULL, 0), RC_OK);
	assert_int_equal(kit_head(kit->reader).seq, 0);
}

/* Requests of one batch come one after the other and see each other's work; a conflict
 * of one is no other's. */
static void batch_in_order(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[4] = {
		kit_edit_of("t:1", 0, NULL, "\"a\""),
		kit_edit_of("t:1", 0, NULL, "\"b\""),
		kit_edit_of("t:1", 1, NULL, NULL),
		kit_edit_of("t:1", 2, NULL, "\"d\""),
	};
	struct store_request requests[5];

	for (size_t i = 0; i < 4; i++)
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1 };
	requests[4] = requests[3];
	requests[3] =
		(struct store_request){ .kind = STORE_PURGE, .before = KIT_LATER, .limit = 1 };
	assert_int_equal(kit_commit(kit, requests, 5), RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 1);
	assert_conflict(kit->replies[1].results[0], 1, "\"a\"");
	assert_ok(kit->replies[2].results[0], 2, 2);
	assert_int_equal(kit->replies[3].purged, 1);
	assert_conflict(kit->replies[4].results[0], 0, NULL);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(kit->replies[i].head.seq, 2);
}

/* A request that fails on its own leaves nothing of itself and hinders none beside
 * it. */
static void too_large_an_answer(void **state)
{
	enum { BIG = 6 << 20 };
	struct kit *kit = *state;
	struct store_edit edits[4], small = kit_edit_of("t:small", 0, NULL, "1");
	struct store_request requests[2] = {
		{ .kind = STORE_PUSH, .edits = &small, .edit_count = 1 },
		{ .kind = STORE_PUSH, .edits = edits, .edit_count = 4 }
	};
	char *value = mem_alloc(BIG + 1);

	memset(value, '1', BIG);
	kit_put(kit, "t:1", 0, value);
	kit_put(kit, "t:2", 0, value);
	kit_put(kit, "t:3", 0, value);
	edits[0] = kit_edit_of("t:0", 0, NULL, "0");
	edits[1] = kit_edit_of("t:1", 0, NULL, "1");
	edits[2] = kit_edit_of("t:2", 0, NULL, "2");
	edits[3] = kit_edit_of("t:3", 0, NULL, "3");
	assert_int_equal(kit_commit(kit, requests, 2), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_ok(kit->replies[0].results[0], 1, 4);
	assert_int_equal(kit->replies[1].rc, RC_TOO_LARGE);
	assert_int_equal(kit->replies[1].result_count, 0);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 3), 10)->count, 1);
	requests[1].edit_count = 3;
	assert_int_equal(kit_commit(kit, requests + 1, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_conflict(kit->replies[0].results[2], 1, value);
	free(value);
}

/* One document is never too large. */
static void a_single_value_is_answered(void **state)
{
	struct kit *kit = *state;
	char *value = mem_alloc(STORE_REPLY_MAX + 2);

	memset(value, '1', STORE_REPLY_MAX + 1);
	kit_put(kit, "t:1", 0, value);
	assert_conflict(kit_edit(kit, "t:1", 7, NULL, "1"), 1, value);
	free(value);
}

/* A batch whose replies become large ends early. */
static void replies_of_a_batch_are_bounded(void **state)
{
	enum { BIG = 6 << 20, REQUESTS = 8 };
	struct kit *kit = *state;
	struct store_edit edits[REQUESTS];
	struct store_request requests[REQUESTS];
	char *value = mem_alloc(BIG + 1);

	memset(value, '1', BIG);
	kit_put(kit, "t:1", 0, value);
	for (size_t i = 0; i < REQUESTS; i++) {
		edits[i] = kit_edit_of(i < REQUESTS - 1 ? "t:1" : "t:2", 0, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1 };
	}
	assert_int_equal(kit_commit(kit, requests, REQUESTS), RC_OK);
	for (size_t i = 0; i < REQUESTS; i++)
		assert_int_equal(kit->replies[i].rc, i < 3 ? RC_OK : RC_BUSY);
	assert_conflict(kit->replies[2].results[0], 1, value);
	assert_int_equal(kit_head(kit->reader).seq, 1);
	assert_int_equal(kit_commit(kit, requests + 5, REQUESTS - 5), RC_OK);
	assert_int_equal(kit->replies[2].rc, RC_OK);
	assert_ok(kit->replies[2].results[0], 1, 2);
	free(value);
}

/* The same id twice breaks the contract; still nothing of the batch may stay, rather
 * than a lost write. */
static void doubled_id_is_not_half_done(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[2] = { kit_edit_of("t:1", 0, NULL, "1"),
				       kit_edit_of("t:1", 0, NULL, "2") };
	struct store_request request = { .kind = STORE_PUSH, .edits = edits, .edit_count = 2 };

	assert_int_equal(kit_commit(kit, &request, 1), RC_CORRUPT);
	assert_int_equal(kit_head(kit->reader).seq, 0);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 0);
	assert_ok(kit_edit(kit, "t:1", 0, NULL, "3"), 1, 1);
	edits[0].base = edits[1].base = 1;
	assert_int_equal(kit_commit(kit, &request, 1), RC_CORRUPT);
	assert_ok(kit_edit(kit, "t:1", 1, NULL, "4"), 2, 2);
}

/* ---- Groups ---- */

static void groups_nest(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "a:b:1", 0, "2");
	kit_put(kit, "a:b:c:1", 0, "3");
	kit_put(kit, "ab:1", 0, "4");
	kit_put(kit, "a::1", 0, "5");
	kit_put(kit, "a;:1", 0, "6");
	kit_put(kit, "a9:1", 0, "7");
	kit_put(kit, "A:1", 0, "8");
	kit_put(kit, "a:\xf4\x8f\xbf\xbf:1", 0, "9");
	assert_int_equal(kit_latest(kit->reader, "a"), 9);
	assert_int_equal(kit_latest(kit->reader, "a:b"), 3);
	assert_int_equal(kit_latest(kit->reader, "a:b:c"), 3);
	assert_int_equal(kit_latest(kit->reader, "a:"), 5);
	assert_int_equal(kit_latest(kit->reader, "ab"), 4);
	assert_int_equal(kit_latest(kit->reader, "a;"), 6);
	assert_int_equal(kit_latest(kit->reader, "A"), 8);
	assert_int_equal(kit_latest(kit->reader, "b"), 0);
	assert_int_equal(kit_latest(kit->reader, "a:b:c:1"), 0);
	assert_int_equal(kit_latest(kit->writer, "a"), 9);
	assert_int_equal(kit_pull(kit, "a", KIT_BEGINNING, 10)->count, 5);
	assert_int_equal(kit_pull(kit, "a:b", KIT_BEGINNING, 10)->count, 2);
	assert_int_equal(kit_pull(kit, "a:", KIT_BEGINNING, 10)->count, 1);
	assert_int_equal(kit_pull(kit, "b", KIT_BEGINNING, 10)->count, 0);
}

static void longest_names(void **state)
{
	struct kit *kit = *state;
	char id[513], group[512];

	memset(id, 'g', sizeof(id));
	id[510] = ':';
	id[512] = 0;
	memset(group, 'g', sizeof(group));
	group[510] = 0;
	kit_put(kit, id, 0, "1");
	assert_int_equal(kit_pull(kit, group, KIT_BEGINNING, 10)->count, 1);
	assert_text(kit->page.docs[0].id, id);
	group[510] = 'g';
	group[511] = 0;
	assert_int_equal(kit_pull(kit, group, KIT_BEGINNING, 10)->count, 0);
}

/* ---- Purges ---- */

static void purge_takes_old_tombstones(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	kit_put(kit, "t:2", 0, "1");
	kit_put(kit, "t:2", 1, NULL);
	kit_put(kit, "u:3", 0, "1");
	kit_close(kit);
	assert_true(labs(atol(kit_ask(kit->path, "SELECT deleted_at FROM doc WHERE id = 't:1'")) -
			 (long)clock_wall()) < 600);
	kit_sql(kit->path, "UPDATE doc SET deleted_at = 1000 WHERE id = 't:1'; UPDATE doc SET "
			   "deleted_at = 2000 WHERE id = 't:2'");
	kit_open(kit);
	assert_int_equal(kit_purge(kit, 1000), 0);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 10)->count, 2);
	assert_false(kit->page.reset);
	assert_int_equal(kit_purge(kit, 2000), 1);
	assert_int_equal(kit_purge(kit, 2000), 0);
	/* Places before the newest that went reset, that one itself does not. */
	assert_true(kit_pull(kit, "t", kit_place(kit, 1), 10)->reset);
	assert_false(kit_pull(kit, "t", kit_place(kit, 2), 10)->reset);
	assert_int_equal(kit->page.count, 1);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_true(kit_pull(kit, "u", kit_place(kit, 3), 10)->reset);
	assert_int_equal(kit_latest(kit->reader, "t"), 4);
	assert_int_equal(kit_head(kit->reader).seq, 5);
	/* The horizon stays, also over a new start. */
	kit_close(kit);
	kit_open(kit);
	assert_true(kit_pull(kit, "u", kit_place(kit, 3), 10)->reset);
	assert_false(kit_pull(kit, "u", kit_place(kit, 4), 10)->reset);
	assert_ok(kit_edit(kit, "t:1", 0, NULL, "1"), 1, 6);
}

static void horizon_never_goes_back(void **state)
{
	struct kit *kit = *state;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	kit_put(kit, "t:2", 0, "1");
	kit_put(kit, "t:2", 1, NULL);
	kit_close(kit);
	kit_sql(kit->path, "UPDATE doc SET deleted_at = 1000 WHERE id = 't:2'");
	kit_open(kit);
	assert_int_equal(kit_purge(kit, 2000), 1);
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	assert_true(kit_pull(kit, "t", kit_place(kit, 3), 10)->reset);
	assert_false(kit_pull(kit, "t", kit_place(kit, 4), 10)->reset);
}

static uint64_t purge_some(struct kit *kit, uint64_t limit)
{
	struct store_request request = { .kind = STORE_PURGE, .before = KIT_LATER, .limit = limit };

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	return kit->replies[0].purged;
}

static void purge_goes_piece_by_piece(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 1; i <= 5; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "t:%u", i);
		kit_put(kit, id, 0, "1");
		kit_put(kit, id, 1, NULL);
	}
	kit_close(kit);
	kit_sql(kit->path, "UPDATE doc SET deleted_at = 1000 - seq");
	kit_open(kit);
	/* The oldest are the newest in the sequence here. */
	assert_int_equal(purge_some(kit, 2), 2);
	assert_true(kit_pull(kit, "t", kit_place(kit, 9), 10)->reset);
	assert_false(kit_pull(kit, "t", kit_place(kit, 10), 10)->reset);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 0), 10)->count, 0);
	assert_int_equal(purge_some(kit, 2), 2);
	assert_int_equal(purge_some(kit, 2), 1);
	assert_int_equal(purge_some(kit, 2), 0);
	assert_false(kit_pull(kit, "t", kit_place(kit, 10), 10)->reset);
}

static void emptied_groups_go(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[] = { kit_edit_of("gone:1", 7, NULL, "1"),
				      kit_edit_of("gone:2", 0, NULL, "2") };
	struct store_request requests[] = {
		{ .kind = STORE_PUSH, .edits = &edits[0], .edit_count = 1 },
		{ .kind = STORE_PURGE, .before = KIT_LATER, .limit = 10 },
		{ .kind = STORE_PUSH, .edits = &edits[1], .edit_count = 1 },
	};

	kit_put(kit, "gone:1", 0, "1");
	kit_put(kit, "half:1", 0, "1");
	kit_put(kit, "half:2", 0, "1");
	kit_put(kit, "half:1", 1, NULL);
	kit_put(kit, "gone:1", 1, NULL);
	assert_int_equal(purge_some(kit, 10), 2);
	assert_string_equal(
		kit_ask(kit->path, "SELECT name FROM grp WHERE (SELECT count(*) FROM grp) = 1"),
		"half");
	/* A client that has not seen its end is told that there is a change. */
	assert_int_equal(kit_latest(kit->reader, "gone"), 5);
	assert_true(kit_pull(kit, "gone", kit_place(kit, 4), 10)->reset);

	/* A group that a push before it looked into, and one behind it writes in. */
	kit_put(kit, "gone:1", 0, "1");
	kit_put(kit, "gone:1", 1, NULL);
	assert_int_equal(kit_commit(kit, requests, 3), RC_OK);
	assert_conflict(kit->replies[0].results[0], 2, NULL);
	assert_int_equal(kit->replies[1].purged, 1);
	assert_ok(kit->replies[2].results[0], 1, 8);
	assert_int_equal(kit_pull(kit, "gone", kit_place(kit, 7), 10)->count, 1);
	assert_string_equal(
		kit_ask(kit->path,
			"SELECT count(*) FROM doc WHERE gid NOT IN (SELECT gid FROM grp)"),
		"0");
}

/* The version behind the last one is not exact in a client. */
static void the_last_version_stays(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[2] = { kit_edit_of("t:1", STORE_BASE_MAX, NULL, "1"),
				       kit_edit_of("t:2", STORE_BASE_MAX, NULL, NULL) };
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .keeps_versions = true
	};

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_ok(kit->replies[0].results[0], STORE_VERSION_MAX, 1);
	assert_ok(kit->replies[0].results[1], STORE_VERSION_MAX, 2);
	assert_conflict(kit_edit(kit, "t:1", STORE_VERSION_MAX, NULL, "2"), STORE_VERSION_MAX, "1");
	assert_conflict(kit_edit(kit, "t:1", STORE_VERSION_MAX, NULL, NULL), STORE_VERSION_MAX,
			"1");
	assert_conflict(kit_edit(kit, "t:2", 0, NULL, "2"), STORE_VERSION_MAX, NULL);
	assert_conflict(kit_edit(kit, "t:2", STORE_VERSION_MAX, NULL, "2"), STORE_VERSION_MAX,
			NULL);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_conflict(kit->replies[0].results[0], STORE_VERSION_MAX, "1");
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(versions_grow_by_one),
		KIT_TEST(stale_write_is_a_conflict),
		KIT_TEST(tombstone_keeps_counting),
		KIT_TEST(deleting_nothing_is_ok),
		KIT_TEST(edit_of_what_is_gone),
		KIT_TEST(the_last_version_stays),
		KIT_TEST(retry_with_op),
		KIT_TEST(ops_are_bytes),
		KIT_TEST(large_values),
		KIT_TEST(results_stand_in_order),
		KIT_TEST(atomic_all),
		KIT_TEST(atomic_nothing),
		KIT_TEST(atomic_sent_again),
		KIT_TEST(empty_push),
		KIT_TEST(batch_in_order),
		KIT_TEST(too_large_an_answer),
		KIT_TEST(a_single_value_is_answered),
		KIT_TEST(replies_of_a_batch_are_bounded),
		KIT_TEST(doubled_id_is_not_half_done),
		KIT_TEST(groups_nest),
		KIT_TEST(longest_names),
		KIT_TEST(purge_takes_old_tombstones),
		KIT_TEST(purge_goes_piece_by_piece),
		KIT_TEST(emptied_groups_go),
		KIT_TEST(horizon_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
