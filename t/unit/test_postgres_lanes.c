/* The transactions of the PostgreSQL back end: large rounds, and lanes. Skipped without
 * POCKETBOOK_TEST_DB and, for another user, POCKETBOOK_TEST_SUPERUSER. */
#include "store_kit.h"

#include "store_kit_postgres.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/lane.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Rounds ---- */

#define PUSHES 30
#define EACH 100

struct pushes {
	struct store_request requests[PUSHES];
	struct store_edit edits[PUSHES][EACH];
	char ids[PUSHES][EACH][16];
};

static void make_pushes(struct pushes *pushes, unsigned first)
{
	for (unsigned r = 0; r < PUSHES; r++) {
		for (unsigned i = 0; i < EACH; i++) {
			(void)snprintf(pushes->ids[r][i], sizeof(pushes->ids[r][i]), "a:%u",
				       first++);
			pushes->edits[r][i] = kit_edit_of(pushes->ids[r][i], 0, NULL, "1");
		}
		pushes->requests[r] = (struct store_request){ .kind = STORE_PUSH,
							      .edits = pushes->edits[r],
							      .edit_count = EACH };
	}
}

/* All of them were written, in order, behind the number `seq`, which moves on. */
static void assert_written(const struct kit *kit, uint64_t *seq, uint64_t version)
{
	for (size_t r = 0; r < PUSHES; r++)
		for (size_t i = 0; i < EACH; i++) {
			const struct store_result *result = &kit->replies[r].results[i];

			assert_int_equal(result->status, STORE_OK);
			assert_int_equal(result->version, version);
			assert_int_equal(result->seq, ++*seq);
		}
}

static void assert_rounds(struct kit *kit, const char *rounds)
{
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM change WHERE entry > 0"),
			    rounds);
}

/* More edits than others fit into one transaction, if all of them make documents. */
static void rounds_of_new_documents_are_large(void **state)
{
	POSTGRES_KIT(kit);
	struct pushes *pushes = mem_alloc(sizeof(*pushes));
	uint64_t seq = 0;

	make_pushes(pushes, 0);
	assert_int_equal(kit_commit(kit, pushes->requests, PUSHES), RC_OK);
	assert_written(kit, &seq, 1);
	assert_rounds(kit, "1");
	/* With the versions of an import. */
	make_pushes(pushes, 10000);
	for (size_t r = 0; r < PUSHES; r++) {
		pushes->requests[r].keeps_versions = true;
		for (size_t i = 0; i < EACH; i++)
			pushes->edits[r][i].base = 6;
	}
	assert_int_equal(kit_commit(kit, pushes->requests, PUSHES), RC_OK);
	assert_written(kit, &seq, 7);
	assert_rounds(kit, "2");
	assert_string_equal(kit_ask(kit->path,
				    "SELECT concat_ws('|', count(*), min(version), "
				    "max(version), min(seq), max(seq)) FROM doc WHERE seq > 3000"),
			    "3000|7|7|3001|6000");
	free(pushes);
}

/* Then nothing is done, and the round is repeated in smaller ones. */
static void a_large_round_may_be_refused(void **state)
{
	POSTGRES_KIT(kit);
	struct pushes *pushes = mem_alloc(sizeof(*pushes));
	const struct store_result *result;
	uint64_t seq = 2;

	kit_put(kit, "a:1707", 0, "\"first\"");
	kit_put(kit, "a:1707", 1, "\"second\"");
	make_pushes(pushes, 0);
	assert_int_equal(kit_commit(kit, pushes->requests, PUSHES), RC_OK);
	for (size_t r = 0; r < PUSHES; r++)
		for (size_t i = 0; i < EACH; i++) {
			result = &kit->replies[r].results[i];
			if (strcmp(pushes->ids[r][i], "a:1707") == 0)
				continue;
			assert_int_equal(result->status, STORE_OK);
			assert_int_equal(result->seq, ++seq);
		}
	result = &kit->replies[17].results[7];
	assert_int_equal(result->status, STORE_CONFLICT);
	assert_int_equal(result->version, 2);
	assert_true(slice_is(result->value, "\"second\""));
	assert_rounds(kit, "5");
	/* Large ones are not tried for a while. */
	make_pushes(pushes, 10000);
	assert_int_equal(kit_commit(kit, pushes->requests, PUSHES), RC_OK);
	assert_written(kit, &seq, 1);
	assert_rounds(kit, "8");
	free(pushes);
}

/* ---- Lanes ---- */

static void init_with_lanes(struct kit *kit, int lanes)
{
	struct error err = { "" };

	kit_close(kit);
	kit_sql(kit->path, "DROP SCHEMA pocketbook CASCADE");
	if (store_init(kit->path, lanes, &err) != RC_OK)
		fail_msg("%s", err.text);
	kit_open(kit);
}

static void lanes_have_their_own_sequences(void **state)
{
	POSTGRES_KIT(kit);
	const char *names[2] = { "a", "b" };
	char ids[2][8];
	struct store_edit edits[2];
	struct store_request request = {
		.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .atomic = true
	};

	init_with_lanes(kit, 4);
	assert_int_not_equal(lane_of(slice_of("a"), 4), lane_of(slice_of("b"), 4));
	assert_int_equal(lane_of(slice_of("a:b:c"), 4), lane_of(slice_of("a"), 4));
	for (uint64_t version = 0; version < 3; version++) {
		for (size_t i = 0; i < 2; i++) {
			(void)snprintf(ids[i], sizeof(ids[i]), "%s:1", names[i]);
			edits[i] = kit_edit_of(ids[i], version, NULL, "1");
		}
		assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(kit->replies[0].results[i].seq, version + 1);
			assert_int_equal(kit_latest(kit->reader, names[i]), version + 1);
		}
	}
	/* Both or none, also over two lanes. */
	edits[0].base = 3;
	edits[1].base = 1;
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(kit->replies[0].results[0].status, STORE_SKIPPED);
	assert_int_equal(kit->replies[0].results[1].status, STORE_CONFLICT);
	assert_int_equal(kit_pull(kit, "a", kit_place(kit, 2), 10)->count, 1);
	assert_int_equal(kit->page.next.seq, 3);
	assert_int_equal(kit_pull(kit, "none", KIT_BEGINNING, 10)->next.seq,
			 lane_of(slice_of("none"), 4) == lane_of(slice_of("a"), 4) ||
					 lane_of(slice_of("none"), 4) == lane_of(slice_of("b"), 4)
				 ? 3
				 : 0);
}

struct answered {
	bool is_answered;
	enum rc rcs[8];
	size_t count;
};

static void on_answered(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct answered *answered = arg;

	answered->is_answered = true;
	assert_int_equal(rc, RC_OK);
	for (size_t i = 0; i < answered->count; i++)
		answered->rcs[i] = replies[i].rc;
}

static void turn_until(struct kit *kit, const char *sql, const char *wanted)
{
	const uint64_t end = clock_ms() + KIT_WAIT_MS;

	while (strcmp(kit_ask(kit->path, sql), wanted) != 0) {
		assert_true(clock_ms() < end);
		kit_turn(kit->writer);
	}
}

#define EDITS 6

/* A batch of which each request has one of the edits. */
static void commit_each(struct kit *kit, const struct store_edit edits[EDITS],
			struct store_request requests[EDITS], struct answered *answered)
{
	*answered = (struct answered){ .count = EDITS };
	for (size_t i = 0; i < EDITS; i++)
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1 };
	store_commit(kit->writer, requests, EDITS, on_answered, answered);
}

/* Each on its own connection: one that waits holds up no other. */
static void lanes_are_committed_at_the_same_time(void **state)
{
	POSTGRES_KIT(kit);
	const struct store_edit first[EDITS] = {
		kit_edit_of("b:1", 0, NULL, "1"), kit_edit_of("a:1", 0, NULL, "1"),
		kit_edit_of("c:1", 0, NULL, "1"), kit_edit_of("d:1", 0, NULL, "1"),
		kit_edit_of("a:1", 1, NULL, "2"), kit_edit_of("b:1", 1, NULL, "2"),
	};
	const struct store_edit second[EDITS] = {
		kit_edit_of("b:2", 0, NULL, "1"), kit_edit_of("a:2", 0, NULL, "1"),
		kit_edit_of("c:2", 0, NULL, "1"), kit_edit_of("d:2", 0, NULL, "1"),
		kit_edit_of("a:2", 1, NULL, "2"), kit_edit_of("b:2", 1, NULL, "2"),
	};
	struct store_request requests[EDITS];
	struct answered answered;
	void *session;

	init_with_lanes(kit, 4);
	setenv("POCKETBOOK_PART_EDITS", "1", 1);
	commit_each(kit, first, requests, &answered);
	store_wait(kit->writer);
	/* The main one, and three of lanes. */
	while (kit_connections(kit->writer) < 4)
		kit_turn(kit->writer);
	session = kit_postgres_hold(kit->path, lane_of(slice_of("b"), 4));
	commit_each(kit, second, requests, &answered);
	turn_until(kit, "SELECT sum(version) FROM doc WHERE id IN ('a:2', 'c:2', 'd:2')", "4");
	assert_false(answered.is_answered);
	kit_postgres_release(session);
	store_wait(kit->writer);
	assert_true(answered.is_answered);
	for (size_t i = 0; i < EDITS; i++)
		assert_int_equal(answered.rcs[i], RC_OK);
	assert_string_equal(kit_ask(kit->path, "SELECT sum(version) FROM doc WHERE id IN ('a:2', "
					       "'b:2', 'c:2', 'd:2')"),
			    "6");
	unsetenv("POCKETBOOK_PART_EDITS");
}

/* Pushes with few edits share one transaction, also over several lanes. */
static void small_pushes_are_committed_together(void **state)
{
	POSTGRES_KIT(kit);
	const struct store_edit edits[EDITS] = {
		kit_edit_of("b:1", 0, NULL, "1"), kit_edit_of("a:1", 0, NULL, "1"),
		kit_edit_of("c:1", 0, NULL, "1"), kit_edit_of("d:1", 0, NULL, "1"),
		kit_edit_of("a:2", 0, NULL, "2"), kit_edit_of("b:1", 7, NULL, "2"),
	};
	struct store_request requests[EDITS];
	struct answered answered;

	init_with_lanes(kit, 4);
	commit_each(kit, edits, requests, &answered);
	store_wait(kit->writer);
	for (size_t i = 0; i < EDITS; i++)
		assert_int_equal(answered.rcs[i], RC_OK);
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM doc WHERE version = 1"), "5");
	/* Those of two transactions, as b:1 comes twice. */
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM change WHERE entry > 0 AND "
					       "xmin = (SELECT xmin FROM doc WHERE id = 'a:1')"),
			    "2");
	assert_string_equal(
		kit_ask(kit->path,
			"SELECT count(DISTINCT xmin::text) FROM doc WHERE id IN ('a:1', 'b:1')"),
		"1");
}

static void purges_know_lanes(void **state)
{
	POSTGRES_KIT(kit);
	struct store_stats stats;

	init_with_lanes(kit, 4);
	kit_put(kit, "a:1", 0, "1");
	kit_put(kit, "a:1", 1, NULL);
	kit_put(kit, "b:1", 0, "1");
	kit_put(kit, "b:2", 0, "1");
	assert_int_equal(kit_purge(kit, KIT_LATER), 1);
	stats = kit_stats(kit->reader);
	assert_int_equal(stats.documents, 2);
	assert_int_equal(stats.tombstones, 0);
	/* The horizon is of one lane. */
	assert_true(kit_pull(kit, "a", kit_place(kit, 1), 10)->reset);
	assert_false(kit_pull(kit, "b", kit_place(kit, 1), 10)->reset);
}

/* One piece of the daily purge of a host; how many tombstones it took. */
static uint64_t purge_in_turn(struct kit *kit, struct store **host)
{
	const struct store_request piece = {
		.kind = STORE_PURGE, .before = KIT_LATER, .limit = 2, .in_turn = true
	};
	struct store *writer = kit->writer;

	kit->writer = *host;
	assert_int_equal(kit_commit(kit, &piece, 1), RC_OK);
	kit->writer = writer;
	assert_int_equal(kit->replies[0].rc, RC_OK);
	return kit->replies[0].purged;
}

static void make_tombstones(struct kit *kit, const char *group)
{
	for (unsigned i = 0; i < 5; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%s:%u", group, i);
		kit_put(kit, id, 0, "1");
		kit_put(kit, id, 1, NULL);
	}
}

static void one_host_purges_at_a_time(void **state)
{
	POSTGRES_KIT(kit);
	struct store *other;

	assert_int_equal(store_open(kit->path, STORE_WRITER, &other, NULL), RC_OK);
	make_tombstones(kit, "a");
	assert_int_equal(purge_in_turn(kit, &kit->writer), 2);
	assert_int_equal(purge_in_turn(kit, &other), 0);
	assert_int_equal(purge_in_turn(kit, &kit->writer), 2);
	assert_int_equal(purge_in_turn(kit, &other), 0);
	/* The last piece ends it. */
	assert_int_equal(purge_in_turn(kit, &kit->writer), 1);
	make_tombstones(kit, "b");
	assert_int_equal(purge_in_turn(kit, &other), 2);
	assert_int_equal(purge_in_turn(kit, &kit->writer), 0);
	/* A purge on request does not wait for it. */
	assert_int_equal(kit_purge(kit, KIT_LATER), 3);
	make_tombstones(kit, "c");
	assert_int_equal(purge_in_turn(kit, &kit->writer), 0);
	/* Nor does the next one for a host that has gone. */
	store_cancel(other);
	store_close(other);
	while (strcmp(kit_ask(kit->path, "SELECT count(*) FROM pg_locks WHERE objid = 98"), "0") !=
	       0)
		continue;
	assert_int_equal(purge_in_turn(kit, &kit->writer), 2);
}

static void the_hash_of_lanes_stays(void **state)
{
	(void)state;
	assert_int_equal(lane_of(slice_of("todos"), 1), 0);
	assert_int_equal(lane_of(slice_of("a"), 16), 0);
	assert_int_equal(lane_of(slice_of("todos:team"), 16), lane_of(slice_of("todos"), 16));
	assert_int_equal(lane_of(slice_of("todos"), 16), 7);
	assert_int_equal(lane_of(slice_of(":a:b"), 7), lane_of(slice_of(":a"), 7));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_postgres_begin, kit_postgres_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rounds_of_new_documents_are_large),
		TEST(a_large_round_may_be_refused),
		TEST(lanes_have_their_own_sequences),
		TEST(lanes_are_committed_at_the_same_time),
		TEST(small_pushes_are_committed_together),
		TEST(purges_know_lanes),
		TEST(one_host_purges_at_a_time),
		cmocka_unit_test(the_hash_of_lanes_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
