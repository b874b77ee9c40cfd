/* See replica.h. Called by open.c, pull.c and stats.c.
 *
 * A standby replays the log of the primary in its order, so what it has of a lane is
 * always a prefix: all up to some number, within one epoch. It never goes back while a
 * connection to it lasts. */
#include "store/postgres/replica.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/postgres/operations.h"
#include "store/postgres/schema.h"

#include <stdlib.h>
#include <string.h>

#define MEASURE_MS 1000
#define BEHIND_MS 10000 /* is worth a line in the log */
/* A page that waits for a standby is asked of the primary then. */
#define ANSWER_MS 2000
#define TIMEOUT "SELECT set_config('statement_timeout', '1500ms', false)"

struct replica {
	struct postgres *postgres;
	struct conninfo *conninfo;
	struct line_options options;
	struct line *line;
	struct heads heads;
	const char *setup[3];
	/* Of a writer. */
	struct store_places wanted; /* what the primary had, at asked_at */
	uint64_t asked_at;
	uint64_t whole_at; /* clock_ms: when it is known to have had all */
	uint64_t next_measure;
	bool is_whole; /* as it was measured last */
	bool is_measuring;
	bool is_behind; /* and that has been logged */
};

static const char *wanted_url;
static bool wanted_agrees;

void replica_use(const char *url, bool must_agree)
{
	wanted_url = url;
	wanted_agrees = must_agree;
}

static enum rc parse(struct conninfo **out, struct error *err)
{
	enum rc rc = conninfo_parse(wanted_url, out, err);

	if (rc == RC_OK)
		conninfo_want_standby(*out);
	return rc;
}

/* ---- At the start of a server ---- */

/* The same on a primary and its standbys, and nowhere else. */
static enum rc identify(PGconn *conn, char out[64], struct error *err)
{
	PGresult *result;
	enum rc rc =
		pg_schema_query(conn,
				"SELECT (SELECT system_identifier FROM pg_control_system()) || "
				"'/' || (SELECT oid FROM pg_database WHERE datname = "
				"current_database())",
				&result, err);

	if (rc != RC_OK)
		return rc;
	(void)snprintf(out, 64, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return RC_OK;
}

static enum rc compare(PGconn *primary, PGconn *standby, struct error *err)
{
	char one[64], other[64];
	enum rc rc = identify(primary, one, err);

	if (rc == RC_OK)
		rc = identify(standby, other, err);
	if (rc == RC_OK && strcmp(one, other) != 0)
		rc = error_set(err, RC_MALFORMED,
			       "the database of --db-replica is not that of --db; name a hot "
			       "standby of that server, and the same database there");
	return rc;
}

enum rc replica_check(PGconn *primary, struct error *err)
{
	struct conninfo *conninfo;
	PGconn *standby = NULL;
	struct error detail;
	enum rc rc;

	if (wanted_url == NULL || !wanted_agrees)
		return RC_OK;
	rc = parse(&conninfo, &detail);
	if (rc == RC_OK)
		rc = pg_schema_connect(conninfo, &standby, &detail);
	if (rc == RC_OK)
		rc = compare(primary, standby, &detail);
	PQfinish(standby);
	conninfo_free(conninfo);
	if (rc == RC_OK)
		return RC_OK;
	if (rc != RC_UNAVAILABLE)
		return error_set(err, rc, "db-replica: %s", detail.text);
	log_warn("replica_unusable", LOG_TEXT("reason", detail.text));
	return RC_OK;
}

/* ---- The line ---- */

/* Another server, or the same one after a restart. */
static void on_connected(void *arg, const char *payload)
{
	struct replica *replica = arg;

	(void)payload;
	replica->heads.last = (struct store_places){ .epoch = 0 };
}

/* libpq looks for the password at once; in the sandbox it would not find the file. */
static void find_password(struct conninfo *conninfo)
{
	struct conninfo_parameters parameters;
	PGconn *conn;

	conninfo_for_host(conninfo, 0, &parameters);
	conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
	if (conn)
		conninfo_keep_password(conninfo, PQpass(conn));
	PQfinish(conn);
}

enum rc replica_new(struct postgres *postgres, struct replica **out, struct error *err)
{
	struct replica *replica;
	struct conninfo *conninfo;
	enum rc rc;

	*out = NULL;
	if (wanted_url == NULL || postgres->store.role == STORE_COMMAND)
		return RC_OK;
	rc = parse(&conninfo, err);
	if (rc != RC_OK)
		return rc;
	find_password(conninfo);
	replica = *out = mem_alloc(sizeof(*replica));
	*replica = (struct replica){ .postgres = postgres,
				     .conninfo = conninfo,
				     .setup = { postgres->options.setup[0], TIMEOUT, NULL },
				     .is_whole = true,
				     .whole_at = clock_ms() };
	replica->options = postgres->options;
	replica->options.conninfo = conninfo;
	replica->options.name = "replica";
	replica->options.setup = replica->setup;
	replica->options.statement_count = PG_HEAD + 1;
	replica->options.answer_ms = ANSWER_MS;
	replica->options.on_notify = on_connected;
	replica->options.arg = replica;
	replica->line = line_new(&replica->options);
	replica->heads = (struct heads){ .line = replica->line,
					 .statement = PG_HEAD,
					 .lanes = postgres->lanes };
	return RC_OK;
}

void replica_free(struct replica *replica)
{
	if (replica == NULL)
		return;
	line_free(replica->line);
	heads_clear(&replica->heads);
	conninfo_free(replica->conninfo);
	free(replica);
}

struct line *replica_line(struct replica *replica)
{
	return replica->line;
}

const struct conninfo *replica_conninfo(const struct replica *replica)
{
	return replica->conninfo;
}

/* ---- How far it is ---- */

void replica_ask(struct replica *replica, on_store_places *on_places, void *arg)
{
	heads_ask(&replica->heads, on_places, arg);
}

bool replica_has(const struct replica *replica, int lane, uint64_t epoch, uint64_t seq)
{
	const struct store_places *last = &replica->heads.last;

	if (FAULT_MUTANT("replica_unasked"))
		return true;
	return last->epoch == epoch && epoch != 0 && last->seqs[lane] >= seq;
}

static void note_lag(struct replica *replica)
{
	const uint64_t lag = replica_lag(replica);

	if (lag >= BEHIND_MS && !replica->is_behind)
		log_warn("replica_behind", LOG_NUMBER("lag_ms", lag));
	else if (lag == 0 && replica->is_behind)
		log_info("replica_current");
	if (lag >= BEHIND_MS || lag == 0)
		replica->is_behind = lag != 0;
}

static void on_measured(void *arg, enum rc rc, const struct store_places *heads)
{
	struct replica *replica = arg;
	bool is_whole = rc == RC_OK && heads->epoch == replica->wanted.epoch;

	replica->is_measuring = false;
	for (int lane = 0; is_whole && lane < heads->lanes; lane++)
		is_whole = heads->seqs[lane] >= replica->wanted.seqs[lane];
	if (is_whole)
		replica->whole_at = replica->asked_at;
	replica->is_whole = is_whole;
	note_lag(replica);
}

static void on_wanted(void *arg, enum rc rc, const struct store_places *heads)
{
	struct replica *replica = arg;

	if (rc != RC_OK) {
		replica->is_measuring = false;
		return;
	}
	replica->wanted = *heads;
	replica_ask(replica, on_measured, replica);
}

void replica_poll(struct replica *replica, uint64_t *deadline)
{
	if (replica->postgres->store.role == STORE_WRITER && !replica->is_measuring &&
	    replica->next_measure < *deadline)
		*deadline = replica->next_measure;
}

void replica_run(struct replica *replica)
{
	const uint64_t now = clock_ms();

	if (replica->postgres->store.role != STORE_WRITER || replica->is_measuring ||
	    now < replica->next_measure)
		return;
	replica->is_measuring = true;
	replica->asked_at = now;
	replica->next_measure = now + MEASURE_MS;
	heads_ask(&replica->postgres->heads, on_wanted, replica);
}

uint64_t replica_lag(const struct replica *replica)
{
	if (replica == NULL || replica->is_whole)
		return 0;
	return clock_ms() - replica->whole_at;
}
