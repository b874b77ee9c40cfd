/* The schema and its migrations. Called by open.c, copies and checks. */
#include "store/sqlite/schema.h"

#include "store/sqlite/checksum.h"
#include "store/sqlite/statements.h"

#include "base/array.h"

#include <stdio.h>
#include <sys/random.h>

/* "PKBK". PRAGMA application_id identifies the file as ours, PRAGMA user_version is
 * the number of migrations applied. */
#define APPLICATION_ID 0x504b424b

/* Append only: a released migration is never edited, as databases have been migrated
 * by it. */
static const char *const migrations[] = {
	/* 1: documents. A document's group is its innermost; one row of doc is all that
	 * is known of a document, and moves to the end of its group with every write,
	 * so that a pull reads one range. deleted_at is NULL while it lives, then in
	 * seconds since 1970. A live document without a value has it in `large`, under
	 * the same seq. */
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
	"CREATE TABLE large (seq INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;",

	/* 2: tokens. A grant's n keeps the order they were given in. */
	"CREATE TABLE token ("
	" id TEXT PRIMARY KEY, user TEXT NOT NULL, hash BLOB NOT NULL, created INTEGER NOT NULL, "
	"expires INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE token_grant ("
	" token TEXT NOT NULL, n INTEGER NOT NULL, grp TEXT NOT NULL, write INTEGER NOT NULL, "
	"PRIMARY KEY (token, n))"
	" STRICT, WITHOUT ROWID;",

	/* 3: the number of documents and of tombstones, kept by every commit. */
	"ALTER TABLE meta ADD COLUMN documents INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN tombstones INTEGER NOT NULL DEFAULT 0;"
	"UPDATE meta SET documents = (SELECT count(*) FROM doc WHERE deleted_at IS NULL),"
	" tombstones = (SELECT count(*) FROM doc WHERE deleted_at IS NOT NULL);",

	/* 4: the documents beneath each group that has groups nested in it, in the
	 * order of their numbers: a row of `nested` for each document and each ancestor
	 * of its group. An ancestor need not have documents of its own. */
	"CREATE TABLE ancestor (aid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE nested ("
	" aid INTEGER NOT NULL, seq INTEGER NOT NULL, gid INTEGER NOT NULL, PRIMARY KEY (aid, "
	"seq)) STRICT, WITHOUT ROWID;" SCHEMA_ANCESTRY
	" INSERT INTO ancestor (name) SELECT DISTINCT above FROM ancestry WHERE above IS NOT "
	"NULL;" SCHEMA_ANCESTRY
	" INSERT INTO nested (aid, seq, gid) SELECT aid, doc.seq, doc.gid FROM ancestry"
	" CROSS JOIN ancestor ON ancestor.name = above CROSS JOIN doc ON doc.gid = ancestry.gid;",

	/* 5: quotas. An account counts what a user has stored: `bytes` of documents and
	 * their number by doc.account, groups by grp.account, both 0 for no user, which
	 * includes all tombstones and everything from before this migration. doc.charge
	 * are the bytes that the document counts with. Limits of a token as in struct
	 * store_quota, NULL for its zeros. */
	"CREATE TABLE account ("
	" account INTEGER PRIMARY KEY, user TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL DEFAULT "
	"0, "
	"documents INTEGER NOT NULL DEFAULT 0, groups INTEGER NOT NULL DEFAULT 0) STRICT;"
	"ALTER TABLE doc ADD COLUMN account INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE doc ADD COLUMN charge INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE grp ADD COLUMN account INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE token ADD COLUMN quota_bytes INTEGER;"
	"ALTER TABLE token ADD COLUMN quota_documents INTEGER;"
	"ALTER TABLE token ADD COLUMN quota_groups INTEGER;"
	"ALTER TABLE token ADD COLUMN quota_streams INTEGER;"
	"ALTER TABLE token ADD COLUMN quota_pushes INTEGER;",

	/* 6: what tells which log belongs to the file (log_owner.h). */
	"ALTER TABLE meta ADD COLUMN file INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE meta ADD COLUMN copied INTEGER NOT NULL DEFAULT -1;"
	"ALTER TABLE meta ADD COLUMN cookie INTEGER NOT NULL DEFAULT 0;",

	/* 7: checksums of documents (checksum.h). */
	"ALTER TABLE doc ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;"
	"UPDATE doc SET sum = document_sum(seq, id, version, deleted_at, op, plain,"
	" coalesce(value, (SELECT large.value FROM large WHERE large.seq = doc.seq)));",

	/* 8: who wrote a document, and when; NULL: not known. written_sum is their
	 * checksum, apart from `sum`, as few readers want them. */
	"ALTER TABLE doc ADD COLUMN written_at INTEGER;"
	"ALTER TABLE doc ADD COLUMN written_by TEXT;"
	"ALTER TABLE doc ADD COLUMN written_sum INTEGER;",

	/* 9: former versions of documents, rows of `doc` as they were. A long value
	 * stays in `large` under its number. ended_at: when the version was
	 * replaced. */
	"CREATE TABLE history ("
	" gid INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, "
	"deleted_at INTEGER, op TEXT NOT NULL, plain INTEGER NOT NULL, value TEXT, sum INTEGER NOT "
	"NULL, written_at INTEGER, written_by TEXT, written_sum INTEGER, ended_at INTEGER NOT "
	"NULL, "
	"PRIMARY KEY (gid, id, version)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX history_ended ON history (ended_at);",

	/* 10: invitations (store.h). A token has the id of the invitation that it was
	 * made by, and `retry`, by which a repetition of that join is recognized;
	 * `used` is when it was last used. Those of a second device (`source`) have no
	 * grants. */
	"ALTER TABLE token ADD COLUMN note TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE token ADD COLUMN invite TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE token ADD COLUMN retry BLOB;"
	"ALTER TABLE token ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX token_user ON token (user);"
	"CREATE INDEX token_retry ON token (retry) WHERE retry IS NOT NULL;"
	"CREATE TABLE invite ("
	" id TEXT PRIMARY KEY, hash BLOB NOT NULL, source TEXT NOT NULL, note TEXT NOT NULL, "
	"created INTEGER NOT NULL, expires INTEGER NOT NULL, uses INTEGER NOT NULL, used INTEGER "
	"NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE invite_grant ("
	" invite TEXT NOT NULL, n INTEGER NOT NULL, grp TEXT NOT NULL, write INTEGER NOT NULL, "
	"PRIMARY KEY (invite, n)) STRICT, WITHOUT ROWID;",

	/* 11: a purge finds old versions by their primary key (prune.c). */
	"DROP INDEX history_ended;",

	/* 12: joins whose tokens were revoked, by `retry` of the token, so that no
	 * repetition is taken for a new join. They go with their invitation. */
	"CREATE TABLE revoked_join ("
	" invite TEXT NOT NULL, retry BLOB NOT NULL, user TEXT NOT NULL, PRIMARY KEY (invite, "
	"retry, user)) STRICT, WITHOUT ROWID;",

	/* 13: the rules of `serve --history`, for commands that write without a server
	 * (store_keep_history). */
	"ALTER TABLE meta ADD COLUMN history TEXT NOT NULL DEFAULT '';",

	/* 14: former versions in the order in which they ended, so that an edit adds a
	 * row at the end, beside those of other edits, and not one in a page of its
	 * own. The key is the number of the write that replaced the version; of those
	 * from before this migration it is their own number. `former` of a document is
	 * the key of its newest former version, and `former` of that the key of the one
	 * before it, and so on. The oldest ones are removed first, and the key in the
	 * row after them stays: no version gets it again. Every 16th version is in an
	 * index, from which those before it are found. The name of the table of before
	 * is short, and two indexes are away meanwhile, as the schema must fit on the
	 * first page at any moment, and would stay divided: that page is in every
	 * commit, which the first reads of a writer rely on (wal_take_over comes after
	 * them). */
	"DROP INDEX token_user; DROP INDEX token_retry;"
	"ALTER TABLE history RENAME TO h;"
	"CREATE TABLE history ("
	" key INTEGER PRIMARY KEY, former INTEGER, gid INTEGER NOT NULL, id TEXT NOT NULL, version "
	"INTEGER NOT NULL, seq INTEGER NOT NULL, deleted_at INTEGER, ended_at INTEGER NOT NULL, op "
	"TEXT NOT NULL, plain INTEGER NOT NULL, sum INTEGER NOT NULL, written_at INTEGER, "
	"written_by TEXT, written_sum INTEGER, value TEXT) STRICT;"
	"INSERT OR IGNORE INTO history (key, gid, id, version, seq, deleted_at, ended_at, op, "
	"plain, sum, written_at, written_by, written_sum, value)"
	" SELECT seq, gid, id, version, seq, deleted_at, ended_at, op, plain, sum, written_at, "
	"written_by, written_sum, value"
	/* Sorts no values. */
	" FROM (SELECT gid, id, version FROM h ORDER BY seq LIMIT -1) CROSS JOIN h "
	"USING (gid, id, version);"
	"DROP TABLE h;"
	"CREATE INDEX token_user ON token (user);"
	"CREATE INDEX token_retry ON token (retry) WHERE retry IS NOT NULL;"
	"CREATE INDEX history_mark ON history (gid, id, version) WHERE version % 16 = 0;"
	"ALTER TABLE doc ADD COLUMN former INTEGER;" SCHEMA_CHAINS,
};

#define SCHEMA_OF_FILE 6 /* where meta.file came */

#define SCHEMA_VERSION ((int)COUNT(migrations))

enum rc schema_fail(sqlite3 *db, int code, const char *path, struct error *err)
{
	enum rc rc;

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return error_set(err, RC_CORRUPT,
				 "%s is not a database (no SQLite file); name another file", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, RC_BUSY, "%s is in use by another program; end that first",
				 path);
	case SQLITE_CORRUPT:
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
		return error_set(err, RC_CORRUPT, "%s is damaged (%s); restore a backup", path,
				 sqlite3_errmsg(db));
	default:
		break;
	}
	rc = sql_rc(db, code);
	switch (rc) {
	case RC_FULL:
		return error_set(err, rc, "%s cannot grow: the disk is full; make room", path);
	case RC_READ_ONLY:
		return error_set(err, rc,
				 "%s cannot be written: its disk is read-only; make it writable, "
				 "or name another file",
				 path);
	default:
		return error_set(err, rc,
				 "%s cannot be opened or written (%s); check the disk and the "
				 "permissions of the file "
				 "and its directory",
				 path, sqlite3_errmsg(db));
	}
}

static int query_int(sqlite3 *db, const char *sql, int *out)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

int schema_version(sqlite3 *db, int *version)
{
	return query_int(db, "PRAGMA user_version", version);
}

enum rc schema_check(sqlite3 *db, const char *path, struct error *err)
{
	int application = 0, version = 0, tables = 0;
	int code = query_int(db, "PRAGMA application_id", &application);
	enum rc rc;

	if (code == SQLITE_OK)
		code = query_int(db, "PRAGMA user_version", &version);
	if (code == SQLITE_OK)
		code = query_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (code != SQLITE_OK)
		return schema_fail(db, code, path, err);
	if (application == 0 && version == 0 && tables == 0)
		return error_set(
			err, RC_NOT_FOUND,
			"%s is empty; if it had documents, restore a backup (see 'pocketbook "
			"help restore'), else start the server, which fills it",
			path);
	if (application != APPLICATION_ID)
		return error_set(err, RC_CORRUPT,
				 "%s is a database of another program; name another file", path);
	if (version > SCHEMA_VERSION)
		return error_set(err, RC_NEWER,
				 "%s was made by a newer version of this program (schema %d, this "
				 "one knows %d); upgrade",
				 path, version, SCHEMA_VERSION);
	if (version < 1)
		return error_set(err, RC_CORRUPT, "%s is damaged (schema %d); restore a backup",
				 path, version);
	rc = schema_compare(db, version, path, err);
	if (rc != RC_OK)
		return rc;
	if (version < SCHEMA_VERSION)
		return error_set(err, RC_UNAVAILABLE,
				 "%s has an older schema (%d of %d); start the server, which "
				 "brings it up to date",
				 path, version, SCHEMA_VERSION);
	return RC_OK;
}

int schema_run(sqlite3 *db, int from, int to)
{
	int code = checksum_define(db);

	for (int i = from; code == SQLITE_OK && i < to; i++)
		code = sqlite3_exec(db, migrations[i], NULL, NULL, NULL);
	return code;
}

static int run_migrations(sqlite3 *db)
{
	int version = 0, code = query_int(db, "PRAGMA user_version", &version);
	char marks[96];

	if (code == SQLITE_OK)
		code = schema_run(db, version, SCHEMA_VERSION);
	if (code != SQLITE_OK)
		return code;
	(void)snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		       APPLICATION_ID, SCHEMA_VERSION);
	return sqlite3_exec(db, marks, NULL, NULL, NULL);
}

/* Runs the statement with a random number, not 0, for its %lld. */
static int run_with_random(sqlite3 *db, const char *format)
{
	int64_t number = 0;
	char *sql;
	int code;

	while (number == 0)
		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return SQLITE_IOERR;
	sql = sqlite3_mprintf(format, (sqlite3_int64)number);
	code = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return code;
}

/* A database gets its epoch when it is created. */
static int make_epoch(sqlite3 *db)
{
	return run_with_random(
		db, "INSERT OR IGNORE INTO meta (one, epoch, seq, horizon) VALUES (1, %lld, 0, 0)");
}

enum rc schema_new_epoch(sqlite3 *db, const char *path, struct error *err)
{
	int code = run_with_random(db, "UPDATE meta SET epoch = %lld");

	return code == SQLITE_OK ? RC_OK : schema_fail(db, code, path, err);
}

int schema_new_file(sqlite3 *db)
{
	int version = 0, code = schema_version(db, &version);

	if (code != SQLITE_OK || version < SCHEMA_OF_FILE)
		return code;
	return run_with_random(db, "UPDATE meta SET file = %lld");
}

enum rc schema_migrate(sqlite3 *db, const char *path, struct error *err)
{
	enum rc rc = RC_OK;
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = run_migrations(db);
	if (code == SQLITE_OK)
		code = make_epoch(db);
	if (code == SQLITE_OK)
		code = run_with_random(db, "UPDATE meta SET file = %lld WHERE file = 0");
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		rc = schema_fail(db, code, path, err);
		if (!sqlite3_get_autocommit(db))
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	return rc;
}
