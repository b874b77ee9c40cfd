/* How a host follows a PostgreSQL database: commits and tokens of others, and epochs.
 * Skipped without POCKETBOOK_TEST_DB and, for another user,
 * POCKETBOOK_TEST_SUPERUSER. */
#include "store_kit.h"

#include "store_kit_postgres.h"

#include "base/clock.h"

#include <stdio.h>

/* ---- Followers ---- */

struct followed {
	char groups[512]; /* with their numbers, in order */
	unsigned begins;
	unsigned losses;
	struct store_places head;
};

static void on_news(void *arg, const struct store_news *news)
{
	const struct store_change *changes = news->changes;
	struct followed *followed = arg;

	followed->begins += news->kind == STORE_NEWS_HEAD;
	followed->losses += news->kind == STORE_NEWS_LOST;
	if (news->kind == STORE_NEWS_HEAD)
		followed->head = news->head;
	for (size_t i = 0; i < news->count; i++) {
		size_t len = strlen(followed->groups);

		if (changes[i].token.len)
			(void)snprintf(followed->groups + len, sizeof(followed->groups) - len,
				       "token-%.*s ", (int)changes[i].token.len,
				       changes[i].token.data);
		else if (changes[i].purged)
			(void)snprintf(followed->groups + len, sizeof(followed->groups) - len,
				       "purge ");
		else
			(void)snprintf(followed->groups + len, sizeof(followed->groups) - len,
				       "%.*s@%llu ", (int)changes[i].group.len,
				       changes[i].group.data, (unsigned long long)changes[i].seq);
	}
}

static void follow_until(struct kit *kit, const struct followed *followed, const char *groups)
{
	const uint64_t end = clock_ms() + KIT_WAIT_MS;

	while (strcmp(followed->groups, groups) != 0 && clock_ms() < end)
		kit_turn(kit->reader);
	assert_string_equal(followed->groups, groups);
}

static void follow_begins(struct kit *kit, const struct followed *followed, unsigned begins)
{
	const uint64_t end = clock_ms() + KIT_WAIT_MS;

	while (followed->begins < begins && clock_ms() < end)
		kit_turn(kit->reader);
	assert_int_equal(followed->begins, begins);
}

static void commits_are_followed(void **state)
{
	POSTGRES_KIT(kit);
	struct followed followed = { .begins = 0 };

	kit_put(kit, "before:1", 0, "1");
	assert_true(store_watch(kit->reader, on_news, &followed));
	/* The first report gives the heads of all lanes. */
	follow_begins(kit, &followed, 1);
	assert_int_equal(followed.head.seqs[0], 1);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:u:1", 0, "1");
	follow_until(kit, &followed, "t@2 t:u@3 ");
	kit_put(kit, "t:1", 1, NULL);
	kit_purge(kit, KIT_LATER);
	kit_put(kit, "u:1", 0, "1");
	/* No report begins anew: no group has changed. */
	follow_until(kit, &followed, "t@2 t:u@3 t@4 purge u@5 ");
	assert_int_equal(followed.begins, 1);
	(void)store_watch(kit->reader, NULL, NULL);
}

static void tokens_are_followed(void **state)
{
	POSTGRES_KIT(kit);
	struct followed followed = { .begins = 0 };
	struct store_grant grant = { slice_of("t"), true };
	const struct slice id = slice_of("00000000000000aa");
	struct store_request requests[] = {
		{ .kind = STORE_TOKEN_ADD,
		  .token = { .id = id,
			     .user = slice_of("ann"),
			     .grants = &grant,
			     .grant_count = 1 } },
		{ .kind = STORE_TOKEN_SET, .token = { .id = id, .quota = { { 1, 2, 3, 4, 5 } } } },
		{ .kind = STORE_TOKEN_REVOKE, .token = { .id = id } },
	};

	assert_true(store_watch(kit->reader, on_news, &followed));
	follow_begins(kit, &followed, 1);
	assert_int_equal(kit_commit(kit, requests, 3), RC_OK);
	kit_put(kit, "t:1", 0, "1");
	follow_until(kit, &followed, "token-00000000000000aa token-00000000000000aa t@1 ");
}

/* Nothing is lost with a connection, as the rows are the truth. */
static void followers_miss_nothing(void **state)
{
	POSTGRES_KIT(kit);
	struct followed followed = { .begins = 0 };

	assert_true(store_watch(kit->reader, on_news, &followed));
	follow_begins(kit, &followed, 1);
	kit_end_sessions();
	assert_int_equal(kit_until_it_answers(kit->writer), RC_OK);
	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, "1");
	follow_until(kit, &followed, "t@1 t@2 ");
	assert_int_equal(followed.losses, 1);
	kit_sql(kit->path, "SELECT epoch_check('test', true)");
	follow_begins(kit, &followed, 2);
	kit_sql(kit->path, "INSERT INTO change SELECT lane, entry + 5, seq, documents, tombstones, "
			   "horizon, '{x}', '{2}' FROM change WHERE entry = 2");
	follow_begins(kit, &followed, 3);
	/* Without a notification, by asking again. */
	kit_sql(kit->path, "INSERT INTO change SELECT lane, entry + 6, seq, documents, tombstones, "
			   "horizon, '{quiet}', '{2}' FROM change WHERE entry = 2");
	follow_until(kit, &followed, "t@1 t@2 quiet@2 ");
}

/* ---- Epochs ---- */

/* As a crash and a promotion empty the unlogged table. */
static void lose_memory(struct kit *kit)
{
	kit_sql(kit->path, "DELETE FROM alive");
}

static void epochs_form_a_lineage(void **state)
{
	POSTGRES_KIT(kit);
	struct store_cursor first, second;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:2", 0, "1");
	first = kit_place(kit, 1);
	lose_memory(kit);
	kit_put(kit, "t:3", 0, "1");
	second = kit_place(kit, 3);
	assert_int_not_equal(first.epoch, second.epoch);
	assert_int_equal(kit->replies[0].head.epoch, second.epoch);
	/* Up to its start, numbers mean the same. */
	assert_false(kit_pull(kit, "t", first, 10)->reset);
	assert_int_equal(kit->page.count, 2);
	assert_int_equal(kit->page.next.epoch, second.epoch);
	first.seq = 2;
	assert_false(kit_pull(kit, "t", first, 10)->reset);
	assert_int_equal(kit->page.count, 1);
	/* Number 3 of the first epoch may be another document. */
	first.seq = 3;
	assert_true(kit_pull(kit, "t", first, 10)->reset);
	assert_int_equal(kit->page.count, 3);
	/* And over several epochs. */
	lose_memory(kit);
	kit_put(kit, "t:4", 0, "1");
	first.seq = 2;
	assert_false(kit_pull(kit, "t", first, 10)->reset);
	assert_false(kit_pull(kit, "t", second, 10)->reset);
	second.seq = 4;
	assert_true(kit_pull(kit, "t", second, 10)->reset);
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM epoch"), "3");
}

static void snapshots_go_on_in_a_new_epoch(void **state)
{
	POSTGRES_KIT(kit);
	struct store_cursor next;

	for (unsigned i = 1; i <= 4; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "t:%u", i);
		kit_put(kit, id, 0, "1");
	}
	next = kit_pull(kit, "t", KIT_BEGINNING, 2)->next;
	lose_memory(kit);
	kit_put(kit, "t:5", 0, "1");
	assert_false(kit_pull(kit, "t", next, 10)->reset);
	assert_int_equal(kit->page.count, 3);
	next.bound = 5; /* beyond the start of the new one */
	assert_true(kit_pull(kit, "t", next, 10)->reset);
}

/* A pull up to what was shown includes tombstones. It resets if a failover has lost
 * that. */
static void what_was_shown_must_be_there(void **state)
{
	POSTGRES_KIT(kit);
	struct store_cursor place;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:2", 0, "1");
	kit_put(kit, "t:2", 1, NULL);
	place = kit_place(kit, 1);
	assert_false(kit_pull(kit, "t", store_cursor_shown(place, 3), 10)->reset);
	assert_int_equal(kit->page.count, 1);
	assert_true(kit->page.docs[0].deleted);
	assert_int_equal(kit->page.next.seq, 3);
	assert_int_equal(kit->page.next.bound, 0);
	lose_memory(kit);
	kit_put(kit, "t:3", 0, "1");
	assert_false(kit_pull(kit, "t", store_cursor_shown(place, 3), 10)->reset);
	assert_false(kit_pull(kit, "t", place, 10)->reset);
	assert_true(kit_pull(kit, "t", store_cursor_shown(place, 4), 10)->reset);
}

/* A dump that was loaded elsewhere brings `alive` along; opening compares the
 * system. */
static void another_system_is_another_epoch(void **state)
{
	POSTGRES_KIT(kit);
	struct store_cursor before = kit_head(kit->reader);

	kit_close(kit);
	kit_sql(kit->path, "UPDATE alive SET system = system + 1");
	kit_open(kit);
	assert_int_not_equal(kit_head(kit->reader).epoch, before.epoch);
	kit_close(kit);
	kit_open(kit);
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM epoch"), "2");
}

static void revoking_first_begins_the_epoch(void **state)
{
	POSTGRES_KIT(kit);
	struct store_request purge = { .kind = STORE_PURGE, .before = KIT_LATER, .limit = 10 };

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	lose_memory(kit);
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_string_equal(kit_ask(kit->path, "SELECT starts FROM epoch WHERE n = 2"), "{2}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_postgres_begin, kit_postgres_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commits_are_followed),
		TEST(tokens_are_followed),
		TEST(followers_miss_nothing),
		TEST(epochs_form_a_lineage),
		TEST(snapshots_go_on_in_a_new_epoch),
		TEST(what_was_shown_must_be_there),
		TEST(another_system_is_another_epoch),
		TEST(revoking_first_begins_the_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
