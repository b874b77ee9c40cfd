/* The operations of the PostgreSQL back end as store/backend.h describes them, and the
 * handle that they share. */
#ifndef STORE_POSTGRES_OPERATIONS_H
#define STORE_POSTGRES_OPERATIONS_H

#include "store/backend.h"
#include "store/postgres/heads.h"
#include "store/postgres/line.h"
#include "store/postgres/needs.h"
#include "store/postgres/replica.h"
#include "store/rules.h"

/* The statements of `main`; of `follow`, the first alone. */
enum statement {
	PG_PULL,
	PG_PULL_META,
	PG_VERSIONS,
	PG_PULL_ALL,
	PG_LATEST,
	PG_HEAD,
	PG_FOLLOWS,
	PG_STATS,
	PG_STATS_FULL,
	PG_USERS,
	PG_TOKEN,
	PG_READER_COUNT,

	PG_PUSH = PG_READER_COUNT,
	PG_VALUES,
	PG_PURGE,
	PG_PURGE_IN_TURN,
	PG_TOKENS,
	PG_TOKEN_ADD,
	PG_TOKEN_REVOKE,
	PG_TOKEN_ROTATE,
	PG_TOKEN_SET,
	PG_TOKEN_USED,
	PG_INVITES,
	PG_INVITE_ADD,
	PG_INVITE_REMOVE,
	PG_INVITE_DEVICE,
	PG_JOIN,
	PG_COUNT
};

enum {
	POSTGRES_OWN_DATABASE_BYTES,
	POSTGRES_OWN_ROUND_TRIPS,
	POSTGRES_OWN_CONNECTIONS,
	POSTGRES_OWN_LANE_WAIT,
	POSTGRES_OWN_FOLLOW_AGE,
	POSTGRES_OWN_FOLLOW_LOSSES,
	POSTGRES_OWN_REPLICA_LAG,
	POSTGRES_OWN_COUNT
};
extern const struct store_stat postgres_own_stats[POSTGRES_OWN_COUNT];

/* Whether a number of each lane in an epoch means the same now. */
#define LINEAGE_SQL \
	"SELECT bool_and(epoch_follows(l, $2, seq)) FROM unnest($1::int[], $3::bigint[]) AS p " \
	"(l, seq)"
struct commit;
struct follow;

/* The lines of a handle. */
enum {
	WATCH_MAIN,
	WATCH_FOLLOW,
	WATCH_BULK,
	WATCH_REPLICA,
	WATCH_LANES,
	WATCH_COUNT = WATCH_LANES + STORE_LANES_MAX
};

/* What epoll watches of a line. */
struct watched {
	int fd;
	short events;
};

struct postgres {
	struct store store; /* first */
	struct conninfo *conninfo;
	struct needs needs;
	struct line_options options;
	struct line *main;
	struct follow *follow; /* NULL until store_watch */
	/* Of the writer, by lane; NULL until it is needed, and that of lane 0. */
	struct line *lane_lines[STORE_LANES_MAX];
	struct line_options lane_options;
	struct line_options bulk_options;
	struct line *bulk;       /* of a reader, for pages that may be long; NULL: none yet */
	struct replica *replica; /* NULL: none */
	PGconn *finder;          /* blocking, of postgres_find; NULL: not connected */
	struct heads heads;
	struct watched watched[WATCH_COUNT];
	int epoll;
	int lanes;
	struct commit *commits; /* the first is under way */
	uint64_t lane_wait_us;  /* of all pushes, for their turn */
	unsigned small_rounds;  /* so many of the next rounds are (push.c) */
	uint64_t database_bytes;
	uint64_t bytes_known_until; /* clock_ms */
};

static inline struct postgres *postgres_of(struct store *store)
{
	return (struct postgres *)store;
}

/* ---- open.c ---- */
enum rc postgres_open(const struct db_url *db, enum store_role role, struct store **out,
		      struct error *err);
void postgres_close(struct store *store);
void postgres_poll(struct store *store, int *fd, short *events, uint64_t *deadline);
void postgres_run(struct store *store);
void postgres_cancel(struct store *store);
bool postgres_is_idle(struct store *store);
const struct store_needs *postgres_find_needs(const struct store *store);
enum rc postgres_init(const struct db_url *db, int lanes, struct error *err);

/* ---- lanes.c ---- */
/* The connection for pushes in this lane. */
struct line *lanes_line(struct postgres *postgres, int lane);
void lanes_run(struct postgres *postgres);
void lanes_cancel(struct postgres *postgres);
void lanes_free(struct postgres *postgres);
/* The sum over `main` and the connections of lanes. */
uint64_t lanes_sum(const struct postgres *postgres, uint64_t (*of)(const struct line *line));

/* ---- pull.c ---- */
void postgres_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		      void *arg);

/* ---- read.c ---- */
void postgres_versions(struct store *store, const struct store_versions *query,
		       on_store_page *on_page, void *arg);
void postgres_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg);

void postgres_follows(struct store *store, const struct store_places *places,
		      on_store_follows *on_follows, void *arg);

/* ---- heads.c ---- */
void postgres_head(struct store *store, on_store_places *on_places, void *arg);

/* ---- stats.c ---- */
void postgres_stats(struct store *store, on_store_stats *on_stats, void *arg);
void postgres_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg);
void postgres_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg);

/* ---- tokens.c ---- */
void postgres_token_find(struct store *store, struct slice id, on_store_token *on_token, void *arg);
/* Reads rows of PG_TOKEN or PG_TOKENS; slices point into `bytes`. Free with
 * pg_tokens_free. */
enum rc pg_tokens_read(const PGresult *result, struct store_token **tokens, size_t *count,
		       struct buf *bytes);
void pg_tokens_free(struct store_token *tokens, size_t count);
void pg_tokens_add_params(struct params *params, const struct store_token *token);
/* Two arrays: groups, and whether they may be written to. */
void pg_grants_params(struct params *params, const struct store_grant *grants, size_t count);
void pg_token_set_params(struct params *params, const struct store_request *request);
void pg_token_used_params(struct params *params, const struct store_request *request, int64_t now);
/* An array of all limits. */
void pg_quota_param(struct params *params, const struct store_quota *quota);

/* ---- invites.c ---- */
/* Reads rows of PG_INVITES into the reply; slices point into `bytes`. */
enum rc pg_invites_read(const PGresult *result, struct store_reply *reply, struct buf *bytes);
void pg_invites_free(struct store_invite *invites, size_t count);
void pg_invite_add_params(struct params *params, const struct store_invite *invite);
void pg_invite_device_params(struct params *params, const struct store_request *request,
			     int64_t now);
void pg_join_params(struct params *params, const struct store_request *request, int64_t now);

/* ---- commit.c ---- */
void postgres_commit(struct store *store, const struct store_request *requests, size_t count,
		     on_store_replies *on_replies, void *arg);
enum rc postgres_maintain(struct store *store);

/* ---- follow.c ---- */
bool postgres_watch(struct store *store, on_store_news *on_news, void *arg);
struct line *follow_line(struct follow *follow);
/* LINEAGE_SQL on this connection: when that reports a new epoch, `main` may not be
 * connected yet. */
void follow_ask_lineage(struct follow *follow, const struct params *params,
			on_line_result *on_result, void *arg);
/* This host has committed in a database of several lanes, where a commit does not
 * notify (functions.sql): the hosts are told afterwards. NULL is allowed. */
void follow_tell(struct follow *follow);
void follow_run(struct follow *follow);
void follow_poll(struct follow *follow, uint64_t *deadline);
void follow_free(struct follow *follow);
/* Both 0 for NULL: milliseconds since `change` was last read to its end, and how often
 * that was too long. */
uint64_t follow_age(const struct follow *follow);
uint64_t follow_losses(const struct follow *follow);

/* ---- whole.c ---- */
enum rc postgres_scan(struct store *store, const struct store_scan *scan, on_store_doc *on_doc,
		      void *arg);
enum rc postgres_find(struct store *store, struct slice id, on_store_doc *on_doc, void *arg);
enum rc postgres_new_epoch(struct store *store, const char *path, struct error *err);
enum rc postgres_keep_history(struct store *store, struct slice rules);
enum rc postgres_copy(const struct db_url *from, int to, on_store_progress *on_progress, void *arg,
		      struct store_stats_full *stats, struct error *err);
enum rc postgres_close_for_replace(const struct db_url *db, struct error *err);

/* ---- dump.c and load.c ---- */
enum rc postgres_dump(const struct db_url *db, const struct record_sink *sink, struct error *err);
extern const struct backend_load postgres_load;

/* ---- check.c ---- */
enum rc postgres_check(const struct db_url *db, const struct store_check *check,
		       struct store_stats_full *stats, struct error *err);

#endif
