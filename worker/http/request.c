/* One request: its fields, its body, its one response. Called by worker/dispatch and
 * the handlers of worker/; evhttp calls it through conn.c. */
#include "worker/http/request.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "worker/http/fields.h"
#include "worker/http/http_date.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

/* ---- Beginning ---- */

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

/* Kept, because a client that has gone has no address any more. An address that is not
 * known is all zeros. */
static void request_read_client(struct request *request)
{
	const struct trusted_proxies *trusted = &request->options->trusted;
	const char *peer_text = conn_peer(request->conn);
	struct address peer;

	strncpy(request->client_text, peer_text, sizeof(request->client_text) - 1);
	if (address_parse(slice_of(peer_text), &peer) != RC_OK)
		return;
	request->client = peer;
	if (trusted->count == 0)
		return;
	forwarded_client(trusted, &peer, evhttp_request_get_input_headers(request->http),
			 &request->client);
	address_format(&request->client, request->client_text);
}

/* If evhttp has cut the request off its connection it is ours to free; else evhttp
 * frees both (libevent 2.1, http.c: evhttp_connection_incoming_fail). */
static void on_gone(void *arg)
{
	struct request *request = arg;

	if (evhttp_request_get_connection(request->http) == NULL)
		evhttp_request_free(request->http);
	request->http = NULL;
	request->conn = NULL;
}

enum rc request_begin(struct request *request, const struct request_options *options,
		      struct conn *conn, struct evhttp_request *http, struct error *err)
{
	assert(options->access_log && options->on_end);
	request->options = options;
	request->conn = conn;
	request->http = http;
	request->method = evhttp_request_get_command(http);
	request->counted_as = SCOREBOARD_OTHER;
	conn_set_request(conn, on_gone, request);
	access_log_begin(options->access_log, &request->trace);
	request_read_client(request);
	request_set_header(request, "X-Content-Type-Options", "nosniff");
	return request_read_target(request, err);
}

const char *request_header(const struct request *request, const char *name)
{
	return request->conn
		       ? evhttp_find_header(evhttp_request_get_input_headers(request->http), name)
		       : NULL;
}

const char *request_list(struct request *request, const char *name)
{
	buf_clear(&request->list);
	if (request->conn == NULL ||
	    !fields_join(evhttp_request_get_input_headers(request->http), name, &request->list))
		return NULL;
	buf_put_byte(&request->list, 0);
	return request->list.data;
}

/* The target names a host, or the field Host does (RFC 9112, 3.2.2). */
const char *request_host(const struct request *request)
{
	const char *host = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(request->http));

	return host ? host : request_header(request, "Host");
}

struct slice request_body(const struct request *request)
{
	struct evbuffer *input;
	size_t len;

	assert(request->http);
	input = evhttp_request_get_input_buffer(request->http);
	len = evbuffer_get_length(input);
	return slice_make(len ? (const char *)evbuffer_pullup(input, -1) : "", len);
}

/* ---- The response ---- */

static void request_free(struct request *request)
{
	if (request->conn)
		conn_set_request(request->conn, NULL, NULL);
	query_clear(&request->query);
	buf_free(&request->fields);
	buf_free(&request->list);
	free(request->path);
	request->options->on_end(request);
}

/* A value that would end its line is left out. */
void request_set_header(struct request *request, const char *name, const char *value)
{
	if (request->conn == NULL || value[strcspn(value, "\r\n")] != 0)
		return;
	buf_put_text(&request->fields, "\r\n");
	buf_put_text(&request->fields, name);
	buf_put_text(&request->fields, ": ");
	buf_put_text(&request->fields, value);
}

static void request_set_number(struct request *request, const char *name, uint64_t number)
{
	char text[NUMBER_DIGITS_MAX + 1];

	text[number_put(text, number)] = 0;
	request_set_header(request, name, text);
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

static struct access_log_response request_response(const struct request *request, int status,
						   size_t bytes)
{
	return (struct access_log_response){
		.route = request->counted_as,
		.method = method_name(request->method),
		.path = request->path,
		.client = request->client_text,
		.status = status,
		.bytes = bytes,
	};
}

static void request_trace(const struct request *request, int status, size_t bytes)
{
	const struct access_log_response response = request_response(request, status, bytes);

	access_log_end(request->options->access_log, &request->trace, &response);
}

static void on_answered(struct evhttp_request *http, void *arg)
{
	(void)http;
	conn_answered(arg);
}

/* evhttp copies, searches and prints field by field. So all of ours are one for it: the
 * field Date, with the lines of the others behind its value. It makes what it would
 * look for itself: Content-Length and Connection. */
static void request_put_fields(struct request *request)
{
	struct evkeyvalq *fields = evhttp_request_get_output_headers(request->http);
	struct evkeyval *date = mem_alloc(sizeof(*date));
	struct buf value = BUF_EMPTY;

	buf_put_text(&value, http_date(clock_wall()));
	if (request->fields.len)
		buf_put_slice(&value, buf_slice(&request->fields));
	buf_put_byte(&value, 0);
	date->key = mem_copy("Date", strlen("Date"));
	date->value = value.data;
	TAILQ_INSERT_TAIL(fields, date, next);
}

static void request_add_field(const struct request *request, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(request->http), name, value);
}

/* The body is left out if HTTP forbids it, with its length still given (RFC 9110,
 * 8.6). */
static void request_send(struct request *request, int status, struct evbuffer *body)
{
	char length[NUMBER_DIGITS_MAX + 1];

	if (status != 204 && status != 304) {
		length[number_put(length, evbuffer_get_length(body))] = 0;
		request_add_field(request, "Content-Length", length);
	}
	if (request->method == EVHTTP_REQ_HEAD || status == 204 || status == 304)
		evbuffer_drain(body, evbuffer_get_length(body));
	else
		conn_charge(request->conn, request->owned);
	if (conn_is_last(request->conn))
		request_add_field(request, "Connection", "close");
	request_put_fields(request);
	request_trace(request, status, evbuffer_get_length(body));
	evhttp_request_set_on_complete_cb(request->http, on_answered, request->conn);
	evhttp_send_reply(request->http, status, status_phrase(status), body);
	conn_flush(request->conn);
}

static void request_end(struct request *request, int status, struct evbuffer *body)
{
	assert(status >= 200 && status < 600);
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

static void on_body_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
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

static void on_shared_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	shared_buf_unref(arg);
}

/* Shared bytes are charged to each connection that refers to them: it may be the last
 * one. */
void request_answer_shared(struct request *request, int status, struct shared_buf *body)
{
	struct evbuffer *out = body_new();

	request->owned = body->bytes.len;
	if (evbuffer_add_reference(out, body->bytes.data, body->bytes.len, on_shared_sent,
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

void request_answer_file(struct request *request, int status, int fd, uint64_t from, uint64_t len)
{
	struct evbuffer *out = body_new();

	/* Else evbuffer_add_file maps the file, and a file that shrinks would be a
	 * SIGBUS. */
	(void)evbuffer_set_flags(out, EVBUFFER_FLAG_DRAINS_TO_FD);
	if (len == 0) {
		close(fd);
	} else if (evbuffer_add_file(out, fd, (ev_off_t)from, (ev_off_t)len) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	request_end(request, status, out);
}

void request_refuse(struct request *request, enum problem problem, const char *detail)
{
	const struct access_log_response response =
		request_response(request, problem_status(problem), 0);
	struct buf body = BUF_EMPTY;

	access_log_refused(&request->trace, &response, detail);
	problem_put(&body, problem, detail, request->trace.id);
	request_set_header(request, PROBLEM_REQUEST_FIELD, request->trace.id);
	request_set_header(request, "Content-Type", "application/problem+json");
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Content-Security-Policy", PROBLEM_CSP);
	if (problem == PROBLEM_UNAUTHORIZED)
		request_set_header(request, "WWW-Authenticate", "Bearer");
	if (problem == PROBLEM_METHOD)
		request_set_header(request, "Allow", request->allow);
	if (problem_retry_after(problem))
		request_set_number(request, "Retry-After", problem_retry_after(problem));
	request_answer(request, problem_status(problem), &body);
}

void request_refuse_for(struct request *request, enum problem problem, unsigned seconds,
			const char *detail)
{
	assert(problem_retry_after(problem) == 0);
	request_set_number(request, "Retry-After", seconds);
	request_refuse(request, problem, detail);
}

void request_detach(struct request *request, on_conn_detached *on_detached, void *arg)
{
	struct conn *conn = request->conn;

	request_trace(request, 200, 0);
	if (conn)
		conn_detach(conn, on_detached, arg);
	else
		on_detached(arg, -1);
	request->conn = NULL;
	request_free(request);
}
