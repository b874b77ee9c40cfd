/* The write-ahead log of the writer. open.c calls wal_take_over, commit.c
 * wal_restart on a full disk, the store's door sqlite_maintain. */
#include "store/sqlite/wal.h"

#include "store/sqlite/operations.h"

#include "base/log.h"

#include <stdio.h>

/* The log is copied into the database after COPY_PAGES new pages. After that it
 * restarts with the next commit that finds no reader in it. If there always is one,
 * a checkpoint waits for it once the log has CUT_PAGES pages, and truncates a file
 * of more than that. */
#define COPY_PAGES 1000
#define CUT_PAGES (4 * COPY_PAGES)
#define PAGE_BYTES 4096

/* A client that pushes little beside others' large pushes waits for one commit of
 * those, and should not wait for a checkpoint besides. So the pages of large commits
 * are copied after a small one, whose client has just been answered, and in pieces:
 * this is no more work, as their pages are new each time. The pages of small commits
 * often are the same, and are worth waiting for. */
#define LARGE_PAGES 64
#define LARGE_COPY_PAGES 200

/* https://www.sqlite.org/walformat.html#the_wal_index_file_format: the index comes in
 * parts, each for some 4096 frames; its head says how many frames have been copied, for
 * which one lock is held.
 */
#define INDEX_PART 32768
#define INDEX_PARTS 8
#define INDEX_COPIED 96
#define INDEX_COPY_LOCK 1

/* ---- Taking over ---- */

static int on_log_grown(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *sqlite = arg;

	(void)db;
	(void)name;
	sqlite->log_grown = pages > sqlite->log_pages ? pages - sqlite->log_pages : pages;
	if (sqlite->log_grown >= LARGE_PAGES)
		sqlite->log_large += sqlite->log_grown;
	sqlite->log_pages = pages;
	return SQLITE_OK;
}

/* SQLite opens the log when it first reads the database; and with the log it closes
 * the index, which is mapped below. */
static int open_log(sqlite3 *db, sqlite3_file **log)
{
	int code = sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);

	*log = NULL;
	if (code == SQLITE_OK)
		code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, log);
	return code == SQLITE_OK && (*log == NULL || (*log)->pMethods == NULL) ? SQLITE_CANTOPEN
									       : code;
}

/* A writer that was killed may have left a commit in the log that was never synced,
 * and that a repeated request would now find done. */
static int sync_log(sqlite3 *db)
{
	sqlite3_file *log;
	int code = open_log(db, &log);

	return code == SQLITE_OK ? log->pMethods->xSync(log, SQLITE_SYNC_FULL) : code;
}

static sqlite3_file *database_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL)
		return NULL;
	return file->pMethods->iVersion >= 2 ? file : NULL;
}

/* The index grows after the log has been written: without space for it, the log
 * would contain a commit that was reported as failed. So space is reserved at the
 * start, for a log that is far too long. On a full disk the index stays as it is. */
static void reserve_index(sqlite3_file *file)
{
	void volatile *part;

	(void)file->pMethods->xShmMap(file, INDEX_PARTS - 1, INDEX_PART, 1, &part);
}

/* The database is synced only when all of the log is copied; a sync that fails may
 * have dropped any of the copied pages, and the next sync would report success. So
 * all of the log is copied again, which is possible because it restarts only after a
 * successful sync. Readers are not disturbed: for them the number says which pages
 * they may read from the database, and newer ones are in the log. */
static int wal_reset_backfill(sqlite3_file *file)
{
	char volatile *head = NULL;
	int code = file->pMethods->xShmMap(file, 0, INDEX_PART, 0, (void volatile **)&head);

	if (code != SQLITE_OK || head == NULL)
		return code;
	code = file->pMethods->xShmLock(file, INDEX_COPY_LOCK, 1,
					SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);
	if (code != SQLITE_OK)
		return code;
	__atomic_store_n((volatile uint32_t *)(head + INDEX_COPIED), 0, __ATOMIC_RELEASE);
	return file->pMethods->xShmLock(file, INDEX_COPY_LOCK, 1,
					SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
}

int wal_take_over(struct sqlite *sqlite)
{
	sqlite3_file *file = database_file(sqlite->db);
	int code = sync_log(sqlite->db);
	char limit[64];

	sqlite3_wal_hook(sqlite->db, on_log_grown, sqlite);
	sqlite->log_cut = CUT_PAGES;
	(void)snprintf(limit, sizeof(limit), "PRAGMA journal_size_limit = %d",
		       CUT_PAGES * PAGE_BYTES);
	if (code == SQLITE_OK)
		code = sqlite3_exec(sqlite->db, limit, NULL, NULL, NULL);
	if (code != SQLITE_OK || file == NULL)
		return code;
	reserve_index(file);
	return wal_reset_backfill(file);
}

/* ---- Housekeeping ---- */

/* RC_BUSY: readers keep it from completing; the next checkpoint continues there. */
static enum rc checkpoint(struct sqlite *sqlite, int mode)
{
	int pages = 0, copied = 0, code;
	enum rc rc;

	if (!wal_is_whole(sqlite))
		return RC_MOVED;
	code = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, &pages, &copied);
	rc = sql_rc(sqlite->db, code);
	sqlite->checkpoints++;
	/* A full disk is logged once, by the caller of store_commit. */
	if (rc != RC_OK && rc != RC_BUSY && rc != RC_FULL)
		log_error("checkpoint_failed", LOG_NUMBER("code", code),
			  LOG_TEXT("reason", sqlite3_errmsg(sqlite->db)));
	if (pages >= 0)
		sqlite->log_pages = pages;
	if (rc == RC_OK && pages >= 0 && pages == copied)
		sqlite->copied = (int64_t)sqlite->head;
	sqlite->log_copied = sqlite->log_pages;
	sqlite->log_large = 0;
	return rc;
}

enum rc wal_restart(struct sqlite *sqlite)
{
	return checkpoint(sqlite, SQLITE_CHECKPOINT_RESTART);
}

/* Waits for readers, for no longer than the busy timeout: our own are short. A
 * reader of another program may not be; then there is no further attempt until the
 * log has grown by as much again. */
static enum rc truncate_log(struct sqlite *sqlite)
{
	enum rc rc = wal_restart(sqlite);

	sqlite->log_cut = CUT_PAGES;
	if (rc != RC_BUSY)
		return rc;
	sqlite->log_cut += sqlite->log_pages;
	log_warn("log_held", LOG_NUMBER("pages", sqlite->log_pages));
	return RC_OK;
}

static bool is_copy_due(const struct sqlite *sqlite)
{
	if (sqlite->log_large >= LARGE_COPY_PAGES && sqlite->log_grown < LARGE_PAGES)
		return true;
	return sqlite->log_pages - sqlite->log_copied >= COPY_PAGES;
}

enum rc sqlite_maintain(struct store *store)
{
	struct sqlite *sqlite = sqlite_of(store);
	enum rc rc;

	if (sqlite->log_pages < sqlite->log_copied) {
		sqlite->log_copied = 0;
		sqlite->log_cut = CUT_PAGES;
	}
	if (!is_copy_due(sqlite))
		return RC_OK;
	rc = checkpoint(sqlite, SQLITE_CHECKPOINT_PASSIVE);
	if ((rc == RC_OK || rc == RC_BUSY) && sqlite->log_pages >= sqlite->log_cut)
		rc = truncate_log(sqlite);
	return rc == RC_SYNC_FAILED ? rc : RC_OK;
}
