/* Reads a whole database as records (store/record.h), for a copy to another back end.
 * The store's door and load.c call it. */
#include "store/postgres/dump.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/postgres/result.h"
#include "store/postgres/schema.h"
#include "store/postgres/whole.h"

#include <stdlib.h>

#define OTHERS_MS 3000 /* for sessions of servers that were stopped */
#define PAUSE_MS 50

struct dump {
	const struct record_sink *sink;
	struct error *err;
	struct record_state *state;
	enum record_table table;
	bool refused; /* by the sink, which has set err */
};

static const char *const statements[RECORD_TABLES] = {
	[RECORD_ACCOUNT] =
		"SELECT account, usr, bytes, documents, groups FROM account ORDER BY account",
	[RECORD_GROUP] = "SELECT gid, name, account FROM grp ORDER BY gid",
	[RECORD_DOC] = "SELECT gid, seq, id, version, deleted_at, op, plain, value, written_at, "
		       "written_by, account, charge FROM doc ORDER BY gid, seq",
	[RECORD_HISTORY] = "SELECT gid, seq, id, version, deleted_at, op, plain, value, "
			   "written_at, written_by, ended_at FROM history ORDER BY gid, id, "
			   "version",
	[RECORD_TOKEN] = "SELECT id, usr, hash, created, expires, quota_bytes, quota_documents, "
			 "quota_groups, quota_streams, quota_pushes, note, invite, retry, used "
			 "FROM token ORDER BY id",
	[RECORD_GRANT] = "SELECT token, n, grp, write FROM token_grant ORDER BY token, n",
	[RECORD_INVITE] = "SELECT id, hash, source, note, created, expires, uses, used FROM "
			  "invite ORDER BY id",
	[RECORD_INVITE_GRANT] = "SELECT invite, n, grp, write FROM invite_grant ORDER BY invite, n",
	[RECORD_REVOKED_JOIN] =
		"SELECT invite, retry, usr FROM revoked_join ORDER BY invite, retry, usr",
};

static const char lanes_sql[] =
	"SELECT DISTINCT ON (lane) lane, seq, horizon, documents, tombstones FROM change ORDER BY "
	"lane, entry DESC";
static const char epochs_sql[] =
	"SELECT e.epoch, l, e.starts[l + 1] FROM (SELECT * FROM epoch ORDER BY n DESC LIMIT 64) e "
	"CROSS JOIN generate_series(0, (SELECT lanes - 1 FROM meta)) l ORDER BY e.n, l";

static struct field field_of(const PGresult *row, int column, enum field_kind kind)
{
	struct field field = { .is_null = PQgetisnull(row, 0, column) };

	if (field.is_null)
		return field;
	if (kind == FIELD_NUMBER)
		field.number = result_int64(row, 0, column);
	else if (kind == FIELD_INT)
		field.number = result_int(row, 0, column);
	else if (kind == FIELD_FLAG)
		field.number = result_bool(row, 0, column);
	else
		field.bytes = result_text(row, 0, column);
	return field;
}

static enum rc on_record_row(void *arg, const PGresult *row)
{
	struct dump *dump = arg;
	const struct record_shape *shape = &record_shapes[dump->table];
	struct record record = { .table = dump->table };
	enum rc rc;

	for (size_t i = 0; i < shape->count; i++)
		record.fields[i] = field_of(row, (int)i, shape->kinds[i]);
	rc = dump->sink->on_record(dump->sink->arg, &record, dump->err);
	dump->refused = rc != RC_OK;
	return rc;
}

static enum rc on_lane_row(void *arg, const PGresult *row)
{
	struct record_state *state = ((struct dump *)arg)->state;

	if (state->lanes == STORE_LANES_MAX || result_int(row, 0, 0) != state->lanes)
		return RC_CORRUPT;
	state->of[state->lanes++] = (struct record_lane){
		.head = result_number(row, 0, 1),
		.horizon = result_number(row, 0, 2),
		.documents = result_number(row, 0, 3),
		.tombstones = result_number(row, 0, 4),
	};
	return RC_OK;
}

static enum rc on_history_row(void *arg, const PGresult *row)
{
	history_rules_parse(result_text(row, 0, 0), &((struct dump *)arg)->state->history);
	return RC_OK;
}

static enum rc on_epoch_row(void *arg, const PGresult *row)
{
	struct record_state *state = ((struct dump *)arg)->state;
	const int lane = result_int(row, 0, 1);

	if (lane == 0)
		state->epoch_count++;
	if (state->epoch_count == 0 || state->epoch_count > RECORD_EPOCHS_MAX ||
	    lane >= STORE_LANES_MAX)
		return RC_CORRUPT;
	state->epochs[state->epoch_count - 1].epoch = result_number(row, 0, 0);
	state->epochs[state->epoch_count - 1].starts[lane] = result_number(row, 0, 2);
	return RC_OK;
}

static enum rc dump_rows(PGconn *conn, struct dump *dump, const char *sql, on_whole_row *on_row)
{
	const struct params none = { .count = 0 };
	enum rc rc = whole_rows(conn, sql, &none, on_row, dump);

	if (rc != RC_OK && !dump->refused)
		return error_set(dump->err, rc, "the database cannot be read to its end (%.*s)",
				 first_line_length(PQerrorMessage(conn)), PQerrorMessage(conn));
	return rc;
}

static enum rc dump_state(PGconn *conn, struct dump *dump)
{
	enum rc rc;

	dump->state = mem_alloc(sizeof(*dump->state));
	rc = dump_rows(conn, dump, lanes_sql, on_lane_row);
	if (rc == RC_OK)
		rc = dump_rows(conn, dump, epochs_sql, on_epoch_row);
	if (rc == RC_OK)
		rc = dump_rows(conn, dump, "SELECT history FROM meta", on_history_row);
	if (rc == RC_OK && (dump->state->lanes == 0 || dump->state->epoch_count == 0))
		rc = error_set(dump->err, RC_CORRUPT,
			       "the database has no lane or no epoch; see 'pocketbook help check'");
	if (rc == RC_OK)
		rc = dump->sink->on_state(dump->sink->arg, dump->state, dump->err);
	free(dump->state);
	return rc;
}

enum rc pg_dump_records(PGconn *conn, const struct record_sink *sink, struct error *err)
{
	struct dump dump = { .sink = sink, .err = err };
	enum rc rc = dump_state(conn, &dump);

	for (int table = 0; rc == RC_OK && table < RECORD_TABLES; table++) {
		dump.table = (enum record_table)table;
		rc = dump_rows(conn, &dump, statements[table], on_record_row);
	}
	return rc;
}

/* ---- From a database of its own ---- */

/* Hosts and commands use the same role, and are seen by their application's name. The
 * lanes are locked for the session, so that nothing is written while it is read. */
static const char others_sql[] =
	"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
	"pg_backend_pid() AND usename = current_user AND application_name = "
	"current_setting('application_name')";
static const char lock_sql[] =
	"SELECT epoch_check('copied', false);"
	"SELECT pg_advisory_lock(7216171, 100 + l) FROM generate_series(0, (SELECT lanes - 1 FROM "
	"meta)) l";

static enum rc count_others(PGconn *conn, int *others, struct error *err)
{
	PGresult *result;
	enum rc rc = pg_schema_query(conn, others_sql, &result, err);

	if (rc != RC_OK)
		return rc;
	*others = atoi(PQgetvalue(result, 0, 0));
	PQclear(result);
	return RC_OK;
}

/* A session ends some time after its client. */
static enum rc refuse_others(PGconn *conn, struct error *err)
{
	const uint64_t deadline = clock_ms() + OTHERS_MS;
	int others;
	enum rc rc;

	while ((rc = count_others(conn, &others, err)) == RC_OK && others > 0) {
		if (clock_ms() >= deadline)
			return error_set(err, RC_BUSY,
					 "%d other connections of Pocketbook use the database %s; "
					 "stop the servers on all hosts first",
					 others, PQdb(conn));
		clock_sleep_until(clock_ms() + PAUSE_MS);
	}
	return rc;
}

enum rc postgres_dump(const struct db_url *db, const struct record_sink *sink, struct error *err)
{
	struct conninfo *conninfo;
	PGconn *conn = NULL;
	enum rc rc = conninfo_parse(db->text, &conninfo, err);

	if (rc == RC_OK)
		rc = whole_connect(conninfo, &conn, err);
	if (rc == RC_OK)
		rc = refuse_others(conn, err);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, PG_READ_COMMITTED "; SET lock_timeout = '5s'", NULL,
				     err);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, lock_sql, NULL, err);
	if (rc == RC_OK)
		rc = pg_schema_query(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
				     err);
	if (rc == RC_OK)
		rc = pg_dump_records(conn, sink, err);
	PQfinish(conn);
	conninfo_free(conninfo);
	return rc;
}
