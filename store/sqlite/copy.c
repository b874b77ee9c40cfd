/* Copies of a whole database, and replacing one, for backup and restore.
 * store_admin.c calls them. */
#include "store/sqlite/checksum.h"
#include "store/sqlite/fd_vfs.h"
#include "store/sqlite/open.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/stats.h"

#include "base/array.h"
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_PAGES 256          /* copied between two calls of on_progress */
#define STEP_OPERATIONS 1000000 /* of SQLite's machine, while it verifies */

struct copy {
	sqlite3 *source;
	const char *from;
	int to;
	struct store_stats_full stats;
	uint64_t large;
	on_store_progress *on_progress;
	void *arg;
	struct error *err;
};

/* ---- Copying ---- */

/* Errors of the database being written, which is on another disk than the source. */
static enum rc target_fail(const struct copy *copy, sqlite3 *target, int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return error_set(copy->err, RC_FULL,
				 "the copy could not be written: the disk is full");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(copy->err, RC_CORRUPT, "the copy is damaged (%s)",
				 sqlite3_errmsg(target));
	default:
		return error_set(copy->err, RC_IO, "the copy could not be written (%s)",
				 sqlite3_errmsg(target));
	}
}

static int open_target(const struct copy *copy, sqlite3 **target)
{
	int code = fd_vfs_open(copy->to, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, target);

	if (code == SQLITE_OK)
		code = sql_distrust(*target);
	/* No other process uses this file, and the caller syncs it. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(*target,
				    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; "
				    "PRAGMA cell_size_check = ON; PRAGMA journal_mode = OFF;"
				    "PRAGMA cache_size = -8192",
				    NULL, NULL, NULL);
	return code;
}

static int copy_steps(const struct copy *copy, sqlite3_backup *backup)
{
	int code = SQLITE_OK;

	while (code == SQLITE_OK) {
		int total, left;

		code = sqlite3_backup_step(backup, STEP_PAGES);
		total = sqlite3_backup_pagecount(backup);
		left = sqlite3_backup_remaining(backup);
		if (code == SQLITE_OK)
			copy->on_progress(copy->arg, "copying", (uint64_t)(total - left),
					  (uint64_t)total);
	}
	return code;
}

/* Did reading or writing fail? sqlite3_backup reports only through its target. */
static enum rc copy_fail(const struct copy *copy, sqlite3 *target, int code)
{
	int source_code = sqlite3_errcode(copy->source);

	if (source_code != SQLITE_OK && source_code != SQLITE_ROW && source_code != SQLITE_DONE)
		return schema_fail(copy->source, source_code, copy->from, copy->err);
	if ((code & 0xff) == SQLITE_CORRUPT || code == SQLITE_IOERR_READ ||
	    code == SQLITE_IOERR_SHORT_READ)
		return schema_fail(target, code, copy->from, copy->err);
	return target_fail(copy, target, code);
}

static enum rc copy_pages(const struct copy *copy)
{
	sqlite3 *target = NULL;
	sqlite3_backup *backup;
	int code = open_target(copy, &target);
	enum rc rc = RC_OK;

	if (code != SQLITE_OK) {
		rc = target_fail(copy, target, code);
		sqlite3_close(target);
		return rc;
	}
	backup = sqlite3_backup_init(target, "main", copy->source, "main");
	code = backup ? copy_steps(copy, backup) : sqlite3_errcode(target);
	if (backup && sqlite3_backup_finish(backup) != SQLITE_OK && code == SQLITE_DONE)
		code = sqlite3_extended_errcode(target);
	if (code != SQLITE_DONE)
		rc = copy_fail(copy, target, code);
	sqlite3_close(target);
	return rc;
}

/* All in one transaction: the counts are those of the copied snapshot. */
static enum rc copy_snapshot(struct copy *copy)
{
	int code = sqlite3_exec(copy->source, "BEGIN", NULL, NULL, NULL);
	enum rc rc;

	if (code == SQLITE_OK)
		code = stats_count(copy->source, &copy->stats);
	if (code == SQLITE_OK)
		code = stats_count_large(copy->source, &copy->large);
	rc = code == SQLITE_OK ? copy_pages(copy)
			       : schema_fail(copy->source, code, copy->from, copy->err);
	sqlite3_exec(copy->source, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* ---- Verifying ---- */

static int on_operations(void *arg)
{
	const struct copy *copy = arg;

	copy->on_progress(copy->arg, "verifying", 0, 0);
	return 0;
}

/* Takes the last line of the first fault, which follows a headline; "ok" if there is
 * none. */
static int on_integrity(void *arg, int columns, char **values, char **names)
{
	const char *text = columns == 1 && values[0] ? values[0] : "unknown";
	const char *line = strrchr(text, '\n');

	(void)names;
	(void)error_set(arg, RC_OK, "%.200s", line ? line + 1 : text);
	return 0;
}

static enum rc verify_target(struct copy *copy, sqlite3 *target)
{
	struct error found = { "" };
	struct store_stats_full stats;
	uint64_t large = 0;
	int code = sqlite3_exec(target, "PRAGMA integrity_check(1)", on_integrity, &found, NULL);

	if (code == SQLITE_OK && strcmp(found.text, "ok") != 0)
		return error_set(copy->err, RC_CORRUPT,
				 "%.200s is damaged, and so is its copy: %.200s", copy->from,
				 found.text);
	if (code == SQLITE_OK)
		code = stats_count(target, &stats);
	if (code == SQLITE_OK)
		code = stats_count_large(target, &large);
	if (code != SQLITE_OK)
		return target_fail(copy, target, code);
	if (memcmp(&stats, &copy->stats, sizeof(stats)) != 0 || large != copy->large)
		return error_set(copy->err, RC_CORRUPT,
				 "the copy has not what %.200s has; is the disk failing?",
				 copy->from);
	code = checksum_count_damaged(target, &copy->stats);
	return code == SQLITE_OK ? RC_OK : target_fail(copy, target, code);
}

/* The copy has the journal mode of its source, WAL, and needs no log. In mode DELETE it
 * also works on a read-only medium. The two bytes are the read and write version
 * (sqlite.org/fileformat.html), and to change them is what the documentation of
 * sqlite3_deserialize() advises. */
static enum rc leave_wal(const struct copy *copy)
{
	static const char versions[] = { 1, 1 };

	if (pwrite(copy->to, versions, sizeof(versions), 18) == (ssize_t)sizeof(versions))
		return RC_OK;
	return error_set(copy->err, RC_IO, "the copy could not be written (%s)", strerror(errno));
}

static enum rc settle_target(struct copy *copy)
{
	sqlite3 *target = NULL;
	enum rc rc = leave_wal(copy);
	int code;

	if (rc != RC_OK)
		return rc;
	code = open_target(copy, &target);
	if (code == SQLITE_OK)
		code = schema_new_file(target);
	if (code == SQLITE_OK)
		sqlite3_progress_handler(target, STEP_OPERATIONS, on_operations, copy);
	rc = code == SQLITE_OK ? verify_target(copy, target) : target_fail(copy, target, code);
	sqlite3_close(target);
	return rc;
}

enum rc sqlite_copy(const struct db_url *from, int to, on_store_progress *on_progress, void *arg,
		    struct store_stats_full *stats, struct error *err)
{
	struct copy copy = {
		.from = from->path, .to = to, .on_progress = on_progress, .arg = arg, .err = err
	};
	enum rc rc = sql_open_source(from->path, &copy.source, err);

	if (rc != RC_OK)
		return rc;
	rc = copy_snapshot(&copy);
	sqlite3_close(copy.source);
	if (rc == RC_OK)
		rc = settle_target(&copy);
	if (rc == RC_OK)
		*stats = copy.stats;
	return rc;
}

/* ---- The place of a database ---- */

enum rc sqlite_new_epoch(struct store *store, const char *path, struct error *err)
{
	return schema_new_epoch(sqlite_of(store)->db, path, err);
}

static bool has_log(const char *path)
{
	struct buf name = BUF_EMPTY;
	struct stat log;
	bool has;

	buf_put_text(&name, path);
	buf_put(&name, "-wal", sizeof("-wal"));
	has = stat(name.data, &log) == 0 && log.st_size > 0;
	buf_free(&name);
	return has;
}

/* The log counts until the new file replaces the database, so its content must be in
 * the database before it is removed; that of a damaged database cannot be saved.
 * SQLITE_BUSY with all pages copied is fine: a reader only keeps the log from
 * restarting. */
static enum rc fold_log(const struct db_url *db, struct error *err)
{
	struct store *store;
	int pages = -1, copied = 0, code;
	enum rc rc = has_log(db->path) ? sqlite_open(db, STORE_WRITER, &store, err) : RC_NOT_FOUND;

	if (rc == RC_CORRUPT || rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	code = sqlite3_wal_checkpoint_v2(sqlite_of(store)->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
					 &pages, &copied);
	if (code != SQLITE_OK && (code != SQLITE_BUSY || pages != copied))
		rc = schema_fail(sqlite_of(store)->db, code, db->path, err);
	sqlite_close(store);
	return rc;
}

enum rc sqlite_close_for_replace(const struct db_url *db, struct error *err)
{
	static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
	enum rc rc = access(db->path, F_OK) == 0 ? fold_log(db, err) : RC_OK;

	for (size_t i = 0; rc == RC_OK && i < COUNT(suffixes); i++) {
		struct buf name = BUF_EMPTY;

		buf_put_text(&name, db->path);
		buf_put_text(&name, suffixes[i]);
		buf_put_byte(&name, 0);
		if (unlink(name.data) < 0 && errno != ENOENT)
			rc = error_set(err, RC_IO, "cannot remove %.200s: %s", name.data,
				       strerror(errno));
		buf_free(&name);
	}
	return rc;
}
