#include "worker/http/request.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/http/forwarded.h"
#include "worker/http/cors.h"
#include "worker/http/host.h"
#include "worker/http/media.h"
#include "worker/route.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- What was
 * asked -------------------------------------------------------------------------------
 */

const char *request_header(const struct request *request, const char *name)
{
	return request->conn
		       ? evhttp_find_header(evhttp_request_get_input_headers(request->http), name)
		       : NULL;
}

struct slice request_body(const struct request *request)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(request->http);
	size_t len = evbuffer_get_length(input);

	return slice_make(len ? (const char *)evbuffer_pullup(input, -1) : "", len);
}

/* ---- The
 * answer ------------------------------------------------------------------------------
 */

static void request_free(struct request *request)
{
	if (request->conn)
		conn_set_request(request->conn, NULL);
	if (request->who)
		identity_unref(request->who);
	query_clear(&request->query);
	free(request->path);
	free(request);
}

void request_abandon(struct request *request)
{
	/* Where evhttp has cut the request off its connection it is ours to free; else
	 * evhttp frees both (libevent 2.1, http.c: evhttp_connection_incoming_fail). */
	if (evhttp_request_get_connection(request->http) == NULL)
		evhttp_request_free(request->http);
	request->http = NULL;
	request->conn = NULL;
}

void request_set_header(struct request *request, const char *name, const char *value)
{
	if (request->conn)
		evhttp_add_header(evhttp_request_get_output_headers(request->http), name, value);
}

static const char *method_name(enum evhttp_cmd_type method)
{
	switch (method) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	case EVHTTP_REQ_OPTIONS:
		return "OPTIONS";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	case EVHTTP_REQ_PATCH:
		return "PATCH";
	case EVHTTP_REQ_TRACE:
		return "TRACE";
	default:
		return "-";
	}
}

/* `client` is what the answer points to. */
static struct access_log_response request_traced(const struct request *request, int status,
						 size_t bytes, char client[ADDRESS_TEXT_MAX])
{
	forwarded_client_text(request, client);
	return (struct access_log_response){
		.route = route_counted(request->route, request->method),
		.method = method_name(request->method),
		.path = request->path,
		.client = client,
		.status = status,
		.bytes = bytes,
	};
}

static void request_trace(const struct request *request, int status, size_t bytes)
{
	char client[ADDRESS_TEXT_MAX];
	const struct access_log_response answer = request_traced(request, status, bytes, client);

	access_log_end(request->worker, &request->access_log, &answer);
}

static void on_answered(struct evhttp_request *http, void *arg)
{
	(void)http;
	conn_answered(arg);
}

/* The body is left out where HTTP forbids it, but its length is told (RFC 9110,
 * 8.6). */
static void request_send(struct request *request, int status, struct evbuffer *body)
{
	char length[24];

	if (status != 204 && status != 304) {
		(void)snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
		request_set_header(request, "Content-Length", length);
	}
	if (request->method == EVHTTP_REQ_HEAD || status == 204 || status == 304)
		evbuffer_drain(body, evbuffer_get_length(body));
	else
		conn_charge(request->conn, request->owned);
	if (request->worker->draining)
		request_set_header(request, "Connection", "close");
	request_set_header(request, "Date", answer_date(clock_wall()));
	request_trace(request, status, evbuffer_get_length(body));
	evhttp_request_set_on_complete_cb(request->http, on_answered, request->conn);
	evhttp_send_reply(request->http, status, status_phrase(status), body);
	conn_flush(request->conn);
}

static void on_body_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

static void request_end(struct request *request, int status, struct evbuffer *body)
{
	if (request->conn)
		request_send(request, status, body);
	else
		request_trace(request, status, 0);
	evbuffer_free(body);
	request_free(request);
}

static struct evbuffer *body_new(void)
{
	struct evbuffer *body = evbuffer_new();

	if (body == NULL) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	return body;
}

void request_answer(struct request *request, int status, struct buf *body)
{
	struct evbuffer *out = body_new();

	request->owned = body->len;
	if (body->len == 0 ||
	    evbuffer_add_reference(out, body->data, body->len, on_body_sent, body->data) < 0)
		buf_free(body);
	*body = (struct buf)BUF_EMPTY;
	request_end(request, status, out);
}

static void on_kept_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	shared_buf_unref(arg);
}

/* What is shared counts for each that holds it: it may be the last one. */
void request_answer_shared(struct request *request, int status, struct shared_buf *body)
{
	struct evbuffer *out = body_new();

	request->owned = body->bytes.len;
	if (evbuffer_add_reference(out, body->bytes.data, body->bytes.len, on_kept_sent,
				   shared_buf_ref(body)) < 0)
		shared_buf_unref(body);
	request_end(request, status, out);
}

void request_answer_static(struct request *request, int status, struct slice body)
{
	struct evbuffer *out = body_new();

	if (body.len)
		(void)evbuffer_add_reference(out, body.data, body.len, NULL, NULL);
	request_end(request, status, out);
}

void request_refuse(struct request *request, enum problem problem, const char *detail)
{
	char client[ADDRESS_TEXT_MAX];
	const struct access_log_response answer =
		request_traced(request, problem_status(problem), 0, client);
	struct buf body = BUF_EMPTY;

	access_log_refused(&request->access_log, &answer, detail);
	problem_put(&body, problem, detail, request->access_log.id);
	request_set_header(request, ANSWER_REQUEST_FIELD, request->access_log.id);
	request_set_header(request, "Content-Type", "application/problem+json");
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Content-Security-Policy", ANSWER_POLICY);
	if (problem == PROBLEM_UNAUTHORIZED)
		request_set_header(request, "WWW-Authenticate", "Bearer");
	if (problem == PROBLEM_METHOD)
		request_set_header(request, "Allow", request->route->allow);
	if (problem_retry_after(problem)) {
		char seconds[16];

		(void)snprintf(seconds, sizeof(seconds), "%u", problem_retry_after(problem));
		request_set_header(request, "Retry-After", seconds);
	}
	request_answer(request, problem_status(problem), &body);
}

void request_take(struct request *request, on_conn_taken *on_taken, void *arg)
{
	struct conn *conn = request->conn;

	request_trace(request, 200, 0);
	if (conn)
		conn_take(conn, on_taken, arg);
	else
		on_taken(arg, -1);
	request->conn = NULL;
	request_free(request);
}

/* ---- The way
 * in ----------------------------------------------------------------------------------
 */

static void request_handle(struct request *request)
{
	on_request_routed *handler = route_handler(request->route, request->method);

	handler(request);
}

static void request_count(const struct request *request, enum metric value)
{
	scoreboard_add(request->worker->from->shm, request->worker->from->slot, value, 1);
}

/* The address that a token's denials count against; one that is not known is one of its
 * own. */
static struct address request_from(const struct request *request)
{
	struct address from;

	return forwarded_client(request, &from) == RC_OK ? from : (struct address){ .is6 = false };
}

static void request_throttle(struct request *request)
{
	struct address from = request_from(request);
	char seconds[16];

	(void)snprintf(seconds, sizeof(seconds), "%u", auth_wait(request->worker->auth, &from));
	request_set_header(request, "Retry-After", seconds);
	request_count(request, METRIC_THROTTLED);
	request_refuse(
		request, PROBLEM_THROTTLED,
		"too many tokens that are not valid came from this address; try again later");
}

static void on_identified(void *arg, enum rc rc, struct identity *identity)
{
	struct request *request = arg;

	if (rc == RC_OK) {
		request->who = identity_ref(identity);
		request_handle(request);
	} else if (rc == RC_BUSY) {
		request_throttle(request);
	} else if (rc == RC_DENIED) {
		request_count(request, METRIC_DENIED);
		request_refuse(
			request, PROBLEM_UNAUTHORIZED,
			"the token is not valid: it is malformed, unknown, revoked or expired");
	} else {
		request_refuse(request, problem_of(rc), "the token could not be checked");
	}
}

/* RFC 6750: `Authorization: Bearer TOKEN`; on /events also ?token=, as a browser's
 * EventSource sends no fields. */
static enum rc request_token(const struct request *request, struct slice *token, struct error *err)
{
	const char *field = request_header(request, "Authorization");

	if (field && strncasecmp(field, "Bearer ", 7) == 0) {
		*token = slice_of(field + 7);
		return RC_OK;
	}
	if (request->route->access == ROUTE_TOKEN_OR_QUERY)
		return query_one(&request->query, "token", token, err);
	return RC_NOT_FOUND;
}

static void request_authenticate(struct request *request)
{
	struct error err;
	struct address from;
	struct slice token;
	enum rc rc;

	if (request->route->access == ROUTE_OPEN) {
		request_handle(request);
	} else if (request->worker->auth == NULL) {
		request->who = identity_ref(request->worker->anyone);
		request_handle(request);
	} else {
		rc = request_token(request, &token, &err);
		from = request_from(request);
		if (rc == RC_OK)
			auth_identify(request->worker->auth, token, &from, on_identified, request);
		else if (rc == RC_NOT_FOUND)
			request_refuse(request, PROBLEM_UNAUTHORIZED,
				       "a token is needed: Authorization: Bearer TOKEN");
		else
			request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	}
}

/* The host that was asked for: of the target where that has one (RFC 9112, 3.2.2). */
static bool request_is_misdirected(const struct request *request)
{
	const struct worker_settings *settings = request->worker->settings;
	const char *host = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(request->http));

	if (settings->auth || conn_is_metrics(request->conn))
		return false;
	if (host == NULL)
		host = request_header(request, "Host");
	return host && !host_is_own(slice_of(host), settings->hosts, settings->host_count);
}

static enum rc request_read_target(struct request *request, struct error *err)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
	const char *path = evhttp_uri_get_path(uri);
	const char *query = evhttp_uri_get_query(uri);
	struct slice text = slice_of(path ? path : "/");
	size_t len;

	request->path = mem_alloc(text.len + 1);
	if (text_percent_decode(text, false, request->path, &len) != RC_OK ||
	    strlen(request->path) != len)
		return error_set(err, RC_MALFORMED, "the path has a broken percent escape");
	return query_parse(slice_of(query ? query : ""), &request->query, err);
}

void request_begin(struct worker *worker, struct conn *conn, struct evhttp_request *http)
{
	struct request *request = mem_alloc(sizeof(*request));
	struct error err;
	enum rc rc;

	request->worker = worker;
	request->conn = conn;
	request->http = http;
	request->method = evhttp_request_get_command(http);
	request->encoding = media_of_accept(request_header(request, "Accept"), ENCODING_JSON);
	conn_set_request(conn, request);
	access_log_begin(worker, &request->access_log);
	rc = request_read_target(request, &err);
	request->route = route_find(request->path, conn_is_metrics(conn));
	request_set_header(request, "X-Content-Type-Options", "nosniff");
	if (request->route->cors)
		cors_begin(request);
	if (rc != RC_OK)
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
	else if (request_is_misdirected(request))
		request_refuse(request, PROBLEM_HOST,
			       "without authentication this server answers only to localhost, "
			       "loopback addresses and the names that --server-name "
			       "gives it");
	else if (request->method == EVHTTP_REQ_OPTIONS && request->route->cors)
		cors_preflight(request);
	else if (route_handler(request->route, request->method) == NULL)
		request_refuse(request, PROBLEM_METHOD, "this path does not take this method");
	else
		request_authenticate(request);
}
