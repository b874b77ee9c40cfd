/* Verifies a whole database. store_admin.c calls sqlite_check. */
#include "store/sqlite/checksum.h"
#include "store/sqlite/open.h"
#include "store/sqlite/operations.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/statements.h"
#include "store/sqlite/stats.h"

#include "base/array.h"
#include "store/check_value.h"
#include "store/docid.h"

#include <stdio.h>
#include <sys/stat.h>

#define STEP_OPERATIONS 1000000 /* of SQLite's machine, between two calls of on_progress */
#define STEP_DOCUMENTS 1000

struct check {
	const struct store_check *asked;
	const char *path;
	sqlite3 *db;
	struct store_stats_full stats;
	bool unreadable; /* which was reported */
	struct error *err;
};

static void report(const struct check *check, struct slice place, const char *what)
{
	check->asked->on_fault(check->asked->arg, place, slice_of(what));
}

/* Damage that fails a statement is a finding; a system error ends the check. */
static enum rc check_failed(struct check *check, int code)
{
	char what[200];

	if (sql_rc(check->db, code) != RC_CORRUPT)
		return schema_fail(check->db, code, check->path, check->err);
	(void)snprintf(what, sizeof(what), "cannot be read to its end: %s",
		       sqlite3_errmsg(check->db));
	if (!check->unreadable)
		report(check, slice_of("the file"), what);
	check->unreadable = true;
	return RC_OK;
}

/* ---- The file ---- */

static int on_operations(void *arg)
{
	const struct check *check = arg;

	check->asked->on_progress(check->asked->arg, "checking", 0, 0);
	return 0;
}

/* One or more lines in each row; those that begin with *** are headlines. */
static int on_integrity(void *arg, int columns, char **values, char **names)
{
	const char *line = columns == 1 && values[0] ? values[0] : "";

	(void)names;
	while (*line) {
		size_t len = strcspn(line, "\n");
		const struct check *check = arg;

		if (strncmp(line, "***", 3) != 0 && strcmp(line, "ok") != 0)
			check->asked->on_fault(check->asked->arg, slice_of("the file"),
					       slice_make(line, len));
		line += len + (line[len] == '\n');
	}
	return 0;
}

/* It can be read by each of them while no server runs, but none will start. */
static void check_names(const struct check *check)
{
	struct stat status;
	char what[160];

	if (stat(check->path, &status) < 0 || status.st_nlink <= 1)
		return;
	(void)snprintf(what, sizeof(what),
		       "has %lu names (hard links), so that no server starts on it; keep one of "
		       "them, or copy the file",
		       (unsigned long)status.st_nlink);
	report(check, slice_of("the file"), what);
}

static enum rc check_file(struct check *check)
{
	const char *sql = check->asked->quick ? "PRAGMA quick_check" : "PRAGMA integrity_check";
	int code;

	sqlite3_progress_handler(check->db, STEP_OPERATIONS, on_operations, check);
	code = sqlite3_exec(check->db, sql, on_integrity, check, NULL);
	return code == SQLITE_OK ? RC_OK : check_failed(check, code);
}

/* ---- What tables say of each other ---- */

/* Each returns a row for each fault: place and description. `schema`: the version
 * that introduced the tables; `values`: reads the values, so not for a quick check. */
static const struct rule {
	int schema;
	const char *sql;
	bool values;
	int until; /* the version that changed it; 0: none */
} rules[] = {
	{ 1, "SELECT 'the database', 'has ' || count(*) || ' states instead of one' FROM meta "
	     "HAVING count(*) <> 1" },
	{ 1, "SELECT 'the database', 'has no epoch' FROM meta WHERE epoch = 0" },
	{ 1, "SELECT 'the database', 'its newest number is ' || seq FROM meta WHERE seq < 0" },
	{ 1, "SELECT 'the database', 'its purge horizon ' || horizon || ' lies above its newest "
	     "number, ' || seq FROM meta"
	     " WHERE horizon NOT BETWEEN 0 AND seq" },
	{ 3,
	  "SELECT 'the database', 'has ' || n || ' documents and counts ' || documents FROM meta,"
	  " (SELECT count(*) AS n FROM doc WHERE deleted_at IS NULL) WHERE n <> documents" },
	{ 3,
	  "SELECT 'the database', 'has ' || n || ' deleted documents and counts ' || tombstones "
	  "FROM meta,"
	  " (SELECT count(*) AS n FROM doc WHERE deleted_at IS NOT NULL) WHERE n <> tombstones" },
	{ 1, "SELECT 'group ' || name, 'its newest number ' || grp.seq || ' is none of the "
	     "database, whose newest is ' || meta.seq"
	     " FROM grp, meta WHERE grp.seq NOT BETWEEN 1 AND meta.seq" },
	{ 1, "SELECT id, 'its group is missing (number ' || seq || ')' FROM doc WHERE gid NOT IN "
	     "(SELECT gid FROM grp)" },
	{ 1, "SELECT 'number ' || seq, 'was given to ' || count(*) || ' documents, ' || min(id) || "
	     "' and ' || max(id)"
	     " FROM doc GROUP BY seq HAVING count(*) > 1" },
	{ 1,
	  "SELECT 'number ' || seq, 'has a value in the table of large ones, and no document "
	  "that wants it' FROM large"
	  " WHERE seq NOT IN (SELECT seq FROM doc WHERE deleted_at IS NULL AND value IS NULL)",
	  .until = 9 },
	{ 9, "SELECT 'number ' || seq, 'has a value in the table of large ones, and no document "
	     "that wants it' FROM large WHERE seq NOT IN (SELECT seq FROM doc WHERE deleted_at IS "
	     "NULL AND value IS NULL UNION ALL SELECT seq FROM history WHERE deleted_at IS NULL "
	     "AND value IS NULL)" },
	{ 9, "SELECT id, 'has a former version ' || version || ', and is not there' FROM history "
	     "WHERE NOT EXISTS (SELECT 1 FROM doc WHERE doc.gid = history.gid AND doc.id = "
	     "history.id)" },
	{ 9, "SELECT doc.id, 'has version ' || doc.version || ', and a former version ' || "
	     "history.version FROM history JOIN doc ON doc.gid = history.gid AND doc.id = "
	     "history.id WHERE history.version >= doc.version OR history.version < 1" },
	{ 9, "SELECT id, 'the value of its former version ' || version || ' is missing' FROM "
	     "history WHERE deleted_at IS NULL AND value IS NULL AND seq NOT IN (SELECT seq FROM "
	     "large)" },
	{ 9,
	  "SELECT id, 'its former version ' || version || ' has changed since it was written (its "
	  "checksum differs)' FROM history LEFT JOIN large ON large.seq = history.seq WHERE sum <> "
	  "document_sum(history.seq, id, version, deleted_at, op, plain, coalesce(history.value, "
	  "large.value)) OR written_sum IS NOT written_check(history.seq, written_at, written_by)",
	  .values = true },
	{ 14, "SELECT id, 'its former version ' || version || ' cannot be found from it' FROM "
	      "history WHERE key NOT IN (SELECT former FROM doc WHERE former NOTNULL UNION ALL "
	      "SELECT former FROM history WHERE former NOTNULL)" },
	{ 14, "SELECT doc.id, 'has version ' || history.version || ' of ' || history.id || ' for "
	      "its newest former one' FROM doc JOIN history ON key = doc.former WHERE "
	      "(history.gid, history.id) <> (doc.gid, doc.id)" },
	{ 14, "SELECT next.id, 'has version ' || history.version || ' of ' || history.id || ' for "
	      "the one before version ' || next.version FROM history AS next JOIN history ON "
	      "history.key = next.former WHERE (history.gid, history.id) <> (next.gid, next.id) OR "
	      "history.version >= next.version OR history.key >= next.key" },
	{ 4, "SELECT 'group ' || ancestor.name, 'lists number ' || nested.seq || ', which is no "
	     "document beneath it' FROM nested LEFT JOIN ancestor USING (aid) LEFT JOIN doc ON "
	     "doc.gid = nested.gid AND doc.seq = nested.seq"
	     " WHERE doc.id IS NULL OR ancestor.name IS NULL OR substr(doc.id, 1, "
	     "length(ancestor.name) + 1) <> ancestor.name || ':'" },
	{ 4, SCHEMA_ANCESTRY " SELECT doc.id, 'is not listed beneath the group ' || above FROM "
			     "ancestry JOIN doc ON doc.gid = ancestry.gid LEFT JOIN ancestor ON "
			     "ancestor.name = above LEFT JOIN nested ON nested.aid = ancestor.aid "
			     "AND nested.seq = doc.seq"
			     " WHERE above IS NOT NULL AND nested.gid IS NOT doc.gid" },
	{ 4, "SELECT 'group ' || name, 'is said to have groups nested in it, which have no "
	     "document' FROM ancestor WHERE aid NOT IN (SELECT aid FROM nested)" },
	{ 2, "SELECT 'token ' || id, 'is damaged' FROM token"
	     " WHERE length(id) <> 16 OR id GLOB '*[^0-9a-f]*' OR length(hash) <> 32 OR "
	     "length(user) = 0" },
	{ 2, "SELECT 'token ' || id, 'opens no group' FROM token WHERE id NOT IN (SELECT token "
	     "FROM token_grant)" },
	{ 2, "SELECT 'token ' || token, 'is not there, but a group that it opens is: ' || grp FROM "
	     "token_grant"
	     " WHERE token NOT IN (SELECT id FROM token)" },
	{ 10,
	  "SELECT 'invitation ' || id, 'is damaged' FROM invite"
	  " WHERE length(id) <> 16 OR id GLOB '*[^0-9a-f]*' OR length(hash) <> 32 OR uses < 1" },
	{ 10, "SELECT 'invitation ' || id, 'was used ' || used || ' times of ' || uses FROM invite "
	      "WHERE used NOT BETWEEN 0 AND uses" },
	{ 10,
	  "SELECT 'invitation ' || id, 'opens no group' FROM invite WHERE source = '' AND id NOT "
	  "IN (SELECT invite FROM invite_grant)" },
	{ 10,
	  "SELECT 'invitation ' || invite, 'is not there, but a group that it opens is: ' || grp "
	  "FROM invite_grant WHERE invite NOT IN (SELECT id FROM invite)" },
	{ 5, "SELECT 'token ' || id, 'has a quota that is none' FROM token WHERE NOT (coalesce("
	     "quota_bytes, 1) >= -1 AND coalesce(quota_documents, 1) >= -1 AND coalesce("
	     "quota_groups, 1) >= -1 AND coalesce(quota_streams, 1) >= -1 AND coalesce("
	     "quota_pushes, 1) >= -1)" },
	{ 5,
	  "SELECT 'the user ' || user, 'has ' || n || ' documents of ' || b || ' bytes and counts "
	  "' || documents || ' of ' || bytes FROM (SELECT user, documents, bytes, "
	  "coalesce(n, 0) AS n, coalesce(b, 0) AS b FROM account LEFT JOIN (SELECT account, "
	  "count(*) AS n, sum(charge) AS b FROM doc WHERE account <> 0 GROUP BY account) USING "
	  "(account))  WHERE n <> documents OR b <> bytes" },
	{ 5,
	  "SELECT 'the user ' || user, 'has ' || n || ' groups and counts ' || groups FROM "
	  "(SELECT user, groups, coalesce(n, 0) AS n FROM account LEFT JOIN (SELECT account, "
	  "count(*) AS n FROM grp WHERE account <> 0 GROUP BY account) USING (account))  WHERE n "
	  "<> groups" },
	{ 5, "SELECT id, 'counts for an account that does not exist' FROM doc WHERE account <> 0 "
	     "AND account NOT IN (SELECT account FROM account)" },
	{ 5, "SELECT 'group ' || name, 'counts for an account that does not exist' FROM grp WHERE "
	     "account <> 0 AND account NOT IN (SELECT account FROM account)" },
	{ 5,
	  "SELECT id, 'is deleted or of nobody and counts ' || charge || ' bytes' FROM doc WHERE "
	  "(deleted_at IS NOT NULL AND account <> 0) OR (account = 0 AND charge <> 0)" },
	{ 5,
	  "SELECT id, 'has ' || n || ' bytes and counts ' || charge FROM (SELECT id, charge, "
	  "length(CAST(id AS BLOB)) + length(CAST(coalesce(doc.value, large.value) AS BLOB)) AS n "
	  "FROM doc LEFT JOIN large ON large.seq = doc.seq WHERE account <> 0) WHERE n <> charge",
	  .values = true },
	{ 8,
	  "SELECT id, 'its author or time has changed since it was written (their checksum "
	  "differs)' FROM doc WHERE written_sum IS NOT written_check(seq, written_at, written_by)",
	  .values = true },
};

static int check_rule(const struct check *check, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, sql, -1, &stmt, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW)
			check->asked->on_fault(check->asked->arg, sql_text(stmt, 0),
					       sql_text(stmt, 1));
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum rc check_rules(struct check *check, int schema)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < COUNT(rules); i++) {
		const bool applies = rules[i].schema <= schema &&
				     !(rules[i].values && check->asked->quick) &&
				     !(rules[i].until && rules[i].until <= schema);
		int code = applies ? check_rule(check, rules[i].sql) : SQLITE_OK;

		if (code != SQLITE_OK)
			rc = check_failed(check, code);
	}
	return rc;
}

/* ---- Each document ---- */

/* With the sum of the row, and what it should be. */
#define DOCUMENTS(sums) \
	"SELECT name, grp.seq, doc.seq, id, version, deleted_at, op, plain, doc.value, " \
	"large.value, " sums " FROM grp CROSS JOIN doc ON doc.gid = grp.gid LEFT JOIN large ON " \
	"large.seq = doc.seq ORDER BY grp.gid, doc.seq"
enum {
	AT_NAME,
	AT_GROUP_SEQ,
	AT_SEQ,
	AT_ID,
	AT_VERSION,
	AT_DELETED_AT,
	AT_OP,
	AT_PLAIN,
	AT_VALUE,
	AT_LARGE,
	AT_SUM,
	AT_WANTED_SUM
};

static void check_values(const struct check *check, sqlite3_stmt *row)
{
	struct slice id = sql_text(row, AT_ID);
	bool has_value = !sql_is_null(row, AT_VALUE), has_large = !sql_is_null(row, AT_LARGE);

	if (!sql_is_null(row, AT_DELETED_AT)) {
		if (has_value || has_large)
			report(check, id, "is deleted and has a value");
	} else if (!has_value && !has_large) {
		report(check, id, "its value is missing");
	} else if (has_value && has_large) {
		report(check, id, "has two values");
	} else if (!check->asked->quick) {
		check_value(check->asked, id, sql_text(row, has_value ? AT_VALUE : AT_LARGE),
			    sql_number(row, AT_PLAIN) != 0);
	}
}

/* Would a server serve it as a damaged document? */
static bool is_damaged(const struct check *check, sqlite3_stmt *row)
{
	struct slice id = sql_text(row, AT_ID);

	return !check->asked->quick && sql_number(row, AT_SUM) != sql_number(row, AT_WANTED_SUM) &&
	       docid_is_valid(id) && slice_equal(docid_group(id), sql_text(row, AT_NAME));
}

static void check_document(const struct check *check, sqlite3_stmt *row)
{
	struct slice id = sql_text(row, AT_ID), name = sql_text(row, AT_NAME);
	int64_t seq = (int64_t)sql_number(row, AT_SEQ),
		version = (int64_t)sql_number(row, AT_VERSION);
	char what[200];

	if (!docid_is_valid(id))
		report(check, id, "is no id of a document");
	else if (!slice_equal(docid_group(id), name))
		report(check, id, "lies in a group that is not its own");
	if (seq < 1 || seq > (int64_t)sql_number(row, AT_GROUP_SEQ)) {
		(void)snprintf(what, sizeof(what),
			       "its number %lld is none of its group, whose newest is %lld",
			       (long long)seq, (long long)sql_number(row, AT_GROUP_SEQ));
		report(check, id, what);
	}
	if (version < 1 || (uint64_t)version > STORE_VERSION_MAX) {
		(void)snprintf(what, sizeof(what), "its version is %lld", (long long)version);
		report(check, id, what);
	}
	if (sql_text(row, AT_OP).len > OP_MAX)
		report(check, id, "the mark of its last write (op) is too long");
	if (!check->asked->quick && sql_number(row, AT_SUM) != sql_number(row, AT_WANTED_SUM))
		report(check, id, "has changed since it was written (its checksum differs)");
	check_values(check, row);
}

static enum rc check_documents(struct check *check, int schema)
{
	const char *sql = schema < CHECKSUM_SCHEMA || check->asked->quick
				  ? DOCUMENTS("0, 0")
				  : DOCUMENTS("sum, document_sum(doc.seq, id, version, "
					      "deleted_at, op, plain, coalesce(doc.value, "
					      "large.value))");
	uint64_t done = 0, total = check->stats.documents + check->stats.tombstones;
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, sql, -1, &stmt, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		if (check->asked->count_damaged && is_damaged(check, stmt)) {
			check->stats.damaged++;
			check->stats.lost += sql_is_null(stmt, AT_DELETED_AT);
		} else {
			check_document(check, stmt);
		}
		if (++done % STEP_DOCUMENTS == 0)
			check->asked->on_progress(check->asked->arg, "checked documents", done,
						  total);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? RC_OK : check_failed(check, code);
}

/* ---- All ---- */

static enum rc check_all(struct check *check)
{
	int schema = 0;
	/* Sorts of any size use a file. */
	int code = sqlite3_exec(check->db, "PRAGMA temp_store = FILE; BEGIN", NULL, NULL, NULL);
	enum rc rc;

	if (code == SQLITE_OK)
		code = schema_version(check->db, &schema);
	if (code == SQLITE_OK)
		code = checksum_define(check->db);
	if (code != SQLITE_OK)
		return schema_fail(check->db, code, check->path, check->err);
	check_names(check);
	rc = check_file(check);
	if (rc != RC_OK)
		return rc;
	code = stats_count(check->db, &check->stats);
	if (code != SQLITE_OK)
		return check_failed(check, code);
	rc = check_rules(check, schema);
	sqlite3_progress_handler(check->db, 0, NULL, NULL);
	return rc == RC_OK ? check_documents(check, schema) : rc;
}

enum rc sqlite_check(const struct db_url *db, const struct store_check *asked,
		     struct store_stats_full *stats, struct error *err)
{
	struct check check = { .asked = asked, .path = db->path, .err = err };
	enum rc rc = sql_open_source(db->path, &check.db, err);

	*stats = check.stats;
	if (rc != RC_OK)
		return rc;
	rc = check_all(&check);
	sqlite3_close(check.db);
	*stats = check.stats;
	return rc;
}
