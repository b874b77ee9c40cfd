/* A loss of power, at any write: what was answered is there afterwards. The disk
 * forgets what was not synced, in part or whole; after a sync that failed it forgets
 * the same, and calls the next sync good. SEED=N in the environment draws other moments
 * than 0, the usual. */
#include "store_kit.h"

#include "os/file_lock.h"
#include "store/sqlite/statements.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 24
#define BLOCK 512
#define BLOCKS (1 << 18)
#define BATCH 40

/* ---- The disk ---- */

enum kind { KIND_DB, KIND_LOG, KIND_COUNT };

/* What would be left of a file, and what would not yet be. */
struct medium {
	const sqlite3_io_methods *real;
	sqlite3_io_methods methods;
	sqlite3_file *file;
	int fd;             /* of the image that outlives the power */
	bool dirty[BLOCKS]; /* written, and not synced since */
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	struct medium media[KIND_COUNT];
	const struct kit *kit;
	unsigned writes_left; /* before the power goes */
	unsigned syncs_fail;  /* one in so many of the database; 0: none */
} power;

static const char *image_name(enum kind kind)
{
	return kind == KIND_LOG ? "log.image" : "db.image";
}

static struct medium *medium_of(sqlite3_file *file)
{
	return &power.media[file->pMethods == &power.media[KIND_LOG].methods ? KIND_LOG : KIND_DB];
}

static void store_block(struct medium *medium, size_t block)
{
	char bytes[BLOCK] = "";
	int code = medium->real->xRead(medium->file, bytes, BLOCK, (sqlite3_int64)(block * BLOCK));

	if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
		_exit(3);
	if (pwrite(medium->fd, bytes, BLOCK, (off_t)(block * BLOCK)) != BLOCK)
		_exit(3);
}

/* One in `odds` of the blocks that wait; 1: all of them. */
static void store_dirty(struct medium *medium, unsigned odds)
{
	for (size_t block = 0; medium->file && block < BLOCKS; block++)
		if (medium->dirty[block] && rand() % (int)odds == 0)
			store_block(medium, block);
}

/* The child ends here. */
static void power_off(void)
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		store_dirty(&power.media[kind], 1U + (unsigned)rand() % 4);
	_exit(0);
}

static int power_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct medium *medium = medium_of(file);
	int code = medium->real->xWrite(file, data, len, at);

	if ((at + len) / BLOCK >= BLOCKS)
		_exit(4);
	for (sqlite3_int64 block = at / BLOCK; block <= (at + len - 1) / BLOCK; block++)
		medium->dirty[block] = true;
	if (power.writes_left-- == 0)
		power_off();
	return code;
}

static int power_sync(sqlite3_file *file, int flags)
{
	struct medium *medium = medium_of(file);
	sqlite3_int64 size;
	/* The log is synced far more often. */
	unsigned odds = power.syncs_fail * (medium == &power.media[KIND_LOG] ? 16 : 1);
	bool fails = odds && rand() % (int)odds == 0;

	(void)flags;
	if (!fails) {
		store_dirty(medium, 1);
		if (medium->real->xFileSize(file, &size) != SQLITE_OK ||
		    ftruncate(medium->fd, size) != 0)
			_exit(3);
	}
	memset(medium->dirty, 0, sizeof(medium->dirty));
	errno = EIO;
	return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		      int *out_flags)
{
	int code = power.real->xOpen(power.real, name, file, flags, out_flags);
	enum kind kind = flags & SQLITE_OPEN_WAL ? KIND_LOG : KIND_DB;
	struct medium *medium = &power.media[kind];

	(void)vfs;
	if (code != SQLITE_OK || (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0)
		return code;
	medium->real = file->pMethods;
	medium->methods = *file->pMethods;
	medium->methods.xWrite = power_write;
	medium->methods.xSync = power_sync;
	medium->file = file;
	file->pMethods = &medium->methods;
	return SQLITE_OK;
}

static void power_on(const struct kit *kit)
{
	power.kit = kit;
	power.real = sqlite3_vfs_find(NULL);
	power.vfs = *power.real;
	power.vfs.zName = "power";
	power.vfs.xOpen = power_open;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		power.media[kind].fd =
			open(kit_file(kit, image_name((enum kind)kind)), O_RDWR | O_CREAT, 0600);
	if (sqlite3_vfs_register(&power.vfs, 1) != SQLITE_OK)
		_exit(3);
}

/* ---- The work ---- */

static void on_answer(void *arg, enum rc rc, const struct store_reply *replies)
{
	*(uint64_t *)arg = rc == RC_OK ? replies[0].head.seq : 0;
}

/* Some documents that have not been there; answers the head, 0: nobody knows. */
static uint64_t write_batch(struct store *store, uint64_t n)
{
	static char value[8001];
	struct store_edit edits[BATCH];
	struct store_request request = { .kind = STORE_PUSH, .edits = edits, .edit_count = BATCH };
	char ids[BATCH][32];
	uint64_t head = 0;

	memset(value, '1', sizeof(value) - 1);
	for (unsigned i = 0; i < BATCH; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "t:%llu:%u", (unsigned long long)n, i);
		edits[i] = kit_edit_of(ids[i], 0, NULL, value);
	}
	store_commit(store, &request, 1, on_answer, &head);
	return head;
}

static struct store *open_writer(const struct kit *kit)
{
	struct store *store = NULL;

	/* A failing sync at the start: the next start may go better. */
	while (store_open(kit->path, STORE_WRITER, &store, NULL) != RC_OK)
		;
	return store;
}

/* A reader that stays for some commits keeps the log from being copied as a whole. */
static void read_on_and_off(const struct kit *kit, uint64_t n)
{
	static sqlite3 *reader;

	if (reader == NULL &&
	    sqlite3_open_v2(kit->path, &reader, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		_exit(3);
	if (n % 16 == 4)
		(void)sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM meta", NULL, NULL, NULL);
	else if (n % 16 == 14)
		(void)sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL);
}

/* Until the power goes. A writer whose sync has failed leaves as a killed process
 * would, and a successor comes; the abandoned handle stands for the workers, who keep
 * the index of the log. */
static void work(const struct kit *kit, uint64_t n, int out)
{
	struct store *store = open_writer(kit);

	for (;; n++) {
		uint64_t head;

		read_on_and_off(kit, n);
		head = write_batch(store, n);

		if (head && write(out, &head, sizeof(head)) != sizeof(head))
			_exit(3);
		if (head == 0 || store_maintain(store) != RC_OK) {
			file_lock_release(sqlite_of(store)->files.lock);
			store = open_writer(kit);
		}
	}
}

static void copy_file(const struct kit *kit, const char *from, const char *to)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp %s/%s %s/%s", kit->dir, from, kit->dir, to);
	assert_int_equal(system(command), 0);
}

/* Answers the head of the last push that was answered. */
static uint64_t run_until_the_power_goes(struct kit *kit, unsigned round)
{
	const char *seed = getenv("SEED");
	uint64_t head = 0, got;
	int ends[2], status;
	pid_t child;

	copy_file(kit, "test.db", "db.image");
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		srand((seed ? (unsigned)atoi(seed) : 0) * ROUNDS + round);
		(void)dup2(open("/dev/null", O_WRONLY),
			   STDERR_FILENO); /* failing syncs are logged */
		power.writes_left = 100 + (unsigned)rand() % (round % 4 == 3 ? 30000 : 6000);
		power.syncs_fail = round % 2 ? 3 : 0;
		power_on(kit);
		work(kit, round * 100000ULL, ends[1]);
	}
	(void)close(ends[1]);
	while (read(ends[0], &got, sizeof(got)) == sizeof(got))
		head = got;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return head;
}

static void replace(const struct kit *kit, const char *image, const char *name)
{
	char from[160];

	(void)snprintf(from, sizeof(from), "%s", kit_file(kit, image));
	assert_int_equal(rename(from, kit_file(kit, name)), 0);
}

static void what_was_answered_survives_a_loss_of_power(void **state)
{
	struct kit *kit = *state;
	uint64_t answered = 0, checkpointed = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t last;

		if (round % 4 == 0) {
			(void)unlink(kit->path);
			kit_open(kit);
			kit_close(kit);
			answered = 0;
		}
		last = run_until_the_power_goes(kit, round);
		answered = last ? last : answered;
		(void)unlink(kit_file(kit, "test.db-shm"));
		replace(kit, "db.image", "test.db");
		replace(kit, "log.image", "test.db-wal");
		checkpointed += kit_size(kit, "test.db") > 1 << 20;
		kit_open(kit);
		assert_true(kit_head(kit->reader).seq >= answered);
		assert_int_equal(kit_head(kit->reader).seq % BATCH, 0); /* whole commits */
		kit_close(kit);
		assert_string_equal(kit_ask(kit->path, "PRAGMA integrity_check"), "ok");
		assert_string_equal(kit_ask(kit->path, "SELECT count(*) = (SELECT seq FROM meta) "
						       "FROM doc JOIN large USING (seq)"),
				    "1");
	}
	assert_true(checkpointed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_answered_survives_a_loss_of_power,
						kit_setup_folder, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
