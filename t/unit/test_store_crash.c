/* Several processes, and disks that fail: a reader sees each commit at once, a killed
 * writer loses nothing that was answered, a failed sync is not taken for a success. */
#include "disk_kit.h"

#include "base/log.h"
#include "base/mem.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Two processes ---- */

static void on_answer(void *arg, enum rc rc, const struct store_reply *replies)
{
	if (rc == RC_OK && replies[0].rc == RC_OK && replies[0].results[0].status == STORE_OK)
		*(uint64_t *)arg = replies[0].results[0].seq;
}

/* Writes one document from a child process; 0: it went wrong. */
static uint64_t write_one(struct store *store, uint64_t n)
{
	char id[32];
	uint64_t seq = 0;
	struct store_edit edit;
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };

	(void)snprintf(id, sizeof(id), "t:%llu", (unsigned long long)n);
	edit = kit_edit_of(id, 0, NULL, "\"v\"");
	store_commit(store, &request, 1, on_answer, &seq);
	return seq;
}

struct line {
	pid_t child;
	int to_child;
	int from_child;
};

typedef void child_work(const char *path, int in, int out);

static struct line start_child(const char *path, child_work *work)
{
	int down[2], up[2];
	struct line line;

	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	line = (struct line){ .child = fork(), .to_child = down[1], .from_child = up[0] };
	assert_true(line.child >= 0);
	if (line.child == 0) {
		close(down[1]);
		close(up[0]);
		work(path, down[0], up[1]);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	return line;
}

static int end_child(struct line line)
{
	int status;

	close(line.to_child);
	assert_int_equal(waitpid(line.child, &status, 0), line.child);
	close(line.from_child);
	return status;
}

/* Writes one document for each byte that comes and answers its sequence number. */
static void writing_child(const char *path, int in, int out)
{
	struct store *store;
	uint64_t n = 0, seq;
	char byte;

	if (store_open(path, STORE_WRITER, &store, NULL) != RC_OK)
		_exit(1);
	while (read(in, &byte, 1) == 1) {
		seq = write_one(store, ++n);
		if (seq == 0 || write(out, &seq, sizeof(seq)) != sizeof(seq))
			_exit(2);
		if (store_maintain(store) != RC_OK)
			_exit(1);
	}
	store_close(store);
}

static void reader_sees_each_commit_at_once(void **state)
{
	struct kit *kit = *state;
	struct line line = start_child(kit->path, writing_child);
	struct error err;

	for (uint64_t n = 1; n <= 200; n++) {
		uint64_t seq;

		assert_int_equal(write(line.to_child, "", 1), 1);
		assert_int_equal(read(line.from_child, &seq, sizeof(seq)), sizeof(seq));
		assert_int_equal(seq, n);
		if (n == 1 && store_open(kit->path, STORE_READER, &kit->reader, &err) != RC_OK)
			fail_msg("%s", err.text);
		assert_int_equal(kit_head(kit->reader).seq, n);
		assert_int_equal(kit_latest(kit->reader, "t"), n);
		assert_int_equal(kit_pull(kit, "t", kit_place(kit, n - 1), 10)->count, 1);
	}
	assert_int_equal(end_child(line), 0);
	/* It continues from the place of the writer. */
	assert_int_equal(kit_pull(kit, "t", KIT_BEGINNING, 1000)->count, 200);
}

/* Writes as fast as it can; reports each number that was answered. */
static void busy_child(const char *path, int in, int out)
{
	struct store *store;
	uint64_t seq;

	(void)in;
	if (store_open(path, STORE_WRITER, &store, NULL) != RC_OK)
		_exit(1);
	for (uint64_t n = kit_head(store).seq + 1;; n++) {
		seq = write_one(store, n);
		if (seq != n || write(out, &seq, sizeof(seq)) != sizeof(seq))
			_exit(2);
		if (store_maintain(store) != RC_OK)
			_exit(1);
	}
}

static void kill_writer_after(struct kit *kit, unsigned answers, uint64_t *last)
{
	struct line line = start_child(kit->path, busy_child);
	uint64_t seq;

	for (unsigned i = 0; i < answers; i++) {
		assert_int_equal(read(line.from_child, &seq, sizeof(seq)), sizeof(seq));
		*last = seq;
	}
	assert_int_equal(kill(line.child, SIGKILL), 0);
	/* What it said before it died counts as well. */
	while (read(line.from_child, &seq, sizeof(seq)) == sizeof(seq))
		*last = seq;
	assert_true(WIFSIGNALED(end_child(line)));
}

static void killed_writer_loses_nothing(void **state)
{
	struct kit *kit = *state;
	uint64_t last = 0, total = 0;

	for (unsigned round = 0; round < 20; round++) {
		kill_writer_after(kit, 1 + round * 7, &last);
		kit_open(kit);
		total = kit_head(kit->reader).seq;
		/* All that was answered, and at most the one that was under way. */
		assert_true(total == last || total == last + 1);
		kit_pull(kit, "t", kit_place(kit, 0), 10000);
		assert_int_equal(kit->page.count, total);
		for (size_t i = 0; i < kit->page.count; i++)
			assert_int_equal(kit->page.docs[i].seq, i + 1);
		kit_close(kit);
	}
	assert_string_equal(kit_ask(kit->path, "PRAGMA integrity_check"), "ok");
}

/* The first to open after a kill is a reader: it recovers the log without a writer. */
static void reader_after_a_kill(void **state)
{
	struct kit *kit = *state;
	uint64_t last = 0;
	struct error err;

	kill_writer_after(kit, 50, &last);
	if (store_open(kit->path, STORE_READER, &kit->reader, &err) != RC_OK)
		fail_msg("%s", err.text);
	assert_true(kit_head(kit->reader).seq >= last);
	store_close(kit->reader);
	kit_open(kit);
	assert_true(kit_head(kit->reader).seq >= last);
}

/* ---- A disk that fails ---- */

static enum rc try_write(struct kit *kit, const char *id)
{
	struct store_edit edit = kit_edit_of(id, 0, NULL, "1");
	struct store_request request = { .kind = STORE_PUSH, .edits = &edit, .edit_count = 1 };

	return kit_commit(kit, &request, 1);
}

/* What a predecessor left in the log may not be on the disk; a retry is answered only
 * when it is.
 */
static void opening_syncs_the_log(void **state)
{
	struct kit *kit = *state;
	unsigned before = disk.syncs;
	struct store *store;
	uint64_t last;

	kit_close(kit);
	kill_writer_after(kit, 3, &last);
	assert_int_equal(store_open(kit->path, STORE_WRITER, &store, NULL), RC_OK);
	assert_true(disk.syncs > before);
	store_close(store);
	kill_writer_after(kit, 3, &last);
	disk.log_sync = SQLITE_IOERR_FSYNC;
	assert_int_equal(store_open(kit->path, STORE_WRITER, &store, NULL), RC_SYNC_FAILED);
	disk.log_sync = SQLITE_OK;
	kit_open(kit);
}

static void another_writer_is_in_the_way(void **state)
{
	struct kit *kit = *state;
	sqlite3 *other;

	assert_int_equal(sqlite3_open(kit->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(try_write(kit, "t:1"), RC_BUSY);
	/* Readers do not notice. */
	assert_int_equal(kit_head(kit->reader).seq, 0);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(try_write(kit, "t:1"), RC_OK);
}

/* ---- Damage ---- */

static void missing_large_value(void **state)
{
	struct kit *kit = *state;
	const struct kit_page *page;
	struct store_result result;
	static char value[3001];

	memset(value, '1', sizeof(value) - 1);
	kit_put(kit, "t:1", 0, value);
	kit_close(kit);
	kit_sql(kit->path, "DELETE FROM large");
	kit_open(kit);
	page = kit_pull(kit, "t", kit_place(kit, 0), 10);
	assert_int_equal(page->count, 1);
	assert_true(page->docs[0].damaged);
	assert_int_equal(page->docs[0].version, 1);
	assert_int_equal(page->docs[0].value.len, 0);
	result = kit_edit(kit, "t:1", 0, NULL, "1");
	assert_int_equal(result.status, STORE_CONFLICT);
	assert_int_equal(result.version, 1);
	assert_true(result.damaged);
	assert_int_equal(result.value.len, 0);
	/* A write on the present version needs nothing of the old value. */
	assert_int_equal(kit_put(kit, "t:1", 1, "1"), 2);
	assert_false(kit_pull(kit, "t", kit_place(kit, 1), 10)->docs[0].damaged);
}

static void damage_fails_only_who_comes_upon_it(void **state)
{
	struct kit *kit = *state;
	struct store_edit edits[9][2];
	struct store_request requests[9];
	char ids[9][16];

	/* An id that comes twice is against the contract, and looks like damage. */
	for (unsigned i = 0; i < 9; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "t:%u", i);
		edits[i][0] = edits[i][1] = kit_edit_of(ids[i], 0, NULL, "1");
		requests[i] = (struct store_request){ .kind = STORE_PUSH,
						      .edits = edits[i],
						      .edit_count = i == 4 || i == 8 ? 2 : 1 };
	}
	assert_int_equal(kit_commit(kit, requests, 9), RC_OK);
	for (unsigned i = 0; i < 9; i++) {
		bool damaged = i == 4 || i == 8;

		assert_int_equal(kit->replies[i].rc, damaged ? RC_CORRUPT : RC_OK);
		assert_int_equal(kit->replies[i].result_count, damaged ? 0 : 1);
		if (!damaged)
			assert_int_equal(kit->replies[i].results[0].seq, 1 + i - (i > 4));
	}
	assert_int_equal(kit_head(kit->reader).seq, 7);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup_folder, kit_teardown)
#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, disk_setup, disk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(reader_sees_each_commit_at_once),
		FOLDER_TEST(killed_writer_loses_nothing),
		FOLDER_TEST(reader_after_a_kill),
		DISK_TEST(opening_syncs_the_log),
		DISK_TEST(another_writer_is_in_the_way),
		DISK_TEST(missing_large_value),
		DISK_TEST(damage_fails_only_who_comes_upon_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
