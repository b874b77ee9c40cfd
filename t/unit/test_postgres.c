/* What only the PostgreSQL back end does: refusals to open, lost connections, damage.
 * Skipped without POCKETBOOK_TEST_DB and, for another user,
 * POCKETBOOK_TEST_SUPERUSER. */
#include "store_kit.h"

#include "store_kit_postgres.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
	POSTGRES_KIT(kit);

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
	POSTGRES_KIT(kit);

	(void)kit;
	assert_refused(url_of("app", "nothing", ""), STORE_WRITER, RC_DENIED, "make that database");
	assert_refused(url_of("nobody", "app", ""), STORE_WRITER, RC_DENIED, "make that role");
	(void)kit_superuser("DROP DATABASE IF EXISTS latin");
	(void)kit_superuser("CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'");
	assert_refused(url_of("app", "latin", ""), STORE_WRITER, RC_MALFORMED,
		       "has the encoding LATIN1");
	(void)kit_superuser("DROP DATABASE latin");
	(void)kit_superuser("DROP ROLE IF EXISTS guest");
	(void)kit_superuser("CREATE ROLE guest LOGIN");
	assert_refused(url_of("guest", "app", ""), STORE_READER, RC_DENIED, "lacks a right");
	(void)kit_superuser("DROP SCHEMA pocketbook CASCADE");
	assert_refused(url_of("guest", "app", ""), STORE_WRITER, RC_DENIED, "GRANT CREATE");
	assert_refused(url_of("app", "app", ""), STORE_READER, RC_NOT_FOUND,
		       "has no schema pocketbook");
	(void)kit_superuser("DROP ROLE guest");
}

static void other_schemas(void **state)
{
	POSTGRES_KIT(kit);

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
	POSTGRES_KIT(kit);
	struct error err = { "" };

	assert_int_equal(store_init(kit->path, 4, &err), RC_EXISTS);
	assert_non_null(strstr(err.text, "lanes = 1"));
	assert_string_equal(kit_ask(kit->path, "SELECT lanes FROM meta"), "1");
}

/* ---- Lost connections ---- */

static void on_any_rc(void *arg, enum rc rc, const struct store_places *places)
{
	(void)places;
	*(enum rc *)arg = rc;
}

static void connections_come_back(void **state)
{
	POSTGRES_KIT(kit);
	struct store_edit edit = kit_edit_of("t:2", 0, "again", "2");
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };
	enum rc rc;

	log_limit(LOG_ERROR);
	kit_put(kit, "t:1", 0, "1");
	for (unsigned round = 0; round < 3; round++) {
		kit_end_sessions();
		/* What was sent over the dead connection has an unknown outcome. */
		rc = kit_commit(kit, &request, 1);
		assert_true(rc == RC_UNAVAILABLE || rc == RC_OK);
		assert_int_equal(kit_until_it_answers(kit->writer), RC_OK);
		assert_int_equal(kit_until_it_answers(kit->reader), RC_OK);
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
	POSTGRES_KIT(kit);
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
	POSTGRES_KIT(kit);
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
	kit_end_sessions();
	assert_int_equal(kit_until_it_answers(kit->reader), RC_OK);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(kit_file(kit, ".s.PGSQL.5432")), 0);
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
	POSTGRES_KIT(kit);
	const struct store_edit edit = kit_edit_of("a:1", 0, NULL, "1");
	const struct store_request request = { .kind = STORE_PUSH,
					       .edits = &edit,
					       .edit_count = 1 };
	static const char searcher[] = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE "
				       "query LIKE '%JOIN doc d USING%d.id = $1' AND datname = "
				       "current_database()";
	const uint64_t end = clock_ms() + KIT_WAIT_MS;
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
	POSTGRES_KIT(kit);

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
	POSTGRES_KIT(kit);
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
	POSTGRES_KIT(kit);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_postgres_begin, kit_postgres_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_urls),
		TEST(users_and_databases),
		TEST(other_schemas),
		TEST(made_once),
		TEST(connections_come_back),
		TEST(cancel_answers_all),
		TEST(a_silent_host_is_left),
		TEST(searches_share_a_connection),
		TEST(damage_is_found),
		TEST(a_request_fails_by_itself),
		TEST(damaged_values_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
