/* A log is copied into the database that it belongs to, and into no other one: nor into
 * another state of the same. */
#include "store_kit.h"

#include "base/array.h"
#include "base/mem.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/wal.h"
#include "store/store_admin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void shell(const struct kit *kit, const char *format, const char *one, const char *other)
{
	char command[512];
	int len = snprintf(command, sizeof(command), "cd %s && ", kit->dir);

	(void)snprintf(command + len, sizeof(command) - (size_t)len, format, one, other);
	assert_int_equal(system(command), 0);
}

/* What a loss of power would leave now, as NAME and NAME-wal. */
static void take_state(const struct kit *kit, const char *name)
{
	shell(kit, "cp test.db %s && cp test.db-wal %s-wal", name, name);
}

/* The database of one state with the log of another. */
static void put_state(const struct kit *kit, const char *db, const char *log)
{
	shell(kit, "rm -f test.db* && cp %s test.db && cp %s-wal test.db-wal", db, log);
}

static void put_many(struct kit *kit, const char *prefix, unsigned count)
{
	static const char value[] = "\"some text, so that there are several pages\"";

	for (unsigned i = 0; i < count; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "t:%s%u", prefix, i);
		(void)kit_put(kit, id, 0, value);
	}
}

/* Copies all of the log, so that the next commit begins a new one. */
static void copy_log(struct kit *kit)
{
	assert_int_equal(wal_restart(sqlite_of(kit->writer)), RC_OK);
}

static void opens_with(struct kit *kit, uint64_t head)
{
	struct store *command;
	struct error err;

	assert_int_equal(store_open(kit->path, STORE_COMMAND, &command, &err), RC_OK);
	store_close(command);
	kit_open(kit);
	assert_int_equal(kit_head(kit->reader).seq, head);
	kit_close(kit);
	assert_string_equal(kit_ask(kit->path, "PRAGMA integrity_check"), "ok");
}

static void no_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

static void no_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	(void)place;
	(void)what;
	fail();
}

/* Neither a writer nor a command takes the log, and all leave it alone. */
static void is_refused(struct kit *kit)
{
	const struct store_check check = { .on_fault = no_fault, .on_progress = no_progress };
	off_t size = kit_size(kit, "test.db-wal");
	struct store_stats_full stats;
	struct store *store;
	struct error err = { "" };

	assert_int_equal(store_open(kit->path, STORE_WRITER, &store, &err), RC_MOVED);
	assert_non_null(strstr(err.text, "test.db-wal is the log of another database"));
	assert_int_equal(store_open(kit->path, STORE_COMMAND, &store, &err), RC_MOVED);
	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_MOVED);
	assert_int_equal(store_close_for_replace(kit->path, &err), RC_MOVED);
	assert_int_equal(kit_size(kit, "test.db-wal"), size);
}

static void tidy(const struct kit *kit)
{
	shell(kit, "rm -f [a-z]*.db [a-z]*.db-* %s%s", "", "");
}

/* States of one database: 'old.db' before a checkpoint, 'begun.db' right after it, with
 * an empty log, and 'new.db' later. */
static void make_states(struct kit *kit)
{
	kit_open(kit);
	put_many(kit, "a", 40);
	copy_log(kit);
	take_state(kit, "old.db");
	put_many(kit, "b", 40);
	copy_log(kit);
	shell(kit, "cp test.db %s%s", "begun.db", "");
	put_many(kit, "c", 40);
	take_state(kit, "new.db");
	kit_close(kit);
}

static void its_own_log_is_taken(void **state)
{
	struct kit *kit = *state;

	make_states(kit);
	put_state(kit, "new.db", "new.db");
	opens_with(kit, 120);
	/* Nothing is lost: the log has all that the copy lacks. */
	put_state(kit, "begun.db", "new.db");
	opens_with(kit, 120);
	tidy(kit);
}

static void that_of_another_state_is_not(void **state)
{
	struct kit *kit = *state;

	make_states(kit);
	put_state(kit, "old.db", "new.db");
	is_refused(kit);
	shell(kit, "rm test.db-wal%s%s", "", "");
	opens_with(kit, 40);
	tidy(kit);
}

static void a_log_that_is_older_is_not(void **state)
{
	struct kit *kit = *state;

	kit_open(kit);
	put_many(kit, "a", 4);
	take_state(kit, "old.db");
	put_many(kit, "b", 4);
	copy_log(kit);
	take_state(kit, "new.db");
	kit_close(kit);
	put_state(kit, "new.db", "old.db");
	is_refused(kit);
	shell(kit, "mv test.db-wal away.db-wal%s%s", "", "");
	opens_with(kit, 8);
	tidy(kit);
}

static void that_of_the_database_is_not_taken_by_a_backup(void **state)
{
	struct kit *kit = *state;
	struct store_stats_full stats;
	struct error err;
	int copy;

	kit_open(kit);
	put_many(kit, "a", 40);
	copy = open(kit_file(kit, "backup.db"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(copy >= 0);
	assert_int_equal(store_copy(kit->path, copy, no_progress, NULL, &stats, &err), RC_OK);
	(void)close(copy);
	put_many(kit, "b", 40);
	take_state(kit, "new.db");
	kit_close(kit);
	put_state(kit, "backup.db", "new.db");
	is_refused(kit);
	tidy(kit);
}

/* VACUUM moves pages, and keeps every row. */
static void nor_by_a_file_with_other_pages(void **state)
{
	struct kit *kit = *state;
	char sql[256];

	kit_open(kit);
	put_many(kit, "a", 40);
	copy_log(kit);
	put_many(kit, "b", 40);
	(void)snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", kit_file(kit, "vacuumed.db"));
	kit_sql(kit->path, sql);
	put_many(kit, "c", 40);
	take_state(kit, "new.db");
	kit_close(kit);
	put_state(kit, "vacuumed.db", "new.db");
	is_refused(kit);
	shell(kit, "rm test.db-wal%s%s", "", "");
	opens_with(kit, 80);
	tidy(kit);
}

static void nor_by_another_database_or_an_empty_file(void **state)
{
	struct kit *kit = *state;

	make_states(kit);
	shell(kit, "rm -f test.db*%s%s", "", "");
	kit_open(kit);
	put_many(kit, "x", 90);
	copy_log(kit);
	take_state(kit, "other.db");
	kit_close(kit);
	put_state(kit, "other.db", "new.db");
	is_refused(kit);
	put_state(kit, "new.db", "other.db");
	shell(kit, ": >test.db%s%s", "", "");
	shell(kit, "cp %s-wal test.db-wal%s", "new.db", "");
	is_refused(kit);
	tidy(kit);
}

/* Also a change of tokens alone leaves the row in the log. */
static void every_commit_says_whose_it_is(void **state)
{
	static const struct store_grant grants[] = { { .group = { "*", 1 } } };
	struct kit *kit = *state;
	const struct store_request request = { .kind = STORE_TOKEN_ADD,
					       .token = { .id = { "0123456789abcdef", 16 },
							  .user = { "ann", 3 },
							  .grants = (struct store_grant *)grants,
							  .grant_count = 1 } };

	make_states(kit);
	put_state(kit, "new.db", "new.db");
	kit_open(kit);
	copy_log(kit);
	assert_int_equal(kit_commit(kit, &request, 1), RC_OK);
	take_state(kit, "token.db");
	kit_close(kit);
	put_state(kit, "old.db", "token.db");
	is_refused(kit);
	put_state(kit, "token.db", "token.db");
	opens_with(kit, 120);
	tidy(kit);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_folder, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(its_own_log_is_taken),
		FOLDER_TEST(that_of_another_state_is_not),
		FOLDER_TEST(a_log_that_is_older_is_not),
		FOLDER_TEST(that_of_the_database_is_not_taken_by_a_backup),
		FOLDER_TEST(nor_by_a_file_with_other_pages),
		FOLDER_TEST(nor_by_another_database_or_an_empty_file),
		FOLDER_TEST(every_commit_says_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
