/* GET /metrics: the scoreboard as Prometheus reads it. Served by any worker, on the
 * addresses of --metrics-listen; the rows come from shm/metric.h. */
#include "worker/metrics.h"

#include "shm/histogram.h"
#include "worker/dispatch.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "pocketbook_"

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_putf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void put_number(struct buf *out, const char *name, const char *type, const char *help,
		       int64_t number)
{
	put_head(out, name, type, help);
	buf_putf(out, PREFIX "%s %" PRId64 "\n", name, number);
}

static void put_metric(struct buf *out, const struct scoreboard_view *view, enum metric metric)
{
	const struct metric_row *row = metric_row(metric);
	const char *type = metric_type(row->kind);
	int64_t sum = scoreboard_view_sum(view, metric);
	char help[128];

	put_number(out, row->name, type, row->help, sum);
	if (row->alias == NULL)
		return;
	(void)snprintf(help, sizeof(help), "Former name of " PREFIX "%s.", row->name);
	put_number(out, row->alias, type, help, sum);
}

static void put_store(struct buf *out, const struct scoreboard_view *view)
{
	for (size_t i = 0; i < view->store_count; i++) {
		const struct scoreboard_store_metric *metric = &view->store[i];

		put_number(out, metric->name, metric_type((enum metric_kind)metric->kind),
			   metric->help, scoreboard_view_store(view, i));
	}
}

/* ---- Responses ---- */

/* Rows that are 0 are left out, but for status 200 of each route, so that each route is
 * there from the start. */
static void put_responses(struct buf *out, const struct scoreboard_view *view)
{
	put_head(out, "http_requests_total", "counter", "Requests answered.");
	for (unsigned route = 0; route < SCOREBOARD_ROUTES; route++) {
		for (unsigned row = 0; row <= SCOREBOARD_STATUSES; row++) {
			int64_t count =
				scoreboard_responses(view, (enum scoreboard_route)route, row);

			if (count == 0 && scoreboard_status(row) != 200)
				continue;
			buf_putf(out, PREFIX "http_requests_total{route=\"%s\",status=\"",
				 scoreboard_route_name((enum scoreboard_route)route));
			if (scoreboard_status(row))
				buf_putf(out, "%d", scoreboard_status(row));
			else
				buf_put_text(out, "other");
			buf_putf(out, "\"} %" PRId64 "\n", count);
		}
	}
}

/* ---- Histograms ---- */

/* `label`: such as `route="pull"`, or empty. */
static void put_histogram(struct buf *out, const struct scoreboard_view *view,
			  enum histogram_kind kind, const char *label)
{
	const struct histogram_row *row = histogram_row(kind);
	const char *comma = *label ? "," : "";
	const char *open = *label ? "{" : "", *close = *label ? "}" : "";
	struct histogram histogram;

	histogram_read(view, kind, &histogram);
	for (size_t i = 0; i < histogram.count; i++)
		buf_putf(out, PREFIX "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", row->name, label,
			 comma, (double)histogram.bounds[i] / row->unit, histogram.upto[i]);
	buf_putf(out, PREFIX "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", row->name, label, comma,
		 histogram.upto[histogram.count]);
	buf_putf(out, PREFIX "%s_sum%s%s%s %.15g\n", row->name, open, label, close,
		 (double)histogram.sum / row->unit);
	buf_putf(out, PREFIX "%s_count%s%s%s %" PRIu64 "\n", row->name, open, label, close,
		 histogram.upto[histogram.count]);
}

static void put_histogram_head(struct buf *out, enum histogram_kind kind)
{
	put_head(out, histogram_row(kind)->name, "histogram", histogram_row(kind)->help);
}

static void put_histograms(struct buf *out, const struct scoreboard_view *view)
{
	char label[32];

	put_histogram_head(out, HISTOGRAM_REQUEST_TIME);
	for (unsigned route = 0; route < SCOREBOARD_ROUTES; route++) {
		(void)snprintf(label, sizeof(label), "route=\"%s\"",
			       scoreboard_route_name((enum scoreboard_route)route));
		put_histogram(out, view, (enum histogram_kind)(HISTOGRAM_REQUEST_TIME + route),
			      label);
	}
	for (unsigned kind = HISTOGRAM_COMMIT_BATCH; kind < HISTOGRAM_KINDS; kind++) {
		put_histogram_head(out, (enum histogram_kind)kind);
		put_histogram(out, view, (enum histogram_kind)kind, "");
	}
}

/* ---- Processes ---- */

static void put_states(struct buf *out, const struct scoreboard_view *view)
{
	put_head(out, "workers", "gauge", "Worker processes by state.");
	for (unsigned state = 0; state < SLOT_STATES; state++) {
		unsigned count = 0;

		for (unsigned slot = 0; slot < view->workers; slot++)
			count += view->cells[slot].state == (int64_t)state;
		buf_putf(out, PREFIX "workers{state=\"%s\"} %u\n",
			 slot_state_name((enum slot_state)state), count);
	}
}

static void put_respawns(struct buf *out, const struct scoreboard_view *view)
{
	const struct metric_row *row = metric_row(METRIC_RESPAWNS);
	uint64_t writer = (uint64_t)view->cells[view->workers].values[METRIC_RESPAWNS];
	uint64_t all = (uint64_t)scoreboard_view_sum(view, METRIC_RESPAWNS);

	put_head(out, row->name, metric_type(row->kind), row->help);
	buf_putf(out, PREFIX "%s{process=\"worker\"} %" PRIu64 "\n", row->name, all - writer);
	buf_putf(out, PREFIX "%s{process=\"writer\"} %" PRIu64 "\n", row->name, writer);
}

void metrics_put(struct buf *out, const struct scoreboard_view *view)
{
	put_head(out, "build_info", "gauge", "Always 1; the version is its label.");
	buf_putf(out, PREFIX "build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	/* The name that Prometheus gives it for every program. */
	buf_putf(out,
		 "# HELP process_start_time_seconds When the server started, in seconds since "
		 "1970.\n"
		 "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %" PRId64
		 "\n",
		 view->started);
	put_states(out, view);
	put_respawns(out, view);
	for (unsigned metric = 0; metric < METRIC_COUNT; metric++)
		if (metric != METRIC_RESPAWNS)
			put_metric(out, view, (enum metric)metric);
	put_store(out, view);
	put_responses(out, view);
	put_histograms(out, view);
}

/* ---- Users ---- */

/* As in the text format: names are chosen by people. */
static void put_label(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			buf_put_byte(out, '\\');
		buf_put_byte(out, text.data[i]);
	}
}

static void put_user(struct buf *out, const char *name, struct slice user, uint64_t number)
{
	buf_putf(out, PREFIX "%s{user=\"", name);
	put_label(out, user);
	buf_putf(out, "\"} %" PRIu64 "\n", number);
}

static void put_users(struct buf *out, const struct store_users *users)
{
	static const struct {
		const char *name, *help;
	} rows[STORE_QUOTA_STORED] = {
		[STORE_QUOTA_BYTES] = { "user_bytes", "What a user has stored, in bytes." },
		[STORE_QUOTA_DOCUMENTS] = { "user_documents", "Documents of a user." },
		[STORE_QUOTA_GROUPS] = { "user_groups", "Groups of a user." },
	};

	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		put_head(out, rows[kind].name, "gauge", rows[kind].help);
		for (size_t i = 0; i < users->count; i++)
			put_user(out, rows[kind].name, users->users[i].name,
				 users->users[i].usage[kind]);
		put_user(out, rows[kind].name, slice_of(""), users->rest[kind]);
	}
}

/* ---- Requests ---- */

static void metrics_answer(struct exchange *exchange, const struct store_users *users)
{
	struct request *request = &exchange->request;
	struct buf body = BUF_EMPTY;
	struct scoreboard_view view;

	scoreboard_view_take(exchange->worker->from->shm, &view);
	metrics_put(&body, &view);
	scoreboard_view_clear(&view);
	if (users)
		put_users(&body, users);
	request_set_header(request, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	request_set_header(request, "Cache-Control", "no-store");
	request_answer(request, 200, &body);
}

/* If the database does not answer, all else is still worth reading. */
static void on_users(void *arg, enum rc rc, const struct store_users *users)
{
	(void)rc;
	metrics_answer(arg, users);
}

void metrics_serve(struct exchange *exchange)
{
	const struct worker *worker = exchange->worker;

	if (worker->settings->metrics_users)
		store_users(worker->store, worker->settings->metrics_users, on_users, exchange);
	else
		metrics_answer(exchange, NULL);
}

void metrics_not_found(struct exchange *exchange)
{
	request_refuse(&exchange->request, PROBLEM_NOT_FOUND,
		       "there is nothing but /metrics on this address");
}
