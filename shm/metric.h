/* What is measured: the table from which the scoreboard, GET /metrics, `stats`, `top`
 * and the table in doc/watching.md take it.
 *
 * How to add a metric:
 *   1. Add a row to METRIC_TABLE. The help text is a sentence; a title makes it appear
 *      in `stats`, too.
 *   2. Count it: worker_count(worker, METRIC_X, n) in a worker, scoreboard_add() or
 *      scoreboard_set() elsewhere.
 *   3. Add the row that t/0600-metrics.sh asks for to doc/watching.md, and a panel to
 *      deploy/grafana-dashboard.json (t/0640-dashboard.sh).
 * How to rename one: put the old name into the alias column for one release; GET
 * /metrics then reports both.
 *
 * Statistics of a back end (size of its files, for example) are not in this table: see
 * struct scoreboard_store_metric. */
#ifndef SHM_METRIC_H
#define SHM_METRIC_H

enum metric_kind {
	METRIC_GAUGE,   /* of a process: how many there are now; 0 again when it ends */
	METRIC_LEVEL,   /* of the database: as the writer last found it; stays when it ends */
	METRIC_COUNTER, /* since the server's start; stays when the process ends */
};

/* ID, kind, name without "pocketbook_", alias (former name), title in `stats` and
 * `top`, member in `stats --json`, help. Titles appear in this order. */
// clang-format off
#define METRIC_TABLE(ROW) \
	ROW(STREAMS, METRIC_GAUGE, "streams", NULL, "Streams", "streams", \
	    "Event streams open now.") \
	ROW(CONNECTIONS, METRIC_GAUGE, "connections", NULL, "Connections", "connections", \
	    "HTTP connections open now, without event streams.") \
	ROW(PUSHES_QUEUED, METRIC_GAUGE, "queued_pushes", NULL, "Pushes waiting", "queued", \
	    "Pushes waiting for the writer.") \
	ROW(DOCUMENTS, METRIC_LEVEL, "documents", NULL, NULL, NULL, \
	    "Documents, without tombstones.") \
	ROW(TOMBSTONES, METRIC_LEVEL, "tombstones", NULL, NULL, NULL, \
	    "Deleted documents that no purge has removed yet.") \
	ROW(SEQUENCE, METRIC_LEVEL, "sequence", NULL, NULL, NULL, \
	    "The newest sequence number.") \
	ROW(DATABASE_MOVED, METRIC_LEVEL, "database_moved", NULL, NULL, NULL, \
	    "1 while the files of the database are not where the writer opened them, so that writes are refused.") \
	ROW(REQUESTS, METRIC_COUNTER, "requests_received_total", NULL, "Requests", "requests", \
	    "Requests received, answered or not.") \
	ROW(PULLS, METRIC_COUNTER, "pulls_total", NULL, "Pulls", "pulls", \
	    "Pages read by pulls.") \
	ROW(REPLICA_PAGES, METRIC_COUNTER, "replica_pages_total", NULL, NULL, NULL, \
	    "Pages of pulls that the standby of --db-replica read.") \
	ROW(PRIMARY_PAGES, METRIC_COUNTER, "primary_pages_total", NULL, NULL, NULL, \
	    "Pages of pulls that the primary read although there is --db-replica, which was behind or away.") \
	ROW(PUSHES, METRIC_COUNTER, "pushes_total", NULL, "Pushes", "pushes", \
	    "Pushes handed to the writer.") \
	ROW(DOCUMENTS_WRITTEN, METRIC_COUNTER, "documents_written_total", NULL, "Documents written", "written", \
	    "Documents written, deletions included.") \
	ROW(CONFLICTS, METRIC_COUNTER, "conflicts_total", NULL, "Conflicts", "conflicts", \
	    "Documents refused as conflicts.") \
	ROW(DAMAGED, METRIC_COUNTER, "damaged_documents_read_total", NULL, "Damaged documents read", "damaged", \
	    "Documents that were damaged when a page or an event was made of them; each time counts. Run 'pocketbook check'.") \
	ROW(QUOTA_STORED, METRIC_COUNTER, "quota_stored_refused_total", NULL, NULL, NULL, \
	    "Pushes refused because of a quota of bytes, documents or groups.") \
	ROW(QUOTA_PUSHES, METRIC_COUNTER, "quota_pushes_refused_total", NULL, NULL, NULL, \
	    "Pushes refused because of a quota of pushes.") \
	ROW(QUOTA_STREAMS, METRIC_COUNTER, "quota_streams_refused_total", NULL, NULL, NULL, \
	    "Event streams refused because of a quota of streams.") \
	ROW(COMMITS, METRIC_COUNTER, "commits_total", NULL, "Commits", "commits", \
	    "Transactions of the writer.") \
	ROW(COMMIT_FAILURES, METRIC_COUNTER, "commit_failures_total", NULL, NULL, NULL, \
	    "Transactions of the writer that failed.") \
	ROW(STREAMS_OPENED, METRIC_COUNTER, "streams_opened_total", NULL, NULL, NULL, \
	    "Event streams opened.") \
	ROW(EVENTS_SENT, METRIC_COUNTER, "events_sent_total", NULL, "Events sent", "events", \
	    "Events sent, one for each stream that gets it.") \
	ROW(AUTH_FAILURES, METRIC_COUNTER, "auth_failures_total", "tokens_denied_total", NULL, NULL, \
	    "Requests with a token that is not valid.") \
	ROW(AUTH_THROTTLED, METRIC_COUNTER, "auth_throttled_total", "tokens_throttled_total", NULL, NULL, \
	    "Tokens not checked because their address had too many failures (--max-auth-failures).") \
	ROW(REQUEST_TIMEOUTS, METRIC_COUNTER, "request_timeouts_total", "requests_overdue_total", NULL, NULL, \
	    "Connections closed because a request took too long to arrive (--header-timeout, --body-timeout).") \
	ROW(SLOW_CLIENTS, METRIC_COUNTER, "slow_clients_dropped_total", NULL, NULL, NULL, \
	    "Connections closed because too many bytes waited for slow clients (--max-in-flight).") \
	ROW(SLOW_READERS, METRIC_COUNTER, "slow_readers_dropped_total", NULL, NULL, NULL, \
	    "Event streams closed because their client did not read (--stream-backlog).") \
	ROW(RING_OVERRUNS, METRIC_COUNTER, "ring_overruns_total", NULL, NULL, NULL, \
	    "Times a worker missed change hints and asked the database instead; nothing is lost.") \
	ROW(RESPAWNS, METRIC_COUNTER, "respawns_total", NULL, NULL, NULL, \
	    "Processes that ended unexpectedly and were started again.")
// clang-format on

enum metric {
#define METRIC_ID(id, ...) METRIC_##id,
	METRIC_TABLE(METRIC_ID)
#undef METRIC_ID
		METRIC_COUNT /* not a metric: how many there are */
};

struct metric_row {
	const char *name;
	const char *alias; /* NULL: none */
	enum metric_kind kind;
	const char *title; /* NULL: not in `stats` */
	const char *member;
	const char *help;
};

const struct metric_row *metric_row(enum metric metric);
/* "gauge" or "counter", as Prometheus names them. */
const char *metric_type(enum metric_kind kind);

/* ---- Responses ---- */

/* The label `route` of requests. */
enum scoreboard_route {
	SCOREBOARD_PULL,
	SCOREBOARD_PUSH,
	SCOREBOARD_STREAM, /* how long it took to open */
	SCOREBOARD_PAGE,   /* the page and the files beside it */
	SCOREBOARD_WHOAMI,
	SCOREBOARD_JOIN, /* and invitations for another device */
	SCOREBOARD_HEALTH,
	SCOREBOARD_METRICS,
	SCOREBOARD_OTHER, /* refused before the route was known, and preflights */
	SCOREBOARD_ROUTES
};

const char *scoreboard_route_name(enum scoreboard_route route);

/* ---- Histograms ---- */

enum histogram_kind {
	HISTOGRAM_REQUEST_TIME,                     /* one for each route */
	HISTOGRAM_COMMIT_BATCH = SCOREBOARD_ROUTES, /* requests committed together */
	HISTOGRAM_COMMIT_TIME,
	HISTOGRAM_MAINTENANCE_TIME, /* of store_maintain; named after what SQLite does then */
	HISTOGRAM_KINDS
};

struct histogram_row {
	const char *name;
	const char *help;
	double unit; /* observations in one of the unit that /metrics reports */
};

/* All routes share one row. */
const struct histogram_row *histogram_row(enum histogram_kind histogram);

#endif
