/* Opens and closes a handle, and joins its connections into one descriptor for the
 * caller's event loop. The store's door calls it. */
#include "store/postgres/operations.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/lane.h"
#include "store/postgres/migrate.h"
#include "store/postgres/pull_all.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* jit makes a short statement take 300 ms; a sequential scan is never right here,
 * though the planner takes it for a small table; plans must not depend on the first
 * values. statement_timeout does not end the wait for a synchronous standby. */
#define SETTINGS \
	"SELECT set_config('search_path', 'pocketbook, pg_temp', false), set_config('jit', " \
	"'off', " \
	"false)," \
	" set_config('enable_seqscan', 'off', false), set_config('plan_cache_mode', " \
	"'force_generic_plan', false)," \
	" set_config('lock_timeout', '5s', false), " \
	"set_config('idle_in_transaction_session_timeout', " \
	"'5s', false)," \
	" set_config('statement_timeout', '10s', false), " \
	"set_config('default_transaction_isolation', " \
	"'read committed', false)," \
	" set_config('synchronous_commit', CASE current_setting('synchronous_commit')" \
	" WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)"

/* A server's clients are told within ten seconds (worker/deadline.c) that the database
 * does not answer: then its line has been lost. A command may wait for longer. */
#define SERVER_ANSWER_MS 8000
#define SERVER_TIMEOUT "SELECT set_config('statement_timeout', '7s', false)"
#define COMMAND_ANSWER_MS 15000

static const char *const command_setup[] = { SETTINGS, NULL };
static const char *const reader_setup[] = { SETTINGS, SERVER_TIMEOUT, NULL };
/* A loaded dump brings the row of `alive`, but not the system's identifier. */
static const char *const writer_setup[] = { SETTINGS, SERVER_TIMEOUT,
					    "SELECT epoch_check('connected', false)", NULL };

static const char *const *setup_of(enum store_role role)
{
	if (role == STORE_WRITER)
		return writer_setup;
	return role == STORE_READER ? reader_setup : command_setup;
}

/* A token with its grants, a row for each; quotas in the order of enum
 * store_quota_kind. */
#define TOKEN_COLUMNS \
	"id, token.usr, hash, created, expires, grp, write, quota_bytes, quota_documents, " \
	"quota_groups, quota_streams, quota_pushes, note, invite, used"

#define VERSION_COLUMNS "seq, version, deleted_at, plain, value, written_at, written_by"

/* Columns and parameters: functions.sql describes the functions. */
static const char *const statements[PG_COUNT] = {
	[PG_PULL] = "SELECT * FROM pull($1, $2, $3, $4, $5, $6, $7, $8)",
	[PG_PULL_META] =
		"SELECT p.a, p.b, p.c, p.d, p.flag, p.plain, p.id, p.value, d.written_at, "
		"d.written_by FROM pull($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY AS "
		"p (a, b, c, d, flag, plain, id, value, n) LEFT JOIN doc d ON d.id = p.id "
		"ORDER BY p.n",
	[PG_VERSIONS] =
		"SELECT seq, version, deleted_at IS NOT NULL, plain, CASE WHEN fits THEN value END,"
		" written_at, written_by, fits FROM (SELECT *, coalesce(sum(octet_length(value)) "
		"OVER (ORDER BY version DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) "
		"<= $4 AS fits FROM (SELECT " VERSION_COLUMNS " FROM doc WHERE id = $1 AND version "
		"< $2 UNION ALL (SELECT " VERSION_COLUMNS " FROM history WHERE id = $1 AND version "
		"< $2 ORDER BY version DESC LIMIT $3) ORDER BY version DESC LIMIT $3) v) w ORDER "
		"BY "
		"version DESC",
	[PG_PULL_ALL] = PULL_ALL_SQL,
	[PG_LATEST] = "SELECT * FROM latest($1, $2)",
	[PG_HEAD] = HEADS_SQL,
	[PG_FOLLOWS] = LINEAGE_SQL,
	[PG_STATS] = "SELECT epoch, head, horizon, documents, tombstones,"
		     " CASE WHEN $1 THEN pg_database_size(current_database()) END,"
		     " (SELECT string_agg(c.horizon::text, ' ' ORDER BY l) FROM generate_series(0, "
		     "(SELECT lanes - 1 FROM meta)) l CROSS JOIN LATERAL (SELECT x.horizon FROM "
		     "change x WHERE x.lane = l ORDER BY x.entry DESC LIMIT 1) c) FROM state()",
	[PG_STATS_FULL] = "SELECT epoch, head, (SELECT count(*) FROM grp), documents, tombstones,"
			  " (SELECT count(*) FROM token) FROM state()",
	/* A row for each of the first $1 users, and one, without a name, for all
	 * others. */
	[PG_USERS] =
		"SELECT max(CASE WHEN n <= $1 THEN usr END), sum(bytes)::bigint, "
		"sum(documents)::bigint, sum(groups)::bigint, count(*) FROM (SELECT usr, bytes, "
		"documents, groups, row_number() OVER (ORDER BY bytes DESC, usr) AS n FROM "
		"account) AS a GROUP BY least(n, $1 + 1) ORDER BY least(n, $1 + 1)",
	[PG_TOKEN] = "SELECT " TOKEN_COLUMNS ", 0::bigint, 0::bigint, 0::bigint FROM token JOIN "
		     "token_grant ON token = id WHERE id = $1 ORDER BY n",
	[PG_PUSH] =
		"SELECT * FROM push_round($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
		"$14, $15, $16, $17, $18, $19, $20)",
	[PG_VALUES] = "SELECT d.version, d.deleted, d.plain, d.value FROM unnest($1::text[]) WITH "
		      "ORDINALITY AS e (id, n)"
		      " LEFT JOIN LATERAL (SELECT x.version, x.deleted_at IS NOT NULL AS deleted, "
		      "x.plain, x.value"
		      " FROM doc x WHERE x.id = e.id LIMIT 1) d ON true ORDER BY e.n",
	[PG_PURGE] = "SELECT p.purged, epoch, head, p.pruned, p.more, p.id, p.version FROM "
		     "purge($1, $2, $3, $4, $5, $6) p CROSS JOIN state()",
	[PG_PURGE_IN_TURN] = "SELECT p.purged, epoch, head, p.pruned, p.more, p.id, p.version FROM "
			     "purge_in_turn($1, $2, $3, $4, $5, $6) p CROSS JOIN state()",
	[PG_TOKENS] = "SELECT " TOKEN_COLUMNS ", bytes, documents, groups FROM token JOIN "
		      "token_grant ON token = id LEFT JOIN account ON account.usr = token.usr "
		      "ORDER BY created, id, n",
	[PG_TOKEN_ADD] =
		"SELECT token_add($1, $2, $3, $4, $5, $6, $7, $8, $9), epoch, head FROM state()",
	[PG_TOKEN_REVOKE] = "SELECT token_revoke($1), epoch, head FROM state()",
	[PG_TOKEN_SET] = "SELECT token_set($1, $2, $3, $4, $5, $6, $7), epoch, head FROM state()",
	[PG_TOKEN_USED] = "SELECT token_used($1, $2, $3), epoch, head FROM state()",
	[PG_INVITES] =
		"SELECT i.id, i.hash, i.source, i.note, i.created, i.expires, i.uses, i.used, "
		"coalesce(t.usr, ''), g.grp, g.write FROM invite i LEFT JOIN invite_grant g ON "
		"g.invite = i.id LEFT JOIN token t ON t.id = i.source ORDER BY i.created, i.id, "
		"g.n",
	[PG_INVITE_ADD] =
		"SELECT invite_add($1, $2, $3, $4, $5, $6, $7, $8), epoch, head FROM state()",
	[PG_INVITE_REMOVE] = "SELECT invite_remove($1), epoch, head FROM state()",
	[PG_INVITE_DEVICE] =
		"SELECT invite_device($1, $2, $3, $4, $5, $6, $7), epoch, head FROM state()",
	[PG_JOIN] = "SELECT j.code, s.epoch, s.head, j.id FROM token_join($1, $2, $3, $4, $5, $6, "
		    "$7) j CROSS JOIN state() s",
	[PG_TOKEN_ROTATE] = "SELECT token_rotate($1, $2, $3, $4, $5, $6), epoch, head FROM "
			    "state()",
};

/* ---- Opening ---- */

/* Checks the database and, for a writer, makes its schema or migrates it. */
static enum rc prepare(struct conninfo *conninfo, bool may_make, struct pg_schema *schema,
		       struct error *err)
{
	PGconn *conn;
	enum rc rc = pg_schema_connect(conninfo, &conn, err);

	if (rc != RC_OK)
		return rc;
	rc = may_make ? pg_schema_ensure(conn, schema, err) : pg_schema_check(conn, schema, err);
	if (rc == RC_OK && may_make)
		rc = replica_check(conn, err);
	conninfo_keep_password(conninfo, PQpass(conn));
	PQfinish(conn);
	return rc;
}

static struct postgres *new_handle(struct conninfo *conninfo, enum store_role role, int lanes)
{
	struct postgres *postgres = mem_alloc(sizeof(*postgres));

	postgres->store.role = role;
	postgres->conninfo = conninfo;
	postgres->lanes = postgres->store.lanes = lanes;
	postgres->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < WATCH_COUNT; i++)
		postgres->watched[i].fd = -1;
	postgres->options = (struct line_options){
		.conninfo = conninfo,
		.name = "main",
		.setup = setup_of(role),
		.statements = statements,
		.statement_count = role == STORE_WRITER ? PG_COUNT : PG_READER_COUNT,
		.answer_ms = role == STORE_COMMAND ? COMMAND_ANSWER_MS : SERVER_ANSWER_MS,
	};
	postgres->main = line_new(&postgres->options);
	postgres->heads =
		(struct heads){ .line = postgres->main, .statement = PG_HEAD, .lanes = lanes };
	postgres->lane_options = postgres->options;
	postgres->lane_options.name = "lane";
	return postgres;
}

enum rc postgres_open(const struct db_url *db, enum store_role role, struct store **out,
		      struct error *err)
{
	struct conninfo *conninfo;
	struct postgres *postgres;
	struct pg_schema schema;
	enum rc rc = conninfo_parse(db->text, &conninfo, err);

	if (rc != RC_OK)
		return rc;
	rc = prepare(conninfo, role == STORE_WRITER, &schema, err);
	if (rc != RC_OK) {
		conninfo_free(conninfo);
		return rc;
	}
	postgres = new_handle(conninfo, role, schema.lanes);
	postgres->store.history.versions = schema.history;
	rc = postgres->epoll < 0 ? error_set(err, RC_IO,
					     "cannot watch the connection to the "
					     "database: %s",
					     strerror(errno))
				 : line_connect(postgres->main, err);
	if (rc == RC_OK)
		rc = replica_new(postgres, &postgres->replica, err);
	needs_find(&postgres->needs, conninfo,
		   postgres->replica ? replica_conninfo(postgres->replica) : NULL);
	if (rc == RC_OK)
		*out = &postgres->store;
	else
		postgres_close(&postgres->store);
	return rc;
}

enum rc postgres_init(const struct db_url *db, int lanes, struct error *err)
{
	struct conninfo *conninfo;
	PGconn *conn = NULL;
	enum rc rc = conninfo_parse(db->text, &conninfo, err);
	struct pg_schema there;

	assert(lanes >= 1 && lanes <= STORE_LANES_MAX);
	if (rc == RC_OK)
		rc = pg_schema_connect(conninfo, &conn, err);
	if (rc == RC_OK)
		rc = pg_schema_look(conn, &there, err);
	if (rc == RC_OK && !there.is_behind)
		rc = error_set(err, RC_EXISTS, "the database %s is made already, with lanes = %d",
			       PQdb(conn), there.lanes);
	else if (rc == RC_NOT_FOUND || rc == RC_OK)
		rc = pg_schema_make(conn, lanes, err);
	PQfinish(conn);
	conninfo_free(conninfo);
	return rc;
}

void postgres_close(struct store *store)
{
	struct postgres *postgres = postgres_of(store);

	assert(postgres->commits == NULL);
	follow_free(postgres->follow);
	replica_free(postgres->replica);
	line_free(postgres->bulk);
	PQfinish(postgres->finder);
	lanes_free(postgres);
	line_free(postgres->main);
	heads_clear(&postgres->heads);
	needs_clear(&postgres->needs);
	if (postgres->epoll >= 0)
		(void)close(postgres->epoll);
	conninfo_free(postgres->conninfo);
	free(postgres);
}

/* ---- The event loop ---- */

/* Descriptors that libpq closes leave epoll by themselves, and while it connects a new
 * one may have the number of the old one. */
static void watch(const struct postgres *postgres, struct line *line, struct watched *watched,
		  uint64_t *deadline)
{
	struct epoll_event event = { .events = 0 };
	short events;
	int fd;

	line_poll(line, &fd, &events, deadline);
	if (fd >= 0 &&
	    (fd != watched->fd || events != watched->events || line_is_connecting(line))) {
		event.events = (events & POLLIN ? (uint32_t)EPOLLIN : 0) |
			       (events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
		if (epoll_ctl(postgres->epoll, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
			(void)epoll_ctl(postgres->epoll, EPOLL_CTL_ADD, fd, &event);
	}
	*watched = (struct watched){ fd, events };
}

void postgres_poll(struct store *store, int *fd, short *events, uint64_t *deadline)
{
	struct postgres *postgres = postgres_of(store);

	watch(postgres, postgres->main, &postgres->watched[WATCH_MAIN], deadline);
	if (postgres->bulk)
		watch(postgres, postgres->bulk, &postgres->watched[WATCH_BULK], deadline);
	if (postgres->replica) {
		watch(postgres, replica_line(postgres->replica), &postgres->watched[WATCH_REPLICA],
		      deadline);
		replica_poll(postgres->replica, deadline);
	}
	if (postgres->follow) {
		watch(postgres, follow_line(postgres->follow), &postgres->watched[WATCH_FOLLOW],
		      deadline);
		follow_poll(postgres->follow, deadline);
	}
	for (int lane = 1; lane < postgres->lanes; lane++)
		if (postgres->lane_lines[lane])
			watch(postgres, postgres->lane_lines[lane],
			      &postgres->watched[WATCH_LANES + lane], deadline);
	*fd = postgres->epoll;
	*events = POLLIN;
}

void postgres_run(struct store *store)
{
	struct postgres *postgres = postgres_of(store);

	line_run(postgres->main);
	if (postgres->bulk)
		line_run(postgres->bulk);
	lanes_run(postgres);
	if (postgres->replica) {
		line_run(replica_line(postgres->replica));
		replica_run(postgres->replica);
	}
	if (postgres->follow)
		follow_run(postgres->follow);
}

void postgres_cancel(struct store *store)
{
	struct postgres *postgres = postgres_of(store);

	if (postgres->follow)
		line_cancel(follow_line(postgres->follow));
	/* The pages of these are asked of the main one then. */
	if (postgres->replica)
		line_cancel(replica_line(postgres->replica));
	if (postgres->bulk)
		line_cancel(postgres->bulk);
	lanes_cancel(postgres);
	line_cancel(postgres->main);
}

const struct store_needs *postgres_find_needs(const struct store *store)
{
	return &((const struct postgres *)store)->needs.found;
}

bool postgres_is_idle(struct store *store)
{
	const struct postgres *postgres = postgres_of(store);

	return line_is_idle(postgres->main) && postgres->commits == NULL &&
	       (postgres->replica == NULL || line_is_idle(replica_line(postgres->replica))) &&
	       (postgres->bulk == NULL || line_is_idle(postgres->bulk));
}
