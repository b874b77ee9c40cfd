/* One request on its way through the worker: who asks for what, and its one answer.
 *
 *   request_begin ─▶ route_find ─▶ auth ─▶ handler ─▶ ... ─▶ request_answer | request_refuse |
 * request_take
 *
 * A handler may answer later. Each request ends in exactly one call of the last three,
 * also when its client has gone meanwhile. */
#ifndef WORKER_HTTP_REQUEST_H
#define WORKER_HTTP_REQUEST_H

#include "auth/auth.h"
#include "base/buf.h"
#include "base/error.h"
#include "transit/transit.h"
#include "worker/http/problem.h"
#include "worker/http/conn.h"
#include "worker/page_cache.h"
#include "worker/http/query.h"
#include "worker/http/access_log.h"

#include <event2/http.h>

struct route;

struct request {
	struct worker *worker;
	const struct route *route;
	struct conn *conn; /* NULL: the client has gone */
	struct evhttp_request *http;
	enum evhttp_cmd_type method;
	char *path; /* decoded */
	struct query query;
	struct identity *who;   /* held; NULL where the route is open to all */
	enum encoding encoding; /* of the answer */
	char origin[256];       /* the page's, where it may call (CORS); else empty */
	size_t owned;           /* bytes of the answer that are in memory for it alone */
	struct access_log access_log;
};

/* evhttp has a request: everything begins here. */
void request_begin(struct worker *worker, struct conn *conn, struct evhttp_request *http);
/* The connection is gone before the answer (called by the connection). */
void request_abandon(struct request *request);

/* A field of the request, or NULL. */
const char *request_header(const struct request *request, const char *name);
/* Its body: points into evhttp's buffer, good until the answer. */
struct slice request_body(const struct request *request);
/* Sets a field of the answer. */
void request_set_header(struct request *request, const char *name, const char *value);

/* Answers with the body (its memory is taken over; may be empty), whose type must be
 * set, and frees the request. */
void request_answer(struct request *request, int status, struct buf *body);
/* The same with bytes that other answers share. */
void request_answer_shared(struct request *request, int status, struct shared_buf *body);
/* The same with bytes that stay for ever. */
void request_answer_static(struct request *request, int status, struct slice body);
/* Answers with a problem and frees the request. */
void request_refuse(struct request *request, enum problem problem, const char *detail);
/* Leaves HTTP: the connection's socket goes to the callback (worker/http/conn.h) and
 * the request is freed. */
void request_take(struct request *request, on_conn_taken *on_taken, void *arg);

#endif
