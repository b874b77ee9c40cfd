/* What only the PostgreSQL back end does: refusals to open, lost connections,
 * followers, lanes, epochs. Skipped without POCKETBOOK_TEST_DB and, for another user,
 * POCKETBOOK_TEST_SUPERUSER. */
#include "store_kit.h"

#ifdef HAVE_POSTGRESQL
#include "store_kit_postgres.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"
#include "store/lane.h"
#include "store/postgres/operations.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 20000

static int setup(void **state)
{
	*state = NULL;
	if (getenv("POCKETBOOK_TEST_DB") == NULL)
		return 0;
	return kit_setup(state);
}

static int teardown(void **state)
{
	return *state ? kit_teardown(state) : 0;
}

#define KIT(name) \
	struct kit *name = *state; \
	if (name == NULL) \
	skip()

static const char *superuser(const char *sql)
{
	return kit_postgres_ask(getenv("POCKETBOOK_TEST_SUPERUSER"), sql);
}

/* ---- Opening ---- */

static void assert_refused(const char *url, enum store_role role, enum rc wanted, const char *part)
{
	struct error err = { "" };
	struct store *store;
	enum rc rc = store_open(url, role, &store, &err);

	if (rc != wanted || strstr(err.text, part) == NULL || strchr(err.text, '\n'))
		fail_msg("%s: %s: %s", url, rc_name(rc), err.text);
	assert_null(store);
}

/* The URL of the test's database with another user or database in it. */
static const char *url_of(const char *user, const char *database, const char *more)
{
	static char url[512];
	const char *query = strchr(getenv("POCKETBOOK_TEST_DB"), '?');

	(void)snprintf(url, sizeof(url), "postgresql://%s@/%s%s%s", user, database, query, more);
	return url;
}

static void bad_urls(void **state)
{
	KIT(kit);

	(void)kit;
	assert_refused("postgresql://[::1/db", STORE_WRITER, RC_MALFORMED,
		       "this is not the URL of a PostgreSQL database");
	assert_refused("postgresql://host/db?nonsense=1", STORE_WRITER, RC_MALFORMED,
		       "invalid URI query parameter");
	assert_refused("postgresql://a,b/db?port=1,2,3", STORE_WRITER, RC_MALFORMED,
		       "another number of");
	assert_refused("postgresql://ann:secret@host/db", STORE_WRITER, RC_MALFORMED,
		       "contains a password");
	assert_refused("postgres://host/db?password=secret", STORE_READER, RC_MALFORMED,
		       "contains a password");
	assert_refused("postgres://host/db?passwor%64=secret", STORE_READER, RC_MALFORMED,
		       "contains a password");
	assert_refused("postgresql:///db?host=/nowhere", STORE_READER, RC_UNAVAILABLE,
		       "cannot connect to the database server");
	assert_refused("postgresql:///db?host=/nowhere,/elsewhere", STORE_WRITER, RC_UNAVAILABLE,
		       "cannot connect to the database server");
}

static void users_and_databases(void **state)
{
	KIT(kit);

	(void)kit;
	assert_refused(url_of("app", "nothing", ""), STORE_WRITER, RC_DENIED, "make that database");
	assert_refused(url_of("nobody", "app", ""), STORE_WRITER, RC_DENIED, "make that role");
	(void)superuser("DROP DATABASE IF EXISTS latin");
	(void)superuser("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'");
	assert_refused(url_of("app", "latin", ""), STORE_WRITER, RC_MALFORMED,
		       "has the encoding LATIN1");
	(void)superuser("DROP DATABASE latin");
	(void)superuser("DROP ROLE IF EXISTS guest");
	(void)superuser("CREATE ROLE guest LOGIN");
	assert_refused(url_of("guest", "app", ""), STORE_READER, RC_DENIED, "lacks a right");
	(void)superuser("DROP SCHEMA pocketbook CASCADE");
	assert_refused(url_of("guest", "app", ""), STORE_WRITER, RC_DENIED, "GRANT CREATE");
	assert_refused(url_of("app", "app", ""), STORE_READER, RC_NOT_FOUND,
		       "has no schema pocketbook");
	(void)superuser("DROP ROLE guest");
}

static void other_schemas(void **state)
{
	KIT(kit);

	kit_close(kit);
	kit_sql(kit->path, "UPDATE meta SET schema = 99, compatible = 99");
	assert_refused(kit->path, STORE_WRITER, RC_NEWER, "newer version of this program");
	kit_sql(kit->path, "UPDATE meta SET program = 'other'");
	assert_refused(kit->path, STORE_READER, RC_CORRUPT, "another program's");
	kit_sql(kit->path, "DROP TABLE meta");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "another program's");
	kit_sql(kit->path, "DROP SCHEMA pocketbook CASCADE");
	kit_sql(kit->path, "CREATE SCHEMA pocketbook");
	assert_refused(kit->path, STORE_READER, RC_NOT_FOUND, "has no schema pocketbook");
	/* An empty one is filled. */
	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
}

static void made_once(void **state)
{
	KIT(kit);
	struct error err = { "" };

	assert_int_equal(store_init(kit->path, 4, &err), RC_EXISTS);
	assert_non_null(strstr(err.text, "lanes = 1"));
	assert_string_equal(kit_ask(kit->path, "SELECT lanes FROM meta"), "1");
}

/* ---- Lost connections ---- */

static void end_sessions(void)
{
	(void)superuser("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
			"usename = 'app'");
}

static void on_any_rc(void *arg, enum rc rc, const struct store_places *places)
{
	(void)places;
	*(enum rc *)arg = rc;
}

static enum rc ask_head(struct store *store)
{
	enum rc rc = RC_COUNT;

	store_head(store, on_any_rc, &rc);
	store_wait(store);
	return rc;
}

/* Runs the handle's loop once. */
static void turn(struct store *store)
{
	struct pollfd wanted;
	uint64_t deadline;

	store_poll(store, &wanted.fd, &wanted.events, &deadline);
	(void)poll(&wanted, 1, deadline <= clock_ms() ? 0 : 10);
	store_run(store);
}

static enum rc until_it_answers(struct store *store)
{
	const uint64_t end = clock_ms() + WAIT_MS;
	enum rc rc;

	while ((rc = ask_head(store)) == RC_UNAVAILABLE && clock_ms() < end)
		turn(store);
	return rc;
}

static void connections_come_back(void **state)
{
	KIT(kit);
	struct store_edit edit = kit_edit_of("t:2", 0, "again", "2");
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };
	enum rc rc;

	log_limit(LOG_ERROR);
	kit_put(kit, "t:1", 0, "1");
	for (unsigned round = 0; round < 3; round++) {
		end_sessions();
		/* What was sent over the dead connection has an unknown outcome. */
		rc = kit_commit(kit, &request, 1);
		assert_true(rc == RC_UNAVAILABLE || rc == RC_OK);
		assert_int_equal(until_it_answers(kit->writer), RC_OK);
		assert_int_equal(until_it_answers(kit->reader), RC_OK);
		assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
		assert_int_equal(kit->replies[0].results[0].version, 1);
	}
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 2);
	/* The epoch goes on: nothing was lost. */
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM epoch"), "1");
}

struct cancelled {
	unsigned calls;
	enum rc rc;
};

static void on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct cancelled *cancelled = arg;

	assert_null(replies);
	cancelled->calls++;
	cancelled->rc = rc;
}

static void cancel_answers_all(void **state)
{
	KIT(kit);
	struct store_edit edits[2] = { kit_edit_of("t:1", 0, NULL, "1"),
				       kit_edit_of("t:2", 0, NULL, "2") };
	struct store_request requests[2];
	struct cancelled cancelled[3] = { { 0, RC_OK } };
	enum rc rcs[3] = { RC_COUNT, RC_COUNT, RC_COUNT };

	for (size_t i = 0; i < 2; i++)
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1 };
	store_commit(kit->writer, &requests[0], 1, on_replies, &cancelled[0]);
	store_commit(kit->writer, &requests[1], 1, on_replies, &cancelled[1]);
	for (size_t i = 0; i < 3; i++)
		store_head(kit->writer, on_any_rc, &rcs[i]);
	assert_int_equal(cancelled[0].calls, 0);
	store_cancel(kit->writer);
	store_commit(kit->writer, requests, 1, on_replies, &cancelled[2]);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(cancelled[i].calls, 1);
		assert_int_equal(cancelled[i].rc, RC_UNAVAILABLE);
		assert_int_equal(rcs[i], RC_UNAVAILABLE);
	}
}

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
	const uint64_t end = clock_ms() + WAIT_MS;

	while (strcmp(followed->groups, groups) != 0 && clock_ms() < end)
		turn(kit->reader);
	assert_string_equal(followed->groups, groups);
}

static void follow_begins(struct kit *kit, const struct followed *followed, unsigned begins)
{
	const uint64_t end = clock_ms() + WAIT_MS;

	while (followed->begins < begins && clock_ms() < end)
		turn(kit->reader);
	assert_int_equal(followed->begins, begins);
}

static void commits_are_followed(void **state)
{
	KIT(kit);
	struct followed followed = { .begins = 0 };

	kit_put(kit, "before:1", 0, "1");
	assert_true(store_watch(kit->reader, on_news, &followed));
	/* Where it begins, everything may have changed. */
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
	KIT(kit);
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

/* ---- Hosts ---- */

/* A server that accepts connections and says nothing, as one that is frozen. */
static int silent_host(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 100), 0);
	return fd;
}

static void a_silent_host_is_left(void **state)
{
	KIT(kit);
	const char *host = strstr(kit->path, "host=") + strlen("host=");
	int fd = silent_host(kit->dir);
	char path[sizeof(kit->path)];

	(void)snprintf(path, sizeof(path), "%.*s%s,%s", (int)(host - kit->path), kit->path,
		       kit->dir, host);
	kit_close(kit);
	memcpy(kit->path, path, sizeof(path));
	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
	/* Also without waiting for it. */
	end_sessions();
	assert_int_equal(until_it_answers(kit->reader), RC_OK);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(kit_file(kit, ".s.PGSQL.5432")), 0);
}

/* Nothing is lost with a connection, as the rows are the truth. */
static void followers_miss_nothing(void **state)
{
	KIT(kit);
	struct followed followed = { .begins = 0 };

	assert_true(store_watch(kit->reader, on_news, &followed));
	follow_begins(kit, &followed, 1);
	end_sessions();
	assert_int_equal(until_it_answers(kit->writer), RC_OK);
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
	KIT(kit);
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
	KIT(kit);
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

/* The rest up to what was shown comes with its tombstones; where that is lost, nothing
 * goes on. */
static void what_was_shown_must_be_there(void **state)
{
	KIT(kit);
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
	KIT(kit);
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
	KIT(kit);
	struct store_request purge = { .kind = STORE_PURGE, .before = KIT_LATER, .limit = 10 };

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:1", 1, NULL);
	lose_memory(kit);
	assert_int_equal(kit_commit(kit, &purge, 1), RC_OK);
	assert_string_equal(kit_ask(kit->path, "SELECT starts FROM epoch WHERE n = 2"), "{2}");
}

/* ---- Documents ---- */

static enum rc on_found(void *arg, const struct store_doc *doc)
{
	*(uint64_t *)arg = doc->version;
	return RC_OK;
}

static uint64_t find_version(struct kit *kit, const char *id)
{
	uint64_t version = 0;
	const enum rc rc = store_find(kit->reader, slice_of(id), on_found, &version);

	assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
	return version;
}

/* It is used by each search, and replaced when it was lost. */
static void searches_share_a_connection(void **state)
{
	KIT(kit);
	const struct store_edit edit = kit_edit_of("a:1", 0, NULL, "1");
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &edit,
					       .edit_count = 1 };
	static const char searcher[] = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE "
				       "query LIKE '%JOIN doc d USING%d.id = $1' AND datname = "
				       "current_database()";
	const uint64_t end = clock_ms() + WAIT_MS;
	char first[32];

	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	assert_int_equal(find_version(kit, "a:1"), 1);
	(void)snprintf(first, sizeof(first), "%s", kit_ask(kit->path, searcher));
	assert_string_not_equal(first, "0");
	assert_int_equal(find_version(kit, "a:2"), 0);
	assert_string_equal(kit_ask(kit->path, searcher), first);
	(void)kit_ask(kit->path, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
				 "WHERE query LIKE '%JOIN doc d USING%d.id = $1' AND datname = "
				 "current_database()");
	while (strcmp(kit_ask(kit->path, searcher), "0") != 0)
		assert_true(clock_ms() < end);
	assert_int_equal(find_version(kit, "a:1"), 1);
}

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
	KIT(kit);
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
	KIT(kit);
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
	KIT(kit);
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
	const uint64_t end = clock_ms() + WAIT_MS;

	while (strcmp(kit_ask(kit->path, sql), wanted) != 0) {
		assert_true(clock_ms() < end);
		turn(kit->writer);
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
	KIT(kit);
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
	while (kit_stats(kit->writer).own[POSTGRES_OWN_CONNECTIONS] < 4)
		turn(kit->writer);
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

/* Pushes with few edits are one transaction, whatever their lanes. */
static void small_pushes_are_committed_together(void **state)
{
	KIT(kit);
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
	KIT(kit);
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
	KIT(kit);
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
	/* A purge that somebody has asked for does not wait for it. */
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

/* ---- Damage ---- */

struct faults {
	char text[1024];
	unsigned count;
};

static void on_fault(void *arg, struct slice place, struct slice what)
{
	struct faults *faults = arg;
	size_t len = strlen(faults->text);

	faults->count++;
	(void)snprintf(faults->text + len, sizeof(faults->text) - len, "%.*s %.*s; ",
		       (int)place.len, place.data, (int)what.len, what.data);
}

static void assert_found(struct kit *kit, const char *sql, const char *wanted)
{
	struct faults faults = { "", 0 };
	const struct store_check check = { .on_fault = on_fault, .arg = &faults };
	struct store_stats_full stats;

	kit_sql(kit->path, sql);
	assert_int_equal(store_check(kit->path, &check, &stats, NULL), RC_OK);
	if (strstr(faults.text, wanted) == NULL)
		fail_msg("%s: %s", sql, faults.text);
}

static void damage_is_found(void **state)
{
	KIT(kit);

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:2", 0, "1");
	kit_put(kit, "t:2", 1, NULL);
	assert_found(kit, "SELECT 1", "");
	assert_found(kit, "UPDATE doc SET value = '[1' WHERE id = 't:1'",
		     "t:1 its value is not Transit");
	assert_found(kit, "UPDATE doc SET version = 9007199254740991 WHERE id = 't:1'",
		     "t:1 has version 9007199254740991");
	assert_found(kit, "UPDATE doc SET value = NULL WHERE id = 't:1'",
		     "t:1 its value is missing");
	assert_found(kit, "UPDATE doc SET seq = 9 WHERE id = 't:1'",
		     "t:1 has a sequence number beyond");
	assert_found(kit, "DELETE FROM change WHERE entry = 1",
		     "lane 0 entries are missing before 2");
	assert_found(kit, "UPDATE change SET documents = 5", "counted as 5 documents");
	assert_found(kit, "UPDATE doc SET id = 'u:1' WHERE id = 't:1'",
		     "u:1 belongs to the group t");
	assert_found(kit, "INSERT INTO grp (lane, name) VALUES (0, 'e')", "e is a group without");
	assert_found(kit, "INSERT INTO token VALUES ('x', 'ann', '', 1, 1)",
		     "token x has no grants");
	assert_found(kit, "UPDATE doc SET gid = 77", "t:2 belongs to no group");
}

/* Others of its round do not. */
static void a_request_fails_by_itself(void **state)
{
	KIT(kit);
	const struct store_edit edits[] = {
		kit_edit_of("t:1", 0, NULL, "1"),
		kit_edit_of("t:2", INT64_MAX, NULL, "2"),
		kit_edit_of("t:3", 0, NULL, "3"),
	};
	struct store_request requests[3];

	for (size_t i = 0; i < 3; i++)
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = &edits[i],
						      .edit_count = 1,
						      .keeps_versions = i == 1 };
	assert_int_equal(kit_commit(kit, requests, 3), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	assert_int_equal(kit->replies[1].rc, RC_CORRUPT);
	assert_int_equal(kit->replies[2].rc, RC_OK);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 2);
}

/* Copied into a response, it would make all of it unreadable. */
static void damaged_values_are_reported(void **state)
{
	KIT(kit);
	const struct kit_page *page;
	struct store_result result;

	kit_put(kit, "t:1", 0, "1");
	kit_put(kit, "t:2", 0, "2");
	kit_put(kit, "t:3", 0, "3");
	kit_sql(kit->path, "UPDATE doc SET value = '[1' WHERE id = 't:1'");
	kit_sql(kit->path, "UPDATE doc SET value = NULL WHERE id = 't:2'");
	page = kit_pull(kit, "t", KIT_BEGINNING, 10);
	assert_int_equal(page->count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(page->docs[i].damaged, i < 2);
	assert_int_equal(kit_versions(kit, "t:1", 0, 10)->docs[0].damaged, true);
	result = kit_edit(kit, "t:1", 7, NULL, "4");
	assert_int_equal(result.status, STORE_CONFLICT);
	assert_true(result.damaged && result.value.len == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_urls),
		TEST(users_and_databases),
		TEST(other_schemas),
		TEST(made_once),
		TEST(connections_come_back),
		TEST(cancel_answers_all),
		TEST(commits_are_followed),
		TEST(tokens_are_followed),
		TEST(a_silent_host_is_left),
		TEST(followers_miss_nothing),
		TEST(epochs_form_a_lineage),
		TEST(snapshots_go_on_in_a_new_epoch),
		TEST(what_was_shown_must_be_there),
		TEST(another_system_is_another_epoch),
		TEST(revoking_first_begins_the_epoch),
		TEST(searches_share_a_connection),
		TEST(rounds_of_new_documents_are_large),
		TEST(a_large_round_may_be_refused),
		TEST(lanes_have_their_own_sequences),
		TEST(lanes_are_committed_at_the_same_time),
		TEST(small_pushes_are_committed_together),
		TEST(purges_know_lanes),
		TEST(one_host_purges_at_a_time),
		cmocka_unit_test(the_hash_of_lanes_stays),
		TEST(damage_is_found),
		TEST(a_request_fails_by_itself),
		TEST(damaged_values_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void without_postgresql(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without_postgresql) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
