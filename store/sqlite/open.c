/* Opens and closes an SQLite database: for the store's door, to serve; for copies
 * and checks, to read a database of any schema. */
#include "store/sqlite/open.h"

#include "store/sqlite/fault_vfs.h"
#include "store/sqlite/log_owner.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/payers.h"
#include "store/sqlite/readonly_vfs.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/wal.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Long enough for a recovery by another process, short enough for an event loop. */
#define BUSY_TIMEOUT_MS 100

/* ---- The file ---- */

static enum rc check_directory(const char *path, struct error *err)
{
	char *real = realpath(path, NULL);
	char *copy = real ? real : mem_copy(path, strlen(path));
	const char *directory = dirname(copy);
	enum rc rc = RC_OK;

	/* SQLite keeps its log beside the database, not beside a link to it. */
	if (access(directory, W_OK | X_OK) < 0 && errno == ENOENT)
		rc = error_set(err, RC_IO,
			       "cannot open %s: there is no directory %s; make it first", path,
			       directory);
	else if (access(directory, W_OK | X_OK) < 0)
		rc = error_set(err, rc_of_errno(errno),
			       "cannot open %s: no writing in directory %s (%s); let this user "
			       "write there",
			       path, directory, strerror(errno));
	free(copy);
	return rc;
}

/* Creates the file if it does not exist, with a mode that keeps it private from the
 * start; SQLite gives its companions the same mode. An existing file is not opened
 * here: closing it would release this process's locks on it. */
static enum rc make_file(const char *path, struct error *err)
{
	enum rc rc = check_directory(path, err);
	int fd;

	if (rc != RC_OK)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return error_set(err, rc_of_errno(errno),
				 "cannot make %s (%s); check the disk and the path", path,
				 strerror(errno));
	if (fd >= 0)
		close(fd);
	return RC_OK;
}

static enum rc check_file(const char *path, int access_mode, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(err, errno == ENOENT || errno == ENOTDIR ? RC_NOT_FOUND : RC_IO,
				 "cannot open %s (%s); start the server, which makes it, or name "
				 "another file",
				 path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(err, RC_IO, "%s is not a file; name a file for the database",
				 path);
	if (access(path, access_mode) < 0)
		return error_set(err, rc_of_errno(errno),
				 "cannot %s %s (%s); give this user the right to",
				 access_mode & W_OK ? "write" : "read", path, strerror(errno));
	return RC_OK;
}

/* ---- The library ---- */

/* Each process has one thread, and does not ask SQLite for statistics of its memory.
 * The two have no effect once it has been used, nor do they need any. */
void sql_start(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	fault_vfs_install();
}

/* ---- The connection ---- */

static int switch_on(sqlite3 *db, int option, int on)
{
	return sqlite3_db_config(db, option, on, NULL);
}

int sql_distrust(sqlite3 *db)
{
	int code = switch_on(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);

	if (code == SQLITE_OK)
		code = switch_on(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
	return code == SQLITE_OK ? switch_on(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0) : code;
}

/* For both roles, before reading a file that may be of any origin. */
static int configure(sqlite3 *db)
{
	int code = switch_on(db, SQLITE_DBCONFIG_DEFENSIVE, 1);

	/* A file of another program is left as it is; the writer resets this. */
	if (code == SQLITE_OK)
		code = switch_on(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
	if (code == SQLITE_OK)
		code = sql_distrust(db);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db,
				    "PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = ON; "
				    "PRAGMA mmap_size = 0;"
				    "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY",
				    NULL, NULL, NULL);
	return code;
}

static int is_wal(void *arg, int columns, char **values, char **names)
{
	(void)names;
	*(bool *)arg = columns == 1 && values[0] && strcmp(values[0], "wal") == 0;
	return 0;
}

/* What a writer knows of the file when it begins (log_owner.h). Without a log the file
 * has everything; but the row is not there if it has just been made. */
static int know_file(struct sqlite *sqlite, bool has_everything)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(sqlite->db,
				      "SELECT seq, copied, schema_version, history FROM meta, "
				      "pragma_schema_version",
				      -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		sqlite->head = sql_number(stmt, 0);
		sqlite->copied = (int64_t)sql_number(stmt, has_everything ? 0 : 1);
		sqlite->cookie = (int)sql_number(stmt, 2);
		history_rules_parse(sql_text(stmt, 3), &sqlite->store.history.versions);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

static enum rc start_writer(struct sqlite *sqlite, bool is_current, const char *path,
			    struct error *err)
{
	bool wal = false;
	int code = sqlite3_exec(sqlite->db, "PRAGMA journal_mode = WAL", is_wal, &wal, NULL);
	enum rc rc = RC_OK;

	if (code == SQLITE_OK && !wal)
		code = SQLITE_CANTOPEN;
	if (code == SQLITE_OK)
		code = sqlite3_exec(sqlite->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = switch_on(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0);
	if (code != SQLITE_OK)
		return schema_fail(sqlite->db, code, path, err);
	if (!is_current)
		rc = schema_migrate(sqlite->db, path, err);
	if (rc != RC_OK)
		return rc;
	code = know_file(sqlite, is_current && !sqlite->has_log);
	if (code == SQLITE_OK)
		code = wal_take_over(sqlite);
	return code == SQLITE_OK ? RC_OK : schema_fail(sqlite->db, code, path, err);
}

static enum rc start_reader(struct sqlite *sqlite, const char *path, struct error *err)
{
	int code = sqlite3_exec(sqlite->db, "PRAGMA query_only = ON", NULL, NULL, NULL);

	return code == SQLITE_OK ? RC_OK : schema_fail(sqlite->db, code, path, err);
}

static enum rc start(struct sqlite *sqlite, const char *path, struct error *err)
{
	int code = configure(sqlite->db);
	enum rc rc;

	if (code != SQLITE_OK)
		return schema_fail(sqlite->db, code, path, err);
	rc = schema_check(sqlite->db, path, err);
	if (sqlite->store.role == STORE_WRITER &&
	    (rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_UNAVAILABLE))
		rc = start_writer(sqlite, rc == RC_OK, path, err);
	else if (sqlite->store.role != STORE_WRITER && rc == RC_OK)
		rc = start_reader(sqlite, path, err);
	if (rc == RC_OK && sql_prepare(sqlite) != RC_OK)
		rc = schema_fail(sqlite->db, sqlite3_extended_errcode(sqlite->db), path, err);
	return rc == RC_OK ? files_note(&sqlite->files, path, sqlite->db, err) : rc;
}

static int connect_to(const char *path, enum store_role role, sqlite3 **db)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	struct buf name = BUF_EMPTY;
	int code;

	/* No name may have a special meaning for SQLite, as ":memory:" would. */
	if (path[0] != '/')
		buf_put_text(&name, "./");
	buf_put_text(&name, path);
	buf_put_byte(&name, 0);
	if (role == STORE_WRITER)
		code = sqlite3_open_v2(name.data, db, flags | SQLITE_OPEN_READWRITE, NULL);
	else
		code = readonly_vfs_open(name.data, flags, db);
	buf_free(&name);
	return code;
}

static enum rc start_source(sqlite3 *db, const char *path, struct error *err)
{
	bool has_log;
	enum rc rc = log_check_owner(db, path, true, &has_log, err);
	int code;

	if (rc != RC_OK)
		return rc;
	code = configure(db);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	rc = code == SQLITE_OK ? schema_check(db, path, err) : schema_fail(db, code, path, err);
	return rc == RC_UNAVAILABLE ? RC_OK : rc;
}

enum rc sql_open_source(const char *path, sqlite3 **db, struct error *err)
{
	enum rc rc = check_file(path, R_OK, err);
	int code;

	*db = NULL;
	if (rc == RC_OK)
		rc = files_refuse_other_name(path, err);
	if (rc != RC_OK)
		return rc;
	sql_start();
	code = connect_to(path, STORE_READER, db);
	rc = code == SQLITE_OK ? start_source(*db, path, err) : schema_fail(*db, code, path, err);
	if (rc != RC_OK) {
		sqlite3_close(*db);
		*db = NULL;
	}
	return rc;
}

static enum rc open_handle(struct sqlite *sqlite, const char *path, struct error *err)
{
	enum rc rc;
	int code;

	if (sqlite->store.role == STORE_WRITER)
		rc = files_lock(&sqlite->files, path, err);
	else
		rc = files_refuse_other_name(path, err);
	if (rc != RC_OK)
		return rc;
	code = connect_to(path, sqlite->store.role, &sqlite->db);
	if (code != SQLITE_OK)
		return schema_fail(sqlite->db, code, path, err);
	if (sqlite->store.role == STORE_WRITER)
		rc = log_check_owner(sqlite->db, path, false, &sqlite->has_log, err);
	else if (sqlite->store.role == STORE_COMMAND)
		rc = log_check_owner(sqlite->db, path, true, &sqlite->has_log, err);
	return rc == RC_OK ? start(sqlite, path, err) : rc;
}

enum rc sqlite_open(const struct db_url *db, enum store_role role, struct store **out,
		    struct error *err)
{
	const char *path = db->path;
	struct sqlite *sqlite;
	enum rc rc = role == STORE_WRITER ? make_file(path, err) : RC_OK;

	sql_start();
	if (rc == RC_OK)
		rc = check_file(path, role == STORE_WRITER ? R_OK | W_OK : R_OK, err);
	if (rc != RC_OK)
		return rc;
	sqlite = mem_alloc(sizeof(*sqlite));
	sqlite->store.role = role;
	sqlite->files = FILES_NONE;
	rc = open_handle(sqlite, path, err);
	if (rc != RC_OK)
		sqlite_close(&sqlite->store);
	else
		*out = &sqlite->store;
	return rc;
}

enum rc sqlite_init(const struct db_url *db, int lanes, struct error *err)
{
	struct store *store;
	enum rc rc;

	if (lanes != 1)
		return error_set(err, RC_MALFORMED,
				 "a database in a file has one lane; lanes are for PostgreSQL");
	if (access(db->path, F_OK) == 0)
		return error_set(err, RC_EXISTS, "%s exists already", db->path);
	rc = sqlite_open(db, STORE_WRITER, &store, err);
	if (rc == RC_OK)
		sqlite_close(store);
	return rc;
}

static enum rc check_files(struct sqlite *sqlite, struct error *err)
{
	const enum rc rc = files_check(&sqlite->files, err);

	if (rc != RC_OK || wal_is_whole(sqlite))
		return rc;
	return error_set(err, RC_MOVED, "%.200s was truncated or overwritten",
			 sqlite->files.names[FILES_WAL]);
}

enum rc sqlite_present(struct store *store, struct error *err)
{
	return check_files(sqlite_of(store), err);
}

uint64_t sqlite_logs(const struct store *store)
{
	return files_logs(&((const struct sqlite *)store)->files);
}

uint64_t sqlite_logs_at(const struct db_url *db)
{
	return files_logs_at(db->path);
}

uint64_t sqlite_identity(const struct store *store)
{
	return files_identity(&((const struct sqlite *)store)->files);
}

/* Copies what the log has into the database, wherever both are now, and removes
 * nothing: the files at their names are another database's. A log that is not whole
 * would spoil the database. */
static void close_moved(struct sqlite *sqlite)
{
	if (wal_is_whole(sqlite))
		(void)sqlite3_wal_checkpoint_v2(sqlite->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
						NULL);
	(void)switch_on(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
}

/* The last connection of a writer removes the log when it closes, after copying it into
 * the database. */
void sqlite_close(struct store *store)
{
	struct sqlite *sqlite = sqlite_of(store);

	if (store->role == STORE_WRITER && sqlite->files.path && check_files(sqlite, NULL) != RC_OK)
		close_moved(sqlite);
	sql_finalize(sqlite);
	if (sqlite3_close(sqlite->db) != SQLITE_OK)
		log_error("store_close_failed", LOG_TEXT("reason", sqlite3_errmsg(sqlite->db)));
	files_forget(&sqlite->files);
	payers_free(sqlite->payers);
	free(sqlite);
}
