/* One request: its fields, its body, its one response. Called by worker/dispatch and
 * the handlers of worker/; evhttp calls it through conn.c. */
#include "worker/http/request.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "worker/http/http_date.h"
#include "worker/http/plain.h"
#include "worker/http/response_body.h"

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
	struct slice text = incoming_path(&request->incoming);
	size_t len;

	request->path = mem_alloc(text.len + 1);
	if (text_percent_decode(text, false, request->path, &len) != RC_OK ||
	    strlen(request->path) != len)
		return error_set(err, RC_MALFORMED, "the path has a broken percent escape");
	return query_parse(incoming_query(&request->incoming), &request->query, err);
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
	request->is_proxied = forwarded_is_trusted(&peer, trusted);
	forwarded_client(trusted, &peer, &request->incoming, &request->client);
	address_format(&request->client, request->client_text);
}

/* If evhttp has cut the request off its connection it is ours to free; else evhttp
 * frees both (libevent 2.1, http.c: evhttp_connection_incoming_fail). */
static void on_gone(void *arg)
{
	struct request *request = arg;
	struct evhttp_request *http = request->incoming.http;

	if (http && evhttp_request_get_connection(http) == NULL)
		evhttp_request_free(http);
	request->incoming.http = NULL;
	request->conn = NULL;
}

enum rc request_begin(struct request *request, const struct request_options *options,
		      struct conn *conn, const struct incoming *incoming, struct error *err)
{
	assert(options->access_log && options->on_end);
	request->options = options;
	request->conn = conn;
	request->incoming = *incoming;
	request->method = incoming_method(incoming);
	request->counted_as = SCOREBOARD_OTHER;
	conn_set_request(conn, on_gone, request);
	access_log_begin(options->access_log, &request->trace);
	request_read_client(request);
	request_set_header(request, "X-Content-Type-Options", "nosniff");
	return request_read_target(request, err);
}

const char *request_header(const struct request *request, const char *name)
{
	return request->conn ? incoming_field(&request->incoming, name) : NULL;
}

const char *request_list(struct request *request, const char *name)
{
	buf_clear(&request->list);
	if (request->conn == NULL || !incoming_join(&request->incoming, name, &request->list))
		return NULL;
	buf_put_byte(&request->list, 0);
	return request->list.data;
}

enum rc request_single(struct request *request, const char *name, struct slice *out)
{
	const char *first = request_header(request, name);

	*out = slice_of(first ? first : "");
	if (first == NULL)
		return RC_NOT_FOUND;
	/* Several lines are longer together. */
	return strlen(request_list(request, name)) == out->len ? RC_OK : RC_MALFORMED;
}

/* The target names a host, or the field Host does (RFC 9112, 3.2.2). */
const char *request_host(const struct request *request)
{
	const char *host = incoming_target_host(&request->incoming);

	return host ? host : request_header(request, "Host");
}

struct slice request_body(const struct request *request)
{
	assert(request->conn);
	return incoming_body(&request->incoming);
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
	free(request->incoming.plain);
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
		.token = request->token,
		.user = request->user,
		.status = status,
		.bytes = bytes,
	};
}

static void request_trace(const struct request *request, int status, size_t bytes)
{
	const struct access_log_response response = request_response(request, status, bytes);

	access_log_end(request->options->access_log, &request->trace, &response);
}

static bool status_has_length(int status)
{
	return status != 204 && status != 304;
}

static void on_answered(struct evhttp_request *http, void *arg)
{
	(void)http;
	conn_answered(arg);
}

static void request_add_field(const struct request *request, const char *name, const char *value)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(request->incoming.http), name,
				value);
}

/* evhttp copies, searches and prints field by field. So all of ours are one for it: the
 * field Date, with the lines of the others behind its value. It makes what it would
 * look for itself: Content-Length and Connection. */
static void request_put_fields(struct request *request)
{
	struct evkeyvalq *fields = evhttp_request_get_output_headers(request->incoming.http);
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

static void request_send_by_evhttp(struct request *request, int status, size_t len,
				   struct response_body *body)
{
	char length[NUMBER_DIGITS_MAX + 1];
	struct evbuffer *out = evbuffer_new();

	length[number_put(length, len)] = 0;
	if (status_has_length(status))
		request_add_field(request, "Content-Length", length);
	if (conn_is_last(request->conn))
		request_add_field(request, "Connection", "close");
	request_put_fields(request);
	evhttp_request_set_on_complete_cb(request->incoming.http, on_answered, request->conn);
	response_body_move(body, 0, out);
	evhttp_send_reply(request->incoming.http, status, status_phrase(status), out);
	evbuffer_free(out);
	conn_flush(request->conn);
}

/* The same lines in the same order. */
static void request_send_plain(struct request *request, int status, size_t len,
			       struct response_body *body)
{
	struct buf head = BUF_EMPTY;

	buf_put_text(&head, "HTTP/1.1 ");
	buf_put_number(&head, (uint64_t)status);
	buf_put_byte(&head, ' ');
	buf_put_text(&head, status_phrase(status));
	if (status_has_length(status)) {
		buf_put_text(&head, "\r\nContent-Length: ");
		buf_put_number(&head, len);
	}
	if (conn_is_last(request->conn))
		buf_put_text(&head, "\r\nConnection: close");
	buf_put_text(&head, "\r\nDate: ");
	buf_put_text(&head, http_date(clock_wall()));
	buf_put_slice(&head, buf_slice(&request->fields));
	buf_put_text(&head, "\r\n\r\n");
	conn_send_plain(request->conn, buf_slice(&head), body);
	buf_free(&head);
}

/* The body is left out if HTTP forbids it, with its length still given (RFC 9110,
 * 8.6). */
static void request_send(struct request *request, int status, struct response_body *body)
{
	size_t len = response_body_len(body);

	if (request->method == EVHTTP_REQ_HEAD || !status_has_length(status)) {
		response_body_release(body);
		*body = response_body_of(slice_make("", 0), NULL, NULL);
	}
	if (body->release)
		conn_charge(request->conn, len);
	request_trace(request, status, response_body_len(body));
	if (request->incoming.plain)
		request_send_plain(request, status, len, body);
	else
		request_send_by_evhttp(request, status, len, body);
}

/* The connection is free for the next request. */
static void request_leave(struct request *request)
{
	if (request->conn)
		conn_set_request(request->conn, NULL, NULL);
	request->conn = NULL;
	request->incoming.http = NULL;
	request->is_early = false;
	request->is_answered = true;
}

static void request_end(struct request *request, int status, struct response_body body)
{
	assert(status >= 200 && status < 600);
	if (request->conn) {
		request_send(request, status, &body);
	} else {
		if (!request->is_answered)
			request_trace(request, status, 0);
		response_body_release(&body);
	}
	if (request->is_early)
		request_leave(request);
	else
		request_free(request);
}

static void release_block(const void *data, size_t len, void *owner)
{
	(void)data;
	(void)len;
	free(owner);
}

void request_answer(struct request *request, int status, struct buf *body)
{
	struct slice bytes = buf_slice(body);
	char *block = body->data;

	*body = (struct buf)BUF_EMPTY;
	request_end(request, status, response_body_of(bytes, release_block, block));
}

static void release_shared(const void *data, size_t len, void *owner)
{
	(void)data;
	(void)len;
	shared_buf_unref(owner);
}

/* Shared bytes are charged to each connection that refers to them: it may be the last
 * one. */
void request_answer_shared(struct request *request, int status, struct shared_buf *body)
{
	request_end(
		request, status,
		response_body_of(buf_slice(&body->bytes), release_shared, shared_buf_ref(body)));
}

void request_answer_static(struct request *request, int status, struct slice body)
{
	request_end(request, status, response_body_of(body, NULL, NULL));
}

void request_answer_file(struct request *request, int status, int fd, uint64_t from, uint64_t len)
{
	request_end(request, status, (struct response_body){ .fd = fd, .from = from, .len = len });
}

void request_refuse(struct request *request, enum problem problem, const char *detail)
{
	const struct access_log_response response =
		request_response(request, problem_status(problem), 0);
	struct buf body = BUF_EMPTY;

	if (request->is_answered) {
		request_free(request);
		return;
	}
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

void request_refuse_early(struct request *request, enum problem problem, const char *detail)
{
	assert(!request->is_answered);
	request->is_early = true;
	request_refuse(request, problem, detail);
}

void request_detach(struct request *request, on_conn_detached *on_detached, void *arg)
{
	struct conn *conn = request->conn;

	if (!request->is_answered)
		request_trace(request, 200, 0);
	if (conn)
		conn_detach(conn, on_detached, arg);
	else
		on_detached(arg, -1);
	request->conn = NULL;
	request_free(request);
}
