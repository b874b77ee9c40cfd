/* Begins each request, checks that its client may make it, and calls its handler.
 * Called by worker/http/conns; the table of paths is route.c. */
#include "worker/dispatch.h"

#include "auth/auth.h"
#include "auth/proxy_login.h"
#include "auth/throttle.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/deadline.h"
#include "worker/http/host.h"
#include "worker/http/framing.h"
#include "worker/http/media.h"
#include "worker/http/request_line.h"
#include "worker/route.h"

#include <stdlib.h>
#include <strings.h>

static void on_end(struct request *request)
{
	struct exchange *exchange = (struct exchange *)request;

	deadline_end(exchange);
	identity_unref(exchange->identity);
	free(exchange);
}

void dispatch_options(struct request_options *out, const struct worker *worker)
{
	*out = (struct request_options){
		.access_log = &worker->access_log,
		.trusted = { worker->settings->trusted, worker->settings->trusted_count },
		.on_end = on_end,
	};
}

/* ---- Authentication ---- */

static void exchange_handle(struct exchange *exchange)
{
	route_handler(exchange->route, exchange->request.method)(exchange);
}

static void exchange_throttle(struct exchange *exchange)
{
	worker_count(exchange->worker, METRIC_AUTH_THROTTLED, 1);
	request_refuse_for(&exchange->request, PROBLEM_THROTTLED,
			   auth_wait(exchange->worker->auth, &exchange->request.client),
			   "too many invalid tokens from this address; try again later");
}

static void on_identified(void *arg, enum rc rc, struct identity *identity)
{
	struct exchange *exchange = arg;

	if (rc == RC_OK) {
		exchange->identity = identity_ref(identity);
		exchange->request.token = identity->id;
		exchange->request.user = identity->user;
		if (exchange->request.conn)
			conn_vouch(exchange->request.conn);
		exchange_handle(exchange);
	} else if (rc == RC_BUSY) {
		exchange_throttle(exchange);
	} else if (rc == RC_DENIED) {
		worker_count(exchange->worker, METRIC_AUTH_FAILURES, 1);
		request_refuse(
			&exchange->request, PROBLEM_UNAUTHORIZED,
			"the token is not valid: it is malformed, unknown, revoked or expired");
	} else {
		request_refuse(&exchange->request, problem_of(rc),
			       "the token could not be checked");
	}
}

/* RFC 6750: `Authorization: Bearer TOKEN`, with one or more spaces (RFC 9110, 11.4); on
 * /events also ?token=, as a browser's EventSource sends no fields. */
enum rc dispatch_token(const struct exchange *exchange, struct slice *token, struct error *err)
{
	const char *field = request_header(&exchange->request, "Authorization");

	if (field && strncasecmp(field, "Bearer ", 7) == 0) {
		*token = slice_of(field + 7 + strspn(field + 7, " "));
		return RC_OK;
	}
	if (exchange->route->access == ROUTE_TOKEN_OR_QUERY)
		return query_one(&exchange->request.query, "token", token, err);
	return RC_NOT_FOUND;
}

static void exchange_check_token(struct exchange *exchange)
{
	struct error err;
	struct slice token;
	enum rc rc = dispatch_token(exchange, &token, &err);

	if (rc == RC_OK)
		auth_identify(exchange->worker->auth, token, &exchange->request.client,
			      on_identified, exchange);
	else if (rc == RC_NOT_FOUND)
		request_refuse(&exchange->request, PROBLEM_UNAUTHORIZED,
			       "a token is needed: Authorization: Bearer TOKEN");
	else
		request_refuse(&exchange->request, PROBLEM_BAD_REQUEST, err.text);
}

/* ---- What a proxy says of the user ---- */

static enum rc exchange_read_login(struct exchange *exchange, struct slice user,
				   struct identity **out, struct error *err)
{
	const struct worker_settings *settings = exchange->worker->settings;
	struct slice groups = slice_of("");
	enum rc rc = request_single(&exchange->request, settings->groups_header, &groups);
	struct error detail;

	if (rc == RC_MALFORMED)
		return error_set(err, rc, "%s: sent more than once", settings->groups_header);
	rc = proxy_login_read(user, groups, out, &detail);
	return rc == RC_OK ? rc : error_set(err, rc, "%s: %s", settings->auth_header, detail.text);
}

/* False: the proxy has named no user, so that a token is needed; or the request does
 * not come from one. */
static bool exchange_take_login(struct exchange *exchange)
{
	const char *name = exchange->worker->settings->auth_header;
	struct identity *identity = NULL;
	struct slice user;
	struct error err;
	enum rc rc;

	if (name == NULL || !exchange->request.is_proxied)
		return false;
	rc = request_single(&exchange->request, name, &user);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && text_trim(user).len == 0))
		return false;
	if (rc == RC_OK)
		rc = exchange_read_login(exchange, user, &identity, &err);
	else
		rc = error_set(&err, rc, "%s: sent more than once", name);
	if (identity)
		on_identified(exchange, RC_OK, identity);
	else
		request_refuse(&exchange->request, PROBLEM_BAD_REQUEST, err.text);
	identity_unref(identity);
	return true;
}

static void exchange_authenticate(struct exchange *exchange)
{
	if (exchange->route->access == ROUTE_OPEN) {
		exchange_handle(exchange);
	} else if (exchange->worker->auth == NULL) {
		exchange->identity = identity_ref(exchange->worker->anyone);
		conn_vouch(exchange->request.conn);
		exchange_handle(exchange);
	} else if (!exchange_take_login(exchange)) {
		exchange_check_token(exchange);
	}
}

/* ---- Beginning ---- */

/* One that came with its head was not seen by head_check.c. */
static bool exchange_is_too_large(const struct exchange *exchange)
{
	const struct route_body *body = exchange->route->body;

	return exchange->request.method == EVHTTP_REQ_POST && body->max &&
	       request_body(&exchange->request).len > body->max;
}

/* Without tokens the Host is the only protection (worker/http/host.h). */
static bool exchange_is_misdirected(const struct exchange *exchange)
{
	const struct worker_settings *settings = exchange->worker->settings;
	const char *host;

	if (settings->auth || conn_is_metrics(exchange->request.conn))
		return false;
	host = request_host(&exchange->request);
	return host && !host_is_own(slice_of(host), settings->hosts, settings->host_count);
}

static void exchange_check(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (exchange_is_misdirected(exchange))
		request_refuse(request, PROBLEM_HOST,
			       "without authentication this server answers only to localhost, "
			       "loopback addresses and the names that --server-name "
			       "gives it");
	else if (request->method == EVHTTP_REQ_OPTIONS && exchange->route->cors)
		cors_preflight(request);
	else if (route_handler(exchange->route, request->method) == NULL)
		request_refuse(request, PROBLEM_METHOD, "this path does not support this method");
	else if (exchange_is_too_large(exchange))
		request_refuse(request, PROBLEM_TOO_LARGE, FRAMING_ABOVE_LIMIT);
	else
		exchange_authenticate(exchange);
}

void dispatch_request(void *arg, struct conn *conn, const struct incoming *incoming)
{
	struct worker *worker = arg;
	struct exchange *exchange = mem_alloc(sizeof(*exchange));
	struct request *request = &exchange->request;
	struct error err;
	enum rc rc = request_begin(request, &worker->request_options, conn, incoming, &err);

	exchange->worker = worker;
	exchange->encoding = media_of_accept(request_list(request, "Accept"), ENCODING_JSON);
	exchange->route = route_find(request->path, conn_is_metrics(conn));
	request->allow = exchange->route->allow;
	request->counted_as = route_counted(exchange->route, request->method);
	if (exchange->route->cors)
		cors_begin(&worker->cors, request);
	deadline_begin(exchange);
	if (rc != RC_OK)
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	else
		exchange_check(exchange);
}

/* ---- Requests that break HTTP ---- */

/* What became of a request whose head is known, at least its first line: as request.c
 * says it of others. */
static const char *refused_trace(const struct conn_refusal *refusal,
				 const struct request_line *line,
				 struct access_log_response *logged)
{
	const struct route *route = route_find(line->path.data, refusal->is_metrics);

	logged->method = line->method;
	logged->path = line->path.data;
	if (strcmp(line->method, "POST") == 0)
		logged->route = route_counted(route, EVHTTP_REQ_POST);
	return route->allow;
}

static void put_fields(struct buf *fields, const struct conn_refusal *refusal, const char *allow)
{
	if (refusal->status == 401)
		buf_put_text(fields, "WWW-Authenticate: Bearer\r\n");
	if (refusal->status == 405)
		buf_putf(fields, "Allow: %s\r\n", allow);
	if (refusal->status == 429)
		buf_putf(fields, "Retry-After: %d\r\n", THROTTLE_WINDOW_MS / 1000);
}

void dispatch_refused(void *arg, const struct conn_refusal *refusal, struct buf *response)
{
	const struct worker *worker = arg;
	const char *allow = "GET, HEAD, POST, OPTIONS";
	struct buf fields = BUF_EMPTY;
	struct access_log_entry entry;
	struct request_line line;
	struct access_log_response logged = {
		.route = SCOREBOARD_OTHER,
		.method = "-",
		.path = "-",
		.client = refusal->client,
		.status = refusal->status,
	};

	if (request_line_read(refusal->head, &line))
		allow = refused_trace(refusal, &line, &logged);
	access_log_begin(&worker->access_log, &entry);
	access_log_refused(&entry, &logged, refusal->detail);
	access_log_end(&worker->access_log, &entry, &logged);
	cors_put(&worker->cors, refusal->origin, &fields);
	put_fields(&fields, refusal, allow);
	problem_put_response(response, problem_of_status(refusal->status), refusal->detail,
			     entry.id, buf_slice(&fields), refusal->is_head);
	buf_free(&fields);
	request_line_clear(&line);
}
