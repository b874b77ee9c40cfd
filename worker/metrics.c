#include "worker/metrics.h"

#include "shm/histogram.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "pocketbook_"

/* ---- Numbers by themselves -------------------------------------------------------------------------------------------------- */

struct metric {
	const char *name;
	const char *type;
	const char *help;
	enum board_value value;
};

static const struct metric metrics[] = {
	{ "connections", "gauge", "HTTP connections open now, without event streams.", BOARD_CONNECTIONS },
	{ "streams", "gauge", "Event streams open now.", BOARD_STREAMS },
	{ "queued_pushes", "gauge", "Pushes that wait for the writer.", BOARD_QUEUED },
	{ "documents", "gauge", "Documents, tombstones left out.", BOARD_DOCUMENTS },
	{ "tombstones", "gauge", "Deleted documents that no purge has removed yet.", BOARD_TOMBSTONES },
	{ "sequence", "gauge", "The newest sequence number.", BOARD_SEQUENCE },
	{ "database_bytes", "gauge", "Size of the database file.", BOARD_FILE_BYTES },
	{ "wal_bytes", "gauge", "Size of the write-ahead log beside it.", BOARD_LOG_BYTES },
	{ "requests_received_total", "counter", "Requests that came in, answered or not.", BOARD_REQUESTS },
	{ "pulls_total", "counter", "Pages read by pulls.", BOARD_PULLS },
	{ "pushes_total", "counter", "Pushes handed to the writer.", BOARD_PUSHES },
	{ "documents_written_total", "counter", "Documents written, deletions included.", BOARD_DOCS },
	{ "conflicts_total", "counter", "Documents of pushes that were refused as conflicts.", BOARD_CONFLICTS },
	{ "commits_total", "counter", "Transactions of the writer.", BOARD_COMMITS },
	{ "commit_failures_total", "counter", "Transactions of the writer that failed.", BOARD_FAILURES },
	{ "streams_opened_total", "counter", "Event streams that were opened.", BOARD_OPENED },
	{ "events_sent_total", "counter", "Events sent on streams, one for each stream.", BOARD_EVENTS },
	{ "tokens_denied_total", "counter", "Tokens presented that were not valid.", BOARD_DENIED },
	{ "tokens_throttled_total", "counter", "Tokens not looked at, as too many that are not valid came from their address.",
	  BOARD_THROTTLED },
	{ "requests_overdue_total", "counter", "Connections closed as a request did not arrive in time.", BOARD_OVERDUE },
	{ "slow_clients_dropped_total", "counter", "Connections closed as too many bytes waited for slow clients.", BOARD_OUTBID },
	{ "slow_readers_dropped_total", "counter", "Event streams cut off because their reader did not read.", BOARD_SLOW },
	{ "ring_overruns_total", "counter", "Times that a worker missed hints of changes and had to look for itself.", BOARD_LOST },
};

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_putf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void put_metric(struct buf *out, const struct board_view *view, const struct metric *metric)
{
	put_head(out, metric->name, metric->type, metric->help);
	buf_putf(out, PREFIX "%s %" PRId64 "\n", metric->name, board_view_sum(view, metric->value));
}

/* ---- Answers ---------------------------------------------------------------------------------------------------------------- */

static const char *const routes[BOARD_ROUTES] = {
	[BOARD_PULL] = "pull",     [BOARD_PUSH] = "push",       [BOARD_STREAM] = "events", [BOARD_PAGE] = "page",
	[BOARD_HEALTH] = "health", [BOARD_METRICS] = "metrics", [BOARD_OTHER] = "other",
};

/* What has never been answered is left out, but for one of each route, so that each is there from the start. */
static void put_answers(struct buf *out, const struct board_view *view)
{
	put_head(out, "http_requests_total", "counter", "Requests that were answered.");
	for (unsigned route = 0; route < BOARD_ROUTES; route++) {
		for (unsigned row = 0; row <= BOARD_STATUSES; row++) {
			int64_t count = meter_answers(view, (enum board_route)route, row);

			if (count == 0 && meter_status(row) != 200)
				continue;
			buf_putf(out, PREFIX "http_requests_total{route=\"%s\",status=\"", routes[route]);
			if (meter_status(row))
				buf_putf(out, "%d", meter_status(row));
			else
				buf_put_text(out, "other");
			buf_putf(out, "\"} %" PRId64 "\n", count);
		}
	}
}

/* ---- Histograms ------------------------------------------------------------------------------------------------------------- */

/* `label`: such as `route="pull"`, or empty. `unit`: what a number is divided by. */
static void put_histogram(struct buf *out, const struct board_view *view, enum board_histogram histogram, const char *name,
			  const char *label, double unit)
{
	const char *comma = *label ? "," : "";
	const char *open = *label ? "{" : "", *close = *label ? "}" : "";
	struct meter meter;

	meter_read(view, histogram, &meter);
	for (size_t i = 0; i < meter.count; i++)
		buf_putf(out, PREFIX "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, label, comma, (double)meter.bounds[i] / unit,
			 meter.upto[i]);
	buf_putf(out, PREFIX "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, meter.upto[meter.count]);
	buf_putf(out, PREFIX "%s_sum%s%s%s %.15g\n", name, open, label, close, (double)meter.sum / unit);
	buf_putf(out, PREFIX "%s_count%s%s%s %" PRIu64 "\n", name, open, label, close, meter.upto[meter.count]);
}

static void put_histograms(struct buf *out, const struct board_view *view)
{
	char label[32];

	put_head(out, "http_request_duration_seconds", "histogram", "From the head of a request to its answer; of events: to its opening.");
	for (unsigned route = 0; route < BOARD_ROUTES; route++) {
		(void)snprintf(label, sizeof(label), "route=\"%s\"", routes[route]);
		put_histogram(out, view, (enum board_histogram)(BOARD_LATENCY + route), "http_request_duration_seconds", label, 1e6);
	}
	put_head(out, "commit_batch_size", "histogram", "Requests in one transaction of the writer.");
	put_histogram(out, view, BOARD_BATCH, "commit_batch_size", "", 1);
	put_head(out, "commit_duration_seconds", "histogram", "Time that a transaction took, its sync to disk included.");
	put_histogram(out, view, BOARD_COMMIT_TIME, "commit_duration_seconds", "", 1e6);
	put_head(out, "checkpoint_duration_seconds", "histogram", "Time that copying the write-ahead log into the database took.");
	put_histogram(out, view, BOARD_CHECKPOINT_TIME, "checkpoint_duration_seconds", "", 1e6);
}

/* ---- Processes -------------------------------------------------------------------------------------------------------------- */

static void put_processes(struct buf *out, const struct board_view *view)
{
	static const char *const states[] = { "gone", "starting", "serving", "draining" };
	int64_t respawns = 0;

	put_head(out, "workers", "gauge", "Worker processes by state.");
	for (int64_t state = BOARD_GONE; state <= BOARD_DRAINING; state++) {
		unsigned count = 0;

		for (unsigned slot = 0; slot < view->workers; slot++)
			count += view->cells[slot].state == state;
		buf_putf(out, PREFIX "workers{state=\"%s\"} %u\n", states[state], count);
	}
	for (unsigned slot = 0; slot < view->workers; slot++)
		respawns += view->cells[slot].values[BOARD_RESPAWNS];
	put_head(out, "respawns_total", "counter", "Processes that ended without being told to, and were started anew.");
	buf_putf(out, PREFIX "respawns_total{process=\"worker\"} %" PRId64 "\n", respawns);
	buf_putf(out, PREFIX "respawns_total{process=\"writer\"} %" PRId64 "\n", view->cells[view->workers].values[BOARD_RESPAWNS]);
}

void metrics_put(struct buf *out, const struct board_view *view)
{
	put_head(out, "build_info", "gauge", "Always 1; the version is its label.");
	buf_putf(out, PREFIX "build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	/* The name that Prometheus has for it, of whatever program. */
	buf_putf(out,
		 "# HELP process_start_time_seconds When the server was started, in seconds since 1970.\n"
		 "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %" PRId64 "\n",
		 view->started);
	put_processes(out, view);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		put_metric(out, view, &metrics[i]);
	put_answers(out, view);
	put_histograms(out, view);
}

/* ---- Requests --------------------------------------------------------------------------------------------------------------- */

void metrics_serve(struct request *request)
{
	struct buf body = BUF_EMPTY;
	struct board_view view;

	board_view_take(request->worker->from->shm, &view);
	metrics_put(&body, &view);
	board_view_clear(&view);
	request_set_header(request, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	request_set_header(request, "Cache-Control", "no-store");
	request_answer(request, 200, &body);
}

void metrics_not_found(struct request *request)
{
	request_refuse(request, PROBLEM_NOT_FOUND, "there is nothing but /metrics on this address");
}
