#include "worker/metrics.h"

#include "shm/histogram.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "pocketbook_"

/* ---- Numbers by themselves ---- */

struct metric_row {
	const char *name;
	const char *type;
	const char *help;
	enum metric value;
};

static const struct metric_row metrics[] = {
	{ "connections", "gauge", "HTTP connections open now, without event streams.",
	  METRIC_CONNECTIONS },
	{ "streams", "gauge", "Event streams open now.", METRIC_STREAMS },
	{ "queued_pushes", "gauge", "Pushes that wait for the writer.", METRIC_QUEUED },
	{ "documents", "gauge", "Documents, tombstones left out.", METRIC_DOCUMENTS },
	{ "tombstones", "gauge", "Deleted documents that no purge has removed yet.",
	  METRIC_TOMBSTONES },
	{ "sequence", "gauge", "The newest sequence number.", METRIC_SEQUENCE },
	{ "database_bytes", "gauge", "Size of the database file.", METRIC_FILE_BYTES },
	{ "wal_bytes", "gauge", "Size of the write-ahead log beside it.", METRIC_LOG_BYTES },
	{ "requests_received_total", "counter", "Requests that came in, answered or not.",
	  METRIC_REQUESTS },
	{ "pulls_total", "counter", "Pages read by pulls.", METRIC_PULLS },
	{ "pushes_total", "counter", "Pushes handed to the writer.", METRIC_PUSHES },
	{ "documents_written_total", "counter", "Documents written, deletions included.",
	  METRIC_DOCS },
	{ "conflicts_total", "counter", "Documents of pushes that were refused as conflicts.",
	  METRIC_CONFLICTS },
	{ "commits_total", "counter", "Transactions of the writer.", METRIC_COMMITS },
	{ "commit_failures_total", "counter", "Transactions of the writer that failed.",
	  METRIC_FAILURES },
	{ "streams_opened_total", "counter", "Event streams that were opened.", METRIC_OPENED },
	{ "events_sent_total", "counter", "Events sent on streams, one for each stream.",
	  METRIC_EVENTS },
	{ "tokens_denied_total", "counter", "Tokens presented that were not valid.",
	  METRIC_DENIED },
	{ "tokens_throttled_total", "counter",
	  "Tokens not looked at, as too many that are not valid came from their address.",
	  METRIC_THROTTLED },
	{ "requests_overdue_total", "counter",
	  "Connections closed as a request did not arrive in time.", METRIC_TIMEOUTS },
	{ "slow_clients_dropped_total", "counter",
	  "Connections closed as too many bytes waited for slow clients.", METRIC_SLOW_CLIENTS },
	{ "slow_readers_dropped_total", "counter",
	  "Event streams cut off because their reader did not read.", METRIC_SLOW },
	{ "ring_overruns_total", "counter",
	  "Times that a worker missed hints of changes and had to look for itself.",
	  METRIC_RING_OVERRUNS },
};

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_putf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void put_metric(struct buf *out, const struct scoreboard_view *view,
		       const struct metric_row *metric)
{
	put_head(out, metric->name, metric->type, metric->help);
	buf_putf(out, PREFIX "%s %" PRId64 "\n", metric->name,
		 scoreboard_view_sum(view, metric->value));
}

/* ---- Answers ---- */

static const char *const routes[SCOREBOARD_ROUTES] = {
	[SCOREBOARD_PULL] = "pull",     [SCOREBOARD_PUSH] = "push",
	[SCOREBOARD_STREAM] = "events", [SCOREBOARD_PAGE] = "page",
	[SCOREBOARD_HEALTH] = "health", [SCOREBOARD_METRICS] = "metrics",
	[SCOREBOARD_OTHER] = "other",
};

/* What has never been answered is left out, but for one of each route, so that each is
 * there from the start. */
static void put_answers(struct buf *out, const struct scoreboard_view *view)
{
	put_head(out, "http_requests_total", "counter", "Requests that were answered.");
	for (unsigned route = 0; route < SCOREBOARD_ROUTES; route++) {
		for (unsigned row = 0; row <= SCOREBOARD_STATUSES; row++) {
			int64_t count =
				scoreboard_responses(view, (enum scoreboard_route)route, row);

			if (count == 0 && scoreboard_status(row) != 200)
				continue;
			buf_putf(out, PREFIX "http_requests_total{route=\"%s\",status=\"",
				 routes[route]);
			if (scoreboard_status(row))
				buf_putf(out, "%d", scoreboard_status(row));
			else
				buf_put_text(out, "other");
			buf_putf(out, "\"} %" PRId64 "\n", count);
		}
	}
}

/* ---- Histograms ---- */

/* `label`: such as `route="pull"`, or empty. `unit`: what a number is divided by. */
static void put_histogram(struct buf *out, const struct scoreboard_view *view,
			  enum histogram_kind kind, const char *name, const char *label,
			  double unit)
{
	const char *comma = *label ? "," : "";
	const char *open = *label ? "{" : "", *close = *label ? "}" : "";
	struct histogram histogram;

	histogram_read(view, kind, &histogram);
	for (size_t i = 0; i < histogram.count; i++)
		buf_putf(out, PREFIX "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, label, comma,
			 (double)histogram.bounds[i] / unit, histogram.upto[i]);
	buf_putf(out, PREFIX "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma,
		 histogram.upto[histogram.count]);
	buf_putf(out, PREFIX "%s_sum%s%s%s %.15g\n", name, open, label, close,
		 (double)histogram.sum / unit);
	buf_putf(out, PREFIX "%s_count%s%s%s %" PRIu64 "\n", name, open, label, close,
		 histogram.upto[histogram.count]);
}

static void put_histograms(struct buf *out, const struct scoreboard_view *view)
{
	char label[32];

	put_head(out, "http_request_duration_seconds", "histogram",
		 "From the head of a request to its answer; of events: to its opening.");
	for (unsigned route = 0; route < SCOREBOARD_ROUTES; route++) {
		(void)snprintf(label, sizeof(label), "route=\"%s\"", routes[route]);
		put_histogram(out, view, (enum histogram_kind)(HISTOGRAM_LATENCY + route),
			      "http_request_duration_seconds", label, 1e6);
	}
	put_head(out, "commit_batch_size", "histogram",
		 "Requests in one transaction of the writer.");
	put_histogram(out, view, HISTOGRAM_BATCH, "commit_batch_size", "", 1);
	put_head(out, "commit_duration_seconds", "histogram",
		 "Time that a transaction took, its sync to disk included.");
	put_histogram(out, view, HISTOGRAM_COMMIT_TIME, "commit_duration_seconds", "", 1e6);
	put_head(out, "checkpoint_duration_seconds", "histogram",
		 "Time that copying the write-ahead log into the database took.");
	put_histogram(out, view, HISTOGRAM_CHECKPOINT_TIME, "checkpoint_duration_seconds", "", 1e6);
}

/* ---- Processes ---- */

static void put_processes(struct buf *out, const struct scoreboard_view *view)
{
	static const char *const states[] = { "gone", "starting", "serving", "draining" };
	int64_t respawns = 0;

	put_head(out, "workers", "gauge", "Worker processes by state.");
	for (int64_t state = SLOT_GONE; state <= SLOT_DRAINING; state++) {
		unsigned count = 0;

		for (unsigned slot = 0; slot < view->workers; slot++)
			count += view->cells[slot].state == state;
		buf_putf(out, PREFIX "workers{state=\"%s\"} %u\n", states[state], count);
	}
	for (unsigned slot = 0; slot < view->workers; slot++)
		respawns += view->cells[slot].values[METRIC_RESPAWNS];
	put_head(out, "respawns_total", "counter",
		 "Processes that ended without being told to, and were started anew.");
	buf_putf(out, PREFIX "respawns_total{process=\"worker\"} %" PRId64 "\n", respawns);
	buf_putf(out, PREFIX "respawns_total{process=\"writer\"} %" PRId64 "\n",
		 view->cells[view->workers].values[METRIC_RESPAWNS]);
}

void metrics_put(struct buf *out, const struct scoreboard_view *view)
{
	put_head(out, "build_info", "gauge", "Always 1; the version is its label.");
	buf_putf(out, PREFIX "build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	/* The name that Prometheus has for it, of whatever program. */
	buf_putf(out,
		 "# HELP process_start_time_seconds When the server was started, in seconds since "
		 "1970.\n"
		 "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %" PRId64
		 "\n",
		 view->started);
	put_processes(out, view);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		put_metric(out, view, &metrics[i]);
	put_answers(out, view);
	put_histograms(out, view);
}

/* ---- Requests ---- */

void metrics_serve(struct request *request)
{
	struct buf body = BUF_EMPTY;
	struct scoreboard_view view;

	scoreboard_view_take(request->worker->from->shm, &view);
	metrics_put(&body, &view);
	scoreboard_view_clear(&view);
	request_set_header(request, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	request_set_header(request, "Cache-Control", "no-store");
	request_answer(request, 200, &body);
}

void metrics_not_found(struct request *request)
{
	request_refuse(request, PROBLEM_NOT_FOUND, "there is nothing but /metrics on this address");
}
