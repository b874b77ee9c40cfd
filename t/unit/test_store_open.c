/* Opening: what is made, what is refused and in which words, what an older schema
 * becomes. */
#include "store_kit.h"

#include "store/history.h"

#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_refused(const char *path, enum store_role role, enum rc wanted,
			   const char *words)
{
	struct store *store = (struct store *)&store;
	struct error err = { "" };
	enum rc rc = store_open(path, role, &store, &err);

	if (rc != wanted)
		fail_msg("%s: %s instead of %s: %s", path, rc_name(rc), rc_name(wanted), err.text);
	assert_null(store);
	if (strstr(err.text, words) == NULL || strstr(err.text, path) == NULL ||
	    strchr(err.text, '\n'))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, words, path);
	/* Without asking why it comes to the same. */
	assert_int_equal(store_open(path, role, &store, NULL), wanted);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		fail_msg("%s is not there", path);
	return status.st_mode & 07777;
}

/* ---- What is made ---- */

static void files_are_private(void **state)
{
	struct kit *kit = *state;
	mode_t mask = umask(0);

	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
	umask(mask);
	assert_int_equal(mode_of(kit->path), 0600);
	assert_int_equal(mode_of(kit_file(kit, "test.db-wal")), 0600);
	assert_int_equal(mode_of(kit_file(kit, "test.db-shm")), 0600);
}

static void closing_leaves_one_file(void **state)
{
	struct kit *kit = *state;

	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
	kit_close(kit);
	assert_int_equal(access(kit_file(kit, "test.db-wal"), F_OK), -1);
	assert_int_equal(access(kit_file(kit, "test.db-shm"), F_OK), -1);
	assert_string_equal(kit_ask(kit->path, "SELECT value FROM doc"), "1");
	assert_string_equal(kit_ask(kit->path, "PRAGMA integrity_check"), "ok");
	assert_string_equal(kit_ask(kit->path, "PRAGMA journal_mode"), "wal");
}

static void reader_leaves_the_log_alone(void **state)
{
	struct kit *kit = *state;
	struct stat before, after;

	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
	assert_int_equal(stat(kit->path, &before), 0);
	store_close(kit->reader);
	kit->reader = NULL;
	assert_int_equal(stat(kit->path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(access(kit_file(kit, "test.db-wal"), F_OK), 0);
}

static void epoch_is_random_and_stays(void **state)
{
	struct kit *kit = *state;
	struct store_cursor first, again;

	kit_open(kit);
	first = kit_head(kit->writer);
	kit_close(kit);
	kit_open(kit);
	again = kit_head(kit->writer);
	assert_int_equal(first.epoch, again.epoch);
	kit_close(kit);
	assert_int_equal(unlink(kit->path), 0);
	kit_open(kit);
	assert_int_not_equal(first.epoch, kit_head(kit->writer).epoch);
	assert_int_not_equal(kit_head(kit->reader).epoch, 0);
}

/* Names that SQLite would take for something else. */
static void names_are_only_names(void **state)
{
	struct kit *kit = *state;
	struct store *store;
	int here = open(".", O_RDONLY | O_DIRECTORY);

	assert_int_equal(chdir(kit->dir), 0);
	assert_int_equal(store_open(":memory:", STORE_WRITER, &store, NULL), RC_OK);
	store_close(store);
	assert_int_equal(unlink(":memory:"), 0);
	assert_int_equal(store_open("file:x?mode=memory", STORE_WRITER, &store, NULL), RC_OK);
	store_close(store);
	assert_int_equal(unlink("file:x?mode=memory"), 0);
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_int_not_equal(store_open("", STORE_WRITER, &store, NULL), RC_OK);
}

static void large_log_is_checkpointed(void **state)
{
	struct kit *kit = *state;
	static char value[8001];
	struct stat status;

	kit_open(kit);
	memset(value, '1', sizeof(value) - 1);
	for (uint64_t i = 0; i < 3000; i++) {
		kit_put(kit, "t:1", i, value);
		assert_int_equal(store_maintain(kit->writer), RC_OK);
	}
	/* Some 6 pages for each write: without checkpoints the log would be ten times
	 * this long. */
	assert_int_equal(stat(kit_file(kit, "test.db-wal"), &status), 0);
	assert_true(status.st_size < 2000 * 4120);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->docs[0].version, 3000);
}

/* ---- What is refused ---- */

static void missing_things(void **state)
{
	struct kit *kit = *state;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/none/test.db", kit->dir);
	assert_refused(path, STORE_WRITER, RC_IO, "there is no directory");
	assert_refused(path, STORE_READER, RC_NOT_FOUND, "start the server");
	assert_refused(kit->path, STORE_READER, RC_NOT_FOUND, "start the server");
	assert_int_equal(access(kit->path, F_OK), -1);
	write_file(kit->path, "", 0);
	assert_refused(kit->path, STORE_READER, RC_NOT_FOUND, "empty");
	assert_refused(kit->dir, STORE_WRITER, RC_IO, "is not a file");
	assert_refused(kit->dir, STORE_READER, RC_IO, "is not a file");
	/* What is empty may be filled. */
	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
}

/* Also not in this process, by any name. */
static void one_writer_at_a_time(void **state)
{
	struct kit *kit = *state;
	struct error err;
	char hard[160];

	kit_open(kit);
	assert_refused(kit->path, STORE_WRITER, RC_DENIED, "another process writes to");
	assert_int_equal(store_present(kit->writer, &err), RC_OK);
	(void)snprintf(hard, sizeof(hard), "%s", kit_file(kit, "other"));
	assert_int_equal(link(kit->path, hard), 0);
	assert_refused(hard, STORE_WRITER, RC_DENIED, "has 2 names");
	/* A reader would miss what is in the log alone. */
	assert_refused(hard, STORE_READER, RC_DENIED, "by another one, where its log lies");
	assert_int_equal(store_present(kit->writer, &err), RC_MOVED);
	assert_int_equal(unlink(hard), 0);
	assert_int_equal(store_present(kit->writer, &err), RC_OK);
	kit_put(kit, "t:1", 0, "1");
	kit_close(kit);
	kit_open(kit);
}

/* The file of the log ends with its last frame. */
static off_t size_of_log(const char *log)
{
	struct stat status;

	assert_int_equal(stat(log, &status), 0);
	return status.st_size;
}

/* What the log had is lost, but nothing else: what is read in its place must not get
 * into the database. */
static void a_log_that_was_cut_is_noticed_and_not_copied(void **state)
{
	struct kit *kit = *state;
	struct error err;
	char log[160];

	(void)snprintf(log, sizeof(log), "%s", kit_file(kit, "test.db-wal"));
	kit_open(kit);
	kit_close(kit);
	for (int overwritten = 0; overwritten < 2; overwritten++) {
		off_t size;

		kit_open(kit);
		kit_put(kit, "t:1", 0, "1");
		assert_int_equal(store_present(kit->writer, &err), RC_OK);
		size = size_of_log(log);
		assert_int_equal(truncate(log, overwritten ? 0 : size - 1), 0);
		if (overwritten)
			assert_int_equal(truncate(log, size), 0);
		assert_int_equal(store_present(kit->writer, &err), RC_MOVED);
		assert_non_null(strstr(err.text, "test.db-wal was truncated or overwritten"));
		kit_close(kit);
		kit_open(kit);
		assert_int_equal(kit_head(kit->reader).seq, 0);
		kit_close(kit);
	}
}

static void a_moved_log_is_copied_and_another_one_left_alone(void **state)
{
	struct kit *kit = *state;
	struct error err;
	char log[160], other[160];

	kit_open(kit);
	kit_put(kit, "t:1", 0, "1");
	(void)snprintf(log, sizeof(log), "%s", kit_file(kit, "test.db-wal"));
	(void)snprintf(other, sizeof(other), "%s", kit_file(kit, "other"));
	assert_int_equal(rename(log, other), 0);
	assert_int_equal(store_present(kit->writer, &err), RC_MOVED);
	assert_non_null(strstr(err.text, "test.db-wal was removed or renamed"));
	assert_int_equal(close(open(log, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(store_present(kit->writer, &err), RC_MOVED);
	assert_non_null(strstr(err.text, "test.db-wal is another file now"));
	kit_close(kit);
	assert_int_equal(access(log, F_OK), 0);
	kit_open(kit);
	assert_int_equal(kit_head(kit->reader).seq, 1);
}

/* Permissions do not restrict root: try as another user. */
static void as_nobody(const char *path, enum store_role role, enum rc wanted, const char *words)
{
	int status;
	pid_t child;

	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store;
		struct error err = { "" };

		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(9);
		if (store_open(path, role, &store, &err) != wanted)
			_exit(1);
		_exit(strstr(err.text, words) && strstr(err.text, path) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void missing_rights(void **state)
{
	struct kit *kit = *state;

	assert_int_equal(chmod(kit->dir, 0555), 0);
	as_nobody(kit->path, STORE_WRITER, RC_IO, "no writing in directory");
	assert_int_equal(chmod(kit->dir, 0755), 0);
	kit_open(kit);
	kit_close(kit);
	assert_int_equal(chmod(kit->dir, 0777), 0);
	assert_int_equal(chmod(kit->path, 0444), 0);
	as_nobody(kit->path, STORE_WRITER, RC_IO, "cannot write");
	assert_int_equal(chmod(kit->path, 0), 0);
	as_nobody(kit->path, STORE_READER, RC_IO, "cannot read");
	assert_int_equal(chmod(kit->path, 0600), 0);
}

static void not_sqlite(void **state)
{
	struct kit *kit = *state;
	static const char text[] = "These are notes about cheese, not a database.\n";
	char page[4096], *back = page;
	int fd;

	write_file(kit->path, text, sizeof(text) - 1);
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "is not a database");
	assert_refused(kit->path, STORE_READER, RC_CORRUPT, "is not a database");
	memset(page, 'x', sizeof(page));
	write_file(kit->path, page, sizeof(page));
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "is not a database");
	/* And nothing was done to it. */
	fd = open(kit->path, O_RDONLY);
	memset(page, 0, sizeof(page));
	assert_int_equal(read(fd, back, sizeof(page)), sizeof(page));
	close(fd);
	for (size_t i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], 'x');
}

static void of_another_program(void **state)
{
	struct kit *kit = *state;

	kit_sql(kit->path, "CREATE TABLE notes (text)");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "another program");
	assert_refused(kit->path, STORE_READER, RC_CORRUPT, "another program");
	assert_string_equal(kit_ask(kit->path, "PRAGMA journal_mode"), "delete");
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM sqlite_schema"), "1");
	assert_int_equal(unlink(kit->path), 0);
	kit_sql(kit->path, "PRAGMA application_id = 77");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "another program");
	assert_int_equal(unlink(kit->path), 0);
	kit_sql(kit->path, "PRAGMA user_version = 1");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "another program");
}

static void of_a_newer_version(void **state)
{
	struct kit *kit = *state;

	kit_open(kit);
	kit_close(kit);
	kit_sql(kit->path, "PRAGMA user_version = 1000");
	assert_refused(kit->path, STORE_WRITER, RC_NEWER, "upgrade");
	assert_refused(kit->path, STORE_READER, RC_NEWER, "upgrade");
	kit_sql(kit->path, "PRAGMA user_version = 0");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "damaged");
}

static void with_a_table_missing(void **state)
{
	struct kit *kit = *state;

	kit_open(kit);
	kit_close(kit);
	kit_sql(kit->path, "DROP TABLE doc");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "is missing");
	assert_refused(kit->path, STORE_READER, RC_CORRUPT, "damaged");
}

static void on_fault(void *arg, struct slice place, struct slice what)
{
	(void)arg;
	fail_msg("%.*s: %.*s", (int)place.len, place.data, (int)what.len, what.data);
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)total;
}

static void assert_no_backup(struct kit *kit, const char *words)
{
	const struct store_check check = { .on_fault = on_fault, .on_progress = on_progress };
	struct store_stats_full stats;
	struct error err = { "" };
	int target = memfd_create("copy", MFD_CLOEXEC);

	assert_int_equal(store_check(kit->path, &check, &stats, &err), RC_CORRUPT);
	assert_non_null(strstr(err.text, words));
	assert_int_equal(store_copy(kit->path, target, on_progress, NULL, &stats, &err),
			 RC_CORRUPT);
	assert_non_null(strstr(err.text, words));
	close(target);
}

/* A backup is data: nothing in it may run, and nothing may be there beside the
 * tables. */
static void with_another_schema(void **state)
{
	static const struct {
		const char *sql, *words;
	} changes[] = {
		{ "CREATE TRIGGER keep AFTER UPDATE ON meta BEGIN DELETE FROM token; END",
		  "trigger keep is not of its schema" },
		{ "CREATE VIEW seen AS SELECT * FROM doc", "view seen is not of its schema" },
		{ "CREATE TABLE notes (text)", "table notes is not of its schema" },
		{ "CREATE TABLE \"a\x1b[2Jb\" (text)", "table a?[2Jb is not of its schema" },
		{ "CREATE INDEX more ON doc (value)", "index more is not of its schema" },
		{ "DROP INDEX doc_tombstone", "index doc_tombstone is missing" },
		{ "DROP INDEX doc_tombstone; CREATE INDEX doc_tombstone ON doc (deleted_at)",
		  "index doc_tombstone is not as it was made" },
		{ "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
		  "replace(sql, 'op TEXT NOT NULL', 'op TEXT NOT NULL DEFAULT 1') WHERE name = "
		  "'doc'",
		  "table doc is not as it was made" },
	};
	struct kit *kit = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		kit_open(kit);
		kit_close(kit);
		kit_sql(kit->path, changes[i].sql);
		assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, changes[i].words);
		assert_refused(kit->path, STORE_READER, RC_CORRUPT, changes[i].words);
		assert_no_backup(kit, changes[i].words);
		assert_int_equal(unlink(kit->path), 0);
	}
}

/* One that comes into an open database does not run either. */
static void triggers_do_not_run(void **state)
{
	struct kit *kit = *state;

	kit_open(kit);
	kit_sql(kit->path, "CREATE TRIGGER change AFTER INSERT ON doc BEGIN "
			   "UPDATE doc SET value = '0' WHERE seq = NEW.seq; END");
	kit_put(kit, "t:1", 0, "1");
	assert_memory_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->docs[0].value.data, "1", 1);
}

static void locked_by_another_program(void **state)
{
	struct kit *kit = *state;
	int ready[2], go[2], status;
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* SQLite's own locks: a write lock of a program that uses the file in
		 * another way (sqlite.org/lockingv3.html). */
		struct flock lock = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512
		};
		int fd = open(kit->path, O_RDWR | O_CREAT, 0600);

		if (fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(go[0], &byte, 1) == 1 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused(kit->path, STORE_WRITER, RC_BUSY, "in use by another program");
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	kit_open(kit);
}

/* ---- What an older schema becomes ---- */

/* A database as version 1 of the schema had it. */
static const char version_1[] =
	"PRAGMA journal_mode = WAL;"
	"CREATE TABLE meta ("
	" one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, seq INTEGER NOT NULL, "
	"horizon INTEGER NOT NULL) STRICT;"
	"CREATE TABLE grp (gid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT "
	"NULL) STRICT;"
	"CREATE TABLE doc ("
	" gid INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, "
	"deleted_at INTEGER,"
	" op TEXT NOT NULL, plain INTEGER NOT NULL, value TEXT, PRIMARY KEY (gid, seq), UNIQUE "
	"(gid, id)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX doc_tombstone ON doc (deleted_at) WHERE deleted_at IS NOT NULL;"
	"CREATE TABLE large (seq INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;"
	"INSERT INTO meta VALUES (1, 4711, 9, 3);"
	"INSERT INTO grp VALUES (1, 't', 9), (2, 't:u', 7), (3, 'é::v:', 6), (4, ':é:w', 5);"
	"INSERT INTO doc VALUES (1, 8, 't:1', 4, NULL, 'op', 1, '\"one\"'), (1, 9, 't:2', 2, "
	"1700000000, '', 0, NULL),"
	" (2, 7, 't:u:3', 1, NULL, '', 0, NULL), (3, 6, 'é::v::4', 1, NULL, '', 1, '4'),"
	" (4, 5, ':é:w:5', 1, NULL, '', 1, '5');"
	"INSERT INTO large VALUES (7, '[\"~:large\"]');"
	"PRAGMA application_id = 0x504b424b; PRAGMA user_version = 1;";

static void older_schema_is_brought_up(void **state)
{
	struct kit *kit = *state;
	struct store_request list = { .kind = STORE_TOKEN_LIST };

	kit_sql(kit->path, version_1);
	assert_refused(kit->path, STORE_READER, RC_UNAVAILABLE, "older schema (1 of 14)");
	kit_open(kit);
	assert_int_equal(kit_head(kit->reader).epoch, 4711);
	assert_int_equal(kit_head(kit->reader).seq, 9);
	assert_int_equal(kit_latest(kit->reader, "t"), 9);
	assert_int_equal(kit_stats(kit->reader).documents, 4);
	assert_int_equal(kit_stats(kit->reader).tombstones, 1);
	assert_true(kit_pull(kit, "t", kit_place(kit, 2), 10)->reset);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 3), 10)->count, 3);
	assert_memory_equal(kit->page.docs[0].value.data, "[\"~:large\"]", 11);
	assert_memory_equal(kit->page.docs[1].value.data, "\"one\"", 5);
	assert_true(kit->page.docs[2].deleted);
	assert_int_equal(kit_edit(kit, "t:1", 0, "op", "\"two\"").version, 4);
	assert_int_equal(kit_edit(kit, "t:2", 0, NULL, "\"two\"").version, 3);
	assert_int_equal(kit_commit(kit, &list, 1), RC_OK);
	assert_int_equal(kit->replies[0].rc, RC_OK);
	kit_close(kit);
	assert_string_equal(kit_ask(kit->path, "PRAGMA user_version"), "14");
}

/* The index of nested groups is made of what is there: the ancestors of a group are
 * what stands before each of its colons, unless that is nothing. */
static void older_nested_groups_are_indexed(void **state)
{
	static const char *const groups[] = { "t", "é", "é:", "é::v", ":é" };
	static const uint64_t latest[] = { 9, 6, 6, 6, 5 };
	struct kit *kit = *state;

	kit_sql(kit->path, version_1);
	kit_open(kit);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(kit_latest(kit->reader, groups[i]), latest[i]);
		assert_int_equal(kit_pull(kit, groups[i], kit_place(kit, 3), 10)->count,
				 i == 0 ? 3 : 1);
	}
	kit_put(kit, "é::v::4", 1, "44");
	kit_put(kit, "t:u:6", 0, "6");
	assert_int_equal(kit_latest(kit->reader, "é"), 10);
	assert_int_equal(kit_pull(kit, "é", kit_place(kit, 6), 10)->count, 1);
	assert_int_equal(kit_pull(kit, "t", kit_place(kit, 3), 10)->count, 4);
	kit_close(kit);
	assert_string_equal(
		kit_ask(kit->path,
			"SELECT group_concat(line, ' ') FROM (SELECT name || '=' || nested.seq AS "
			"line FROM ancestor JOIN nested USING (aid) ORDER BY name, nested.seq)"),
		":é=5 t=7 t=11 é=10 é:=10 é::v=10");
}

/* An old schema and a new one that came from it are the same. */
static void migrated_is_like_new(void **state)
{
	static const char all[] =
		"SELECT group_concat(type || name || coalesce(sql, ''), '|') FROM "
		"(SELECT * FROM sqlite_schema ORDER BY type, name)";
	static char made[8192];
	struct kit *kit = *state;

	kit_sql(kit->path, version_1);
	kit_open(kit);
	kit_close(kit);
	(void)snprintf(made, sizeof(made), "%s", kit_ask(kit->path, all));
	assert_int_equal(unlink(kit->path), 0);
	kit_open(kit);
	kit_close(kit);
	assert_string_equal(kit_ask(kit->path, all), made);
}

/* Of schema 13, in which former versions were in the order of their documents. */
static void former_versions_are_kept(void **state)
{
	static const struct store_history history = {
		.versions = { .rules = { { .group = "*", .value = 50 } }, .count = 1 },
	};
	struct kit *kit = *state;

	kit_open(kit);
	for (uint64_t base = 0; base < 40; base++) {
		const struct store_edit edits[] = { kit_edit_of("t:1", base, NULL, "1"),
						    kit_edit_of("s:1", base, NULL, "2") };
		const struct store_request push = {
			.kind = STORE_PUSH, .edits = edits, .edit_count = 2, .history = &history
		};

		assert_int_equal(kit_commit(kit, &push, 1), RC_OK);
	}
	kit_close(kit);
	kit_sql(kit->path, KIT_TO_SCHEMA_13);
	assert_refused(kit->path, STORE_READER, RC_UNAVAILABLE, "older schema (13 of 14)");
	kit_open(kit);
	for (uint64_t before = 41; before > 1; before--)
		assert_int_equal(kit_versions(kit, "t:1", before, 50)->count, before - 1);
	for (uint64_t base = 40; base < 60; base++) {
		const struct store_edit edit = kit_edit_of("t:1", base, NULL, "3");
		const struct store_request push = {
			.kind = STORE_PUSH, .edits = &edit, .edit_count = 1, .history = &history
		};

		assert_int_equal(kit_commit(kit, &push, 1), RC_OK);
	}
	assert_int_equal(kit_versions(kit, "s:1", 0, 100)->count, 40);
	assert_int_equal(kit_versions(kit, "t:1", 60, 1)->docs[0].version, 59);
	assert_true(kit_versions(kit, "t:1", 0, 100)->count <= 1 + 62);
	kit_close(kit);
	assert_string_equal(kit_ask(kit->path, "SELECT count(*) FROM history WHERE id = 't:1' AND "
					       "key NOT IN (SELECT former FROM history WHERE "
					       "former NOTNULL UNION ALL SELECT former FROM doc)"),
			    "0");
}

/* What is in the way of a migration is found before it begins. */
static void changed_older_schema_is_left_alone(void **state)
{
	struct kit *kit = *state;

	kit_sql(kit->path, version_1);
	kit_sql(kit->path, "CREATE TABLE token_grant (in_the_way)");
	assert_refused(kit->path, STORE_WRITER, RC_CORRUPT, "table token_grant is not of its");
	assert_string_equal(kit_ask(kit->path, "PRAGMA user_version"), "1");
	assert_string_equal(
		kit_ask(kit->path, "SELECT count(*) FROM sqlite_schema WHERE name = 'token'"), "0");
	kit_sql(kit->path, "DROP TABLE token_grant");
	kit_open(kit);
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 10)->count, 2);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_folder, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(files_are_private),
		FOLDER_TEST(closing_leaves_one_file),
		FOLDER_TEST(reader_leaves_the_log_alone),
		FOLDER_TEST(epoch_is_random_and_stays),
		FOLDER_TEST(names_are_only_names),
		FOLDER_TEST(large_log_is_checkpointed),
		FOLDER_TEST(missing_things),
		FOLDER_TEST(one_writer_at_a_time),
		FOLDER_TEST(a_log_that_was_cut_is_noticed_and_not_copied),
		FOLDER_TEST(a_moved_log_is_copied_and_another_one_left_alone),
		FOLDER_TEST(missing_rights),
		FOLDER_TEST(not_sqlite),
		FOLDER_TEST(of_another_program),
		FOLDER_TEST(of_a_newer_version),
		FOLDER_TEST(with_a_table_missing),
		FOLDER_TEST(with_another_schema),
		FOLDER_TEST(triggers_do_not_run),
		FOLDER_TEST(locked_by_another_program),
		FOLDER_TEST(older_schema_is_brought_up),
		FOLDER_TEST(older_nested_groups_are_indexed),
		FOLDER_TEST(migrated_is_like_new),
		FOLDER_TEST(former_versions_are_kept),
		FOLDER_TEST(changed_older_schema_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
