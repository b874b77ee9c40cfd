/* Operations on whole databases, each on a blocking connection of its own, and the
 * search for a document. The store's door calls them for an administrator's
 * commands. */
#include "store/postgres/whole.h"

#include "base/log.h"
#include "store/postgres/params.h"
#include "store/postgres/result.h"
#include "store/postgres/schema.h"

/* Consumers may be slow, and a scan long. */
#define SETTINGS \
	"SET search_path = " SCHEMA_NAME ", pg_temp; SET statement_timeout = 0; SET jit = off; " \
	"SET default_transaction_isolation = 'repeatable read'; SET client_min_messages = warning"

enum rc whole_connect(const struct conninfo *conninfo, PGconn **out, struct error *err)
{
	struct pg_schema schema;
	enum rc rc = pg_schema_connect(conninfo, out, err);

	if (rc == RC_OK)
		rc = pg_schema_check(*out, &schema, err);
	if (rc == RC_OK)
		rc = pg_schema_query(*out, SETTINGS, NULL, err);
	if (rc != RC_OK) {
		PQfinish(*out);
		*out = NULL;
	}
	return rc;
}

/* ---- Rows, one by one ---- */

/* Reads to the end, so that the connection can be used again. */
static enum rc read_rows(PGconn *conn, on_whole_row *on_row, void *arg)
{
	PGresult *result;
	enum rc rc = RC_OK;

	while ((result = PQgetResult(conn)) != NULL) {
		if (rc == RC_OK && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
			rc = on_row(arg, result);
		else if (rc == RC_OK)
			rc = result_rc(result);
		PQclear(result);
		if (rc != RC_OK && PQtransactionStatus(conn) == PQTRANS_ACTIVE)
			return rc; /* the caller ends the connection */
	}
	return rc;
}

enum rc whole_rows(PGconn *conn, const char *sql, const struct params *params, on_whole_row *on_row,
		   void *arg)
{
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];

	params_get(params, values, lengths, formats);
	if (!PQsendQueryParams(conn, sql, (int)params->count, NULL, values, lengths, formats, 1) ||
	    !PQsetSingleRowMode(conn))
		return RC_UNAVAILABLE;
	return read_rows(conn, on_row, arg);
}

/* ---- Documents ---- */

#define DOCUMENT \
	"SELECT d.seq, d.id, d.version, d.deleted_at IS NOT NULL, d.plain, d.value, " \
	"d.written_at, " \
	"d.written_by FROM grp g JOIN doc d USING (gid)"
#define SCANNED \
	" WHERE ($1 = '' OR g.name = $1 OR (g.name >= $1 || ':' AND g.name < $1 || ';')) AND NOT " \
	"($2 AND d.deleted_at IS NOT NULL)"

static const char scan_sql[] = DOCUMENT SCANNED " ORDER BY g.name, d.seq";
static const char scan_by_id_sql[] = DOCUMENT SCANNED " ORDER BY g.name, d.id";
static const char find_sql[] = DOCUMENT " WHERE d.id = $1";

struct scan {
	on_store_doc *on_doc;
	void *arg;
	bool damaged_too;
	uint64_t count;
};

static enum rc on_doc_row(void *arg, const PGresult *result)
{
	struct scan *scan = arg;
	struct store_doc doc = {
		.seq = result_number(result, 0, 0),
		.id = result_text(result, 0, 1),
		.version = result_number(result, 0, 2),
		.deleted = result_bool(result, 0, 3),
		.plain = result_bool(result, 0, 4),
		.value = result_value(result, 0, 5),
		.meta = { .at = result_int64(result, 0, 6), .by = result_text(result, 0, 7) },
	};

	scan->count++;
	if (!doc.deleted && doc.value.len == 0) {
		log_error("store_value_missing", LOG_NUMBER("seq", doc.seq));
		doc.damaged = true;
	}
	if (doc.damaged && !scan->damaged_too)
		return RC_CORRUPT;
	return scan->on_doc(scan->arg, &doc);
}

static enum rc scan_rows(struct store *store, const char *sql, const struct params *params,
			 struct scan *scan)
{
	PGconn *conn;
	enum rc rc = whole_connect(postgres_of(store)->conninfo, &conn, NULL);

	if (rc == RC_OK)
		rc = whole_rows(conn, sql, params, on_doc_row, scan);
	PQfinish(conn);
	return rc;
}

enum rc postgres_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
		      void *arg)
{
	struct scan rows = { .on_doc = on_doc, .arg = arg, .damaged_too = scan->damaged_too };
	struct params params = { .count = 0 };
	enum rc rc;

	params_text(&params, scan->group);
	params_bool(&params, scan->no_tombstones);
	rc = scan_rows(store, scan->by_id ? scan_by_id_sql : scan_sql, &params, &rows);
	params_free(&params);
	return rc;
}

/* An import asks for each of its documents: the connection is kept. */
static enum rc find_row(struct postgres *postgres, const struct params *params, struct scan *scan)
{
	enum rc rc = RC_OK;

	if (postgres->finder == NULL)
		rc = whole_connect(postgres->conninfo, &postgres->finder, NULL);
	if (rc == RC_OK)
		rc = whole_rows(postgres->finder, find_sql, params, on_doc_row, scan);
	if (rc != RC_OK) {
		PQfinish(postgres->finder);
		postgres->finder = NULL;
	}
	return rc;
}

enum rc postgres_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	const bool was_connected = postgres->finder != NULL;
	struct scan rows = { .on_doc = on_doc, .arg = arg };
	struct params params = { .count = 0 };
	enum rc rc;

	params_text(&params, id);
	rc = find_row(postgres, &params, &rows);
	/* It may have been lost since the last call. */
	if (rc == RC_UNAVAILABLE && was_connected && rows.count == 0)
		rc = find_row(postgres, &params, &rows);
	params_free(&params);
	return rc == RC_OK && rows.count == 0 ? RC_NOT_FOUND : rc;
}

/* ---- Others ---- */

enum rc postgres_new_epoch(struct store *store, const char *path, struct error *err)
{
	PGconn *conn;
	enum rc rc = whole_connect(postgres_of(store)->conninfo, &conn, err);

	(void)path;
	if (rc == RC_OK)
		rc = pg_schema_query(conn, PG_READ_COMMITTED, NULL, err);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, "SELECT epoch_check('by an administrator', true)", NULL,
				     err);
	PQfinish(conn);
	return rc;
}

/* Hosts may start at the same time, and none waits for a lock for long, or for a
 * standby that is away: what is lost by that, the next start says again. */
static enum rc set_history(PGconn *conn, struct slice rules)
{
	char *literal = PQescapeLiteral(conn, rules.data, rules.len);
	struct buf sql = BUF_EMPTY;
	enum rc rc = literal ? RC_OK : RC_UNAVAILABLE;

	if (rc == RC_OK)
		rc = pg_schema_query(conn,
				     PG_READ_COMMITTED
				     "; SET synchronous_commit = local; SET lock_timeout = '5s'",
				     NULL, NULL);
	if (rc == RC_OK) {
		buf_putf(&sql, "UPDATE meta SET history = %s", literal);
		buf_put_byte(&sql, 0);
		rc = pg_schema_query(conn, sql.data, NULL, NULL);
	}
	PQfreemem(literal);
	buf_free(&sql);
	return rc;
}

enum rc postgres_keep_history(struct store *store, struct slice rules)
{
	PGconn *conn;
	enum rc rc = whole_connect(postgres_of(store)->conninfo, &conn, NULL);

	if (rc == RC_OK)
		rc = set_history(conn, rules);
	PQfinish(conn);
	return rc;
}

enum rc postgres_copy(const struct db_url *from, int to, on_store_progress *on_progress, void *arg,
		      struct store_stats_full *stats, struct error *err)
{
	(void)from;
	(void)to;
	(void)on_progress;
	(void)arg;
	(void)stats;
	return error_set(err, RC_DENIED,
			 "a PostgreSQL database is backed up by its own tools: pg_dump, or "
			 "pgBackRest");
}

enum rc postgres_close_for_replace(const struct db_url *db, struct error *err)
{
	(void)db;
	return error_set(err, RC_DENIED,
			 "a PostgreSQL database is restored by its own tools: pg_restore, or "
			 "pgBackRest");
}
