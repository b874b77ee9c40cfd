/* Writes a whole database from records (store/record.h), for a copy from another back
 * end: one transaction, which also makes the schema. The store's door calls it. */
#include "base/mem.h"
#include "store/postgres/copy_rows.h"
#include "store/postgres/dump.h"
#include "store/lane.h"
#include "store/postgres/migrate.h"
#include "store/postgres/result.h"
#include "store/postgres/whole.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct store_load {
	struct conninfo *conninfo;
	PGconn *conn;
	int lanes;
	int table; /* that is being copied; -1: none */
	struct copy_rows rows;
};

static const char *const statements[RECORD_TABLES] = {
	[RECORD_ACCOUNT] =
		"COPY account (account, usr, bytes, documents, groups) FROM STDIN (FORMAT binary)",
	[RECORD_GROUP] = "COPY grp (gid, name, account, lane) FROM STDIN (FORMAT binary)",
	[RECORD_DOC] = "COPY doc (gid, seq, id, version, deleted_at, op, plain, value, written_at, "
		       "written_by, account, charge) FROM STDIN (FORMAT binary)",
	[RECORD_HISTORY] = "COPY history (gid, seq, id, version, deleted_at, op, plain, value, "
			   "written_at, written_by, ended_at) FROM STDIN (FORMAT binary)",
	[RECORD_TOKEN] = "COPY token (id, usr, hash, created, expires, quota_bytes, "
			 "quota_documents, quota_groups, quota_streams, quota_pushes, note, "
			 "invite, retry, used) FROM STDIN (FORMAT binary)",
	[RECORD_GRANT] = "COPY token_grant (token, n, grp, write) FROM STDIN (FORMAT binary)",
	[RECORD_INVITE] = "COPY invite (id, hash, source, note, created, expires, uses, used) FROM "
			  "STDIN (FORMAT binary)",
	[RECORD_INVITE_GRANT] =
		"COPY invite_grant (invite, n, grp, write) FROM STDIN (FORMAT binary)",
	[RECORD_REVOKED_JOIN] = "COPY revoked_join (invite, retry, usr) FROM STDIN (FORMAT binary)",
};

/* ---- The transaction ---- */

/* A process that would write to it waits for the lanes, and then finds that it is not
 * empty. */
static const char lock_sql[] =
	"SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
	"SET LOCAL jit = off; SELECT lock_lane(l) FROM generate_series(0, (SELECT lanes - 1 FROM "
	"meta)) l ORDER BY l";
static const char look_sql[] =
	"SELECT (SELECT lanes FROM meta), EXISTS (SELECT 1 FROM grp) OR EXISTS (SELECT 1 FROM doc) "
	"OR EXISTS (SELECT 1 FROM token) OR EXISTS (SELECT 1 FROM invite) OR EXISTS (SELECT 1 FROM "
	"account) OR EXISTS (SELECT 1 "
	"FROM change WHERE seq > 0 OR horizon > 0)";

static enum rc refuse_full(struct store_load *load, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(load->conn, look_sql, &result, err);
	bool is_full;

	if (rc != RC_OK)
		return rc;
	load->lanes = atoi(PQgetvalue(result, 0, 0));
	is_full = PQgetvalue(result, 0, 1)[0] == 't';
	PQclear(result);
	return is_full ? error_set(err, RC_EXISTS,
				   "the database %s is not empty; name an empty one, or drop its "
				   "schema " SCHEMA_NAME,
				   PQdb(load->conn))
		       : RC_OK;
}

static enum rc load_open(const struct db_url *db, int fd, int lanes, struct store_load **out,
			 struct error *err)
{
	struct store_load *load = mem_alloc(sizeof(*load));
	enum rc rc;

	(void)fd;
	*out = load;
	load->table = -1;
	rc = conninfo_parse(db->text, &load->conninfo, err);
	if (rc == RC_OK)
		rc = pg_schema_connect(load->conninfo, &load->conn, err);
	if (rc == RC_OK)
		rc = pg_schema_query(load->conn, PG_READ_COMMITTED, NULL, err);
	if (rc == RC_OK)
		rc = pg_schema_begin(load->conn, lanes, err);
	if (rc == RC_OK)
		rc = pg_schema_query(load->conn, lock_sql, NULL, err);
	return rc == RC_OK ? refuse_full(load, err) : rc;
}

/* Ending the connection undoes what was not committed. */
static void load_free(struct store_load *load)
{
	copy_rows_free(&load->rows);
	PQfinish(load->conn);
	conninfo_free(load->conninfo);
	free(load);
}

/* ---- The state ---- */

static enum rc run(const struct store_load *load, const struct buf *sql, struct error *err)
{
	return pg_schema_query(load->conn, sql->data, NULL, err);
}

/* One lane becomes any number: its head is that of all. */
static uint64_t start_in(const struct record_state *state, size_t epoch, int lane)
{
	return state->epochs[epoch].starts[state->lanes == 1 ? 0 : lane];
}

static void put_epoch(struct buf *sql, const struct record_state *state, size_t epoch, int lanes)
{
	buf_putf(sql,
		 "INSERT INTO epoch (n, epoch, starts, system, why) SELECT %zu, %" PRId64
		 ", ARRAY[",
		 epoch + 1, (int64_t)state->epochs[epoch].epoch);
	for (int lane = 0; lane < lanes; lane++)
		buf_putf(sql, "%s%" PRIu64, lane ? "," : "", start_in(state, epoch, lane));
	buf_put_text(sql, "]::bigint[], system_identifier, 'copied' FROM pg_control_system();");
}

static void put_lane(struct buf *sql, const struct record_state *state, int lane)
{
	const struct record_lane *of = &state->of[state->lanes == 1 ? 0 : lane];

	buf_putf(sql,
		 "INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, "
		 "seqs) SELECT lane, entry + 1, %" PRIu64 ", 0, 0, %" PRIu64
		 ", '{*}', ARRAY[%" PRIu64 "]::bigint[] FROM change WHERE lane = %d ORDER BY entry "
		 "DESC LIMIT 1;",
		 of->head, of->horizon, of->head, lane);
}

static void put_history(const struct store_load *load, struct buf *sql,
			const struct record_state *state)
{
	struct buf rules = BUF_EMPTY;
	const struct slice text = history_rules_put(&rules, &state->history);
	char *literal = PQescapeLiteral(load->conn, text.data, text.len);

	/* Without a connection all that follows fails. */
	if (literal)
		buf_putf(sql, "UPDATE meta SET history = %s;", literal);
	PQfreemem(literal);
	buf_free(&rules);
}

static enum rc load_begin(struct store_load *load, const struct record_state *state,
			  struct error *err)
{
	struct buf sql = BUF_EMPTY;
	enum rc rc;

	if (state->lanes != 1 && state->lanes != load->lanes)
		return error_set(err, RC_DENIED,
				 "the database has %d lanes, and the target has %d: its numbers "
				 "cannot be kept; make the target with 'pocketbook init --lanes "
				 "%d'",
				 state->lanes, load->lanes, state->lanes);
	buf_put_text(&sql, "DELETE FROM epoch; DELETE FROM alive;");
	for (size_t i = 0; i < state->epoch_count; i++)
		put_epoch(&sql, state, i, load->lanes);
	buf_put_text(&sql, "INSERT INTO alive (epoch, system) SELECT epoch, system FROM epoch "
			   "ORDER BY n DESC LIMIT 1;");
	for (int lane = 0; lane < load->lanes; lane++)
		put_lane(&sql, state, lane);
	put_history(load, &sql, state);
	buf_put_text(&sql, "SELECT pg_notify('pocketbook', 'epoch')");
	buf_put_byte(&sql, 0);
	rc = run(load, &sql, err);
	buf_free(&sql);
	return rc;
}

/* ---- Records ---- */

static enum rc end_table(struct store_load *load, struct error *err)
{
	const int table = load->table;

	load->table = -1;
	return table < 0 ? RC_OK : copy_rows_end(&load->rows, err);
}

static void put_field(struct copy_rows *rows, const struct field *field, enum field_kind kind)
{
	if (field->is_null)
		copy_rows_null(rows);
	else if (kind == FIELD_NUMBER)
		copy_rows_int8(rows, field->number);
	else if (kind == FIELD_INT)
		copy_rows_int4(rows, (int32_t)field->number);
	else if (kind == FIELD_FLAG)
		copy_rows_bool(rows, field->number != 0);
	else
		copy_rows_bytes(rows, field->bytes);
}

static enum rc load_put(struct store_load *load, const struct record *record, struct error *err)
{
	const struct record_shape *shape = &record_shapes[record->table];
	const bool is_group = record->table == RECORD_GROUP;
	enum rc rc = RC_OK;

	if (load->table != (int)record->table) {
		rc = end_table(load, err);
		if (rc == RC_OK)
			rc = copy_rows_begin(&load->rows, load->conn, statements[record->table],
					     err);
		if (rc != RC_OK)
			return rc;
		load->table = (int)record->table;
	}
	copy_rows_row(&load->rows, (int)shape->count + is_group);
	for (size_t i = 0; i < shape->count; i++)
		put_field(&load->rows, &record->fields[i], shape->kinds[i]);
	if (is_group)
		copy_rows_int4(&load->rows, lane_of(record->fields[1].bytes, load->lanes));
	return copy_rows_send(&load->rows, err);
}

/* What follows from the records. The planner has to know them before the first pull. */
static const char end_sql[] =
	"UPDATE change c SET documents = x.documents, tombstones = x.tombstones FROM (SELECT "
	"g.lane, count(*) FILTER (WHERE d.deleted_at IS NULL) AS documents, count(d.deleted_at) AS "
	"tombstones FROM grp g JOIN doc d USING (gid) GROUP BY g.lane) x WHERE c.lane = x.lane AND "
	"c.entry = (SELECT max(entry) FROM change y WHERE y.lane = c.lane);"
	"SELECT setval(pg_get_serial_sequence('grp', 'gid'), coalesce(max(gid), 1), max(gid) IS "
	"NOT NULL) FROM grp;"
	"SELECT setval(pg_get_serial_sequence('account', 'account'), coalesce(max(account), 1), "
	"max(account) IS NOT NULL) FROM account;"
	"ANALYZE grp; ANALYZE doc";

static enum rc load_end(struct store_load *load, struct error *err)
{
	enum rc rc = end_table(load, err);

	return rc == RC_OK ? pg_schema_query(load->conn, end_sql, NULL, err) : rc;
}

static enum rc load_dump(struct store_load *load, const struct record_sink *sink, struct error *err)
{
	return pg_dump_records(load->conn, sink, err);
}

static enum rc load_commit(struct store_load *load, struct error *err)
{
	enum rc rc = pg_schema_query(load->conn, "COMMIT", NULL, err);

	if (rc != RC_OK && PQstatus(load->conn) != CONNECTION_OK)
		return error_set(err, RC_UNAVAILABLE,
				 "the connection to the database was lost at the last moment; "
				 "'pocketbook stats' tells whether it has everything or nothing");
	return rc;
}

const struct backend_load postgres_load = {
	.open = load_open,
	.begin = load_begin,
	.put = load_put,
	.end = load_end,
	.dump = load_dump,
	.commit = load_commit,
	.free = load_free,
};
