/* Verifies what the commits of a database maintain, by SQL and in one snapshot. The
 * store's door calls it. Damage of files is for pg_amcheck and data checksums. */
#include "store/postgres/whole.h"

#include "base/array.h"
#include "store/check_value.h"
#include "store/postgres/result.h"
#include "store/postgres/schema.h"

/* Each statement returns faults: a place and what is wrong there. `head` is the last
 * row of each lane. */
#define HEADS "WITH head AS (SELECT DISTINCT ON (lane) * FROM change ORDER BY lane, entry DESC) "

static const char *const faults[] = {
	"SELECT 'lane ' || l, 'has no entry' FROM generate_series(0, (SELECT lanes - 1 FROM meta)) "
	"l"
	" WHERE NOT EXISTS (SELECT 1 FROM change WHERE lane = l)",
	"SELECT 'lane ' || lane, 'entries are missing before ' || entry FROM (SELECT lane, entry, "
	"lag(entry) OVER"
	" (PARTITION BY lane ORDER BY entry) AS before FROM change) x WHERE before <> entry - 1",
	"SELECT 'lane ' || lane, 'the sequence goes back at entry ' || entry FROM (SELECT lane, "
	"entry, seq, lag(seq) OVER"
	" (PARTITION BY lane ORDER BY entry) AS before FROM change) x WHERE before > seq",
	HEADS
	"SELECT d.id, 'has a sequence number beyond the head' FROM doc d JOIN grp g USING (gid) "
	"JOIN head h ON h.lane = g.lane WHERE d.seq > h.seq",
	"SELECT id, 'belongs to no group' FROM doc d WHERE NOT EXISTS (SELECT 1 FROM grp g WHERE "
	"g.gid = d.gid)",
	"SELECT d.id, 'belongs to the group ' || g.name FROM doc d JOIN grp g USING (gid) WHERE "
	"d.id !~ '^.+:[^:]+$' OR left(d.id, length(g.name) + 1) <> g.name || ':' OR "
	"position(':' IN substr(d.id, length(g.name) + 2)) > 0",
	"SELECT name, 'is a group without documents' FROM grp g WHERE NOT EXISTS (SELECT 1 FROM "
	"doc d WHERE d.gid = g.gid)",
	"SELECT id, 'has version ' || version || ' and sequence number ' || seq FROM doc WHERE "
	"version < 1 OR version > 9007199254740990 OR seq < 1",
	"SELECT id, CASE WHEN value IS NULL THEN 'its value is missing' ELSE 'is deleted and has "
	"a value' END FROM doc WHERE (value IS NULL) <> (deleted_at IS NOT NULL)",
	HEADS "SELECT 'lane ' || h.lane, 'is counted as ' || h.documents || ' documents and ' || "
	      "h.tombstones || ' tombstones, and has '"
	      " || c.documents || ' and ' || c.tombstones FROM head h JOIN LATERAL (SELECT "
	      "count(*) FILTER (WHERE deleted_at IS NULL) AS documents,"
	      " count(*) FILTER (WHERE deleted_at IS NOT NULL) AS tombstones FROM grp g JOIN doc "
	      "USING (gid) WHERE g.lane = h.lane) c ON true"
	      " WHERE (c.documents, c.tombstones) <> (h.documents, h.tombstones)",
	HEADS "SELECT 'lane ' || lane, 'the horizon is beyond the head' FROM head WHERE horizon > "
	      "seq",
	HEADS "SELECT 'epoch ' || e.n, 'begins beyond the head of lane ' || h.lane FROM epoch e "
	      "CROSS JOIN head h WHERE e.starts[h.lane + 1] > h.seq",
	"SELECT 'epoch ' || n, 'has starts for ' || cardinality(starts) || ' lanes' FROM epoch "
	"WHERE cardinality(starts) <> (SELECT lanes FROM meta)",
	"SELECT 'the database', 'has no epoch' WHERE NOT EXISTS (SELECT 1 FROM epoch)",
	"SELECT 'token ' || id, 'has a quota that is none' FROM token WHERE least(quota_bytes, "
	"quota_documents, quota_groups, quota_streams, quota_pushes) < -1",
	"SELECT 'the user ' || usr, 'has ' || n || ' documents of ' || b || ' bytes and ' || m || "
	"' groups, and counts ' || documents || ' of ' || bytes || ' and ' || groups FROM (SELECT "
	"a.*, (SELECT count(*) FROM doc d WHERE d.account = a.account) AS n, (SELECT "
	"coalesce(sum(d.charge), 0) FROM doc d WHERE d.account = a.account) AS b, (SELECT count(*) "
	"FROM grp g WHERE g.account = a.account) AS m FROM account a) x WHERE (n, b, m) <> "
	"(documents, bytes, groups)",
	"SELECT id, 'counts for an account that does not exist' FROM doc WHERE account <> 0 AND "
	"account NOT IN (SELECT account FROM account)",
	"SELECT 'group ' || name, 'counts for an account that does not exist' FROM grp WHERE "
	"account <> 0 AND account NOT IN (SELECT account FROM account)",
	"SELECT id, 'counts ' || charge || ' bytes, which is wrong' FROM doc WHERE charge <> CASE "
	"WHEN account = 0 THEN 0 ELSE octet_length(id) + octet_length(value) END OR (deleted_at IS "
	"NOT NULL AND account <> 0)",
	"SELECT id, 'has a former version ' || version || ', and is not there' FROM history h "
	"WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = h.id AND d.gid = h.gid)",
	"SELECT d.id, 'has version ' || d.version || ', and a former version ' || h.version FROM "
	"history h JOIN doc d USING (id) WHERE h.version >= d.version OR h.version < 1",
	"SELECT id, 'its former version ' || version || CASE WHEN value IS NULL THEN ' has lost "
	"its value' ELSE ' is deleted and has a value' END FROM history WHERE (value IS NULL) <> "
	"(deleted_at IS NOT NULL)",
	"SELECT 'token ' || id, 'has no grants' FROM token t WHERE NOT EXISTS (SELECT 1 FROM "
	"token_grant WHERE token = t.id)",
	"SELECT 'token ' || id, 'is damaged' FROM token WHERE octet_length(hash) <> 32 OR id !~ "
	"'^[0-9a-f]{16}$' OR octet_length(usr) NOT BETWEEN 1 AND 128",
	"SELECT 'token ' || token, 'has grants and does not exist' FROM token_grant g WHERE NOT "
	"EXISTS (SELECT 1 FROM token t WHERE t.id = g.token)",
	"SELECT 'invitation ' || id, 'is damaged' FROM invite WHERE octet_length(hash) <> 32 OR id "
	"!~ '^[0-9a-f]{16}$' OR uses < 1",
	"SELECT 'invitation ' || id, 'was used ' || used || ' times of ' || uses FROM invite WHERE "
	"used NOT BETWEEN 0 AND uses",
	"SELECT 'invitation ' || id, 'opens no group' FROM invite i WHERE source = '' AND NOT "
	"EXISTS (SELECT 1 FROM invite_grant g WHERE g.invite = i.id)",
	"SELECT 'invitation ' || invite, 'has grants and does not exist' FROM invite_grant g WHERE "
	"NOT EXISTS (SELECT 1 FROM invite i WHERE i.id = g.invite)",
};

static const char values_sql[] =
	"SELECT id, plain, value FROM doc WHERE value IS NOT NULL AND deleted_at IS NULL";
static const char stats_sql[] =
	"SELECT epoch, head, (SELECT count(*) FROM grp), (SELECT count(*) FROM doc WHERE "
	"deleted_at IS NULL), (SELECT count(*) FROM doc WHERE deleted_at IS NOT NULL), (SELECT "
	"count(*) FROM token) FROM state()";

struct checking {
	const struct store_check *check;
	struct store_stats_full *stats;
	uint64_t done;
};

static enum rc on_fault_row(void *arg, const PGresult *result)
{
	const struct checking *checking = arg;

	checking->check->on_fault(checking->check->arg, result_text(result, 0, 0),
				  result_text(result, 0, 1));
	return RC_OK;
}

static enum rc on_stats_row(void *arg, const PGresult *result)
{
	*((struct checking *)arg)->stats = (struct store_stats_full){
		.epoch = result_number(result, 0, 0),
		.head = result_number(result, 0, 1),
		.groups = result_number(result, 0, 2),
		.documents = result_number(result, 0, 3),
		.tombstones = result_number(result, 0, 4),
		.tokens = result_number(result, 0, 5),
	};
	return RC_OK;
}

static void progress(const struct checking *checking, const char *what, uint64_t total)
{
	if (checking->check->on_progress)
		checking->check->on_progress(checking->check->arg, what, checking->done, total);
}

static enum rc on_value_row(void *arg, const PGresult *result)
{
	struct checking *checking = arg;

	check_value(checking->check, result_text(result, 0, 0), result_text(result, 0, 2),
		    result_bool(result, 0, 1));
	if (++checking->done % 1000 == 0)
		progress(checking, "reading values", checking->stats->documents);
	return RC_OK;
}

static enum rc run_all(PGconn *conn, struct checking *checking)
{
	const struct params none = { .count = 0 };
	enum rc rc = whole_rows(conn, stats_sql, &none, on_stats_row, checking);

	for (size_t i = 0; rc == RC_OK && i < COUNT(faults); i++) {
		checking->done = i;
		progress(checking, "checking", COUNT(faults));
		rc = whole_rows(conn, faults[i], &none, on_fault_row, checking);
	}
	checking->done = 0;
	if (rc == RC_OK && !checking->check->quick)
		rc = whole_rows(conn, values_sql, &none, on_value_row, checking);
	return rc;
}

enum rc postgres_check(const struct db_url *db, const struct store_check *check,
		       struct store_stats_full *stats, struct error *err)
{
	struct checking checking = { .check = check, .stats = stats };
	struct conninfo *conninfo;
	PGconn *conn = NULL;
	enum rc rc = conninfo_parse(db->text, &conninfo, err);

	if (rc == RC_OK)
		rc = whole_connect(conninfo, &conn, err);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, "BEGIN READ ONLY", NULL, err);
	if (rc == RC_OK) {
		rc = run_all(conn, &checking);
		if (rc != RC_OK)
			(void)error_set(err, rc, "the database cannot be read to its end (%s)",
					PQerrorMessage(conn));
	}
	PQfinish(conn);
	conninfo_free(conninfo);
	return rc;
}
