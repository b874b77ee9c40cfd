/* The way of a request into the worker: from evhttp's call to the handler of its path.
 *
 *   begin ─▶ route ─▶ host check ─▶ method, CORS ─▶ authentication ─▶ handler
 *
 * How to add a kind of request: a handler in a file of its own (such as health.c),
 * which gets the exchange and answers it once (worker/http/request.h), now or from a
 * later callback; then a row in the table of route.c. What the check of its token is,
 * the row says. To serve another method than GET, HEAD and POST, extend route_handler
 * too. */
#ifndef WORKER_DISPATCH_H
#define WORKER_DISPATCH_H

#include "transit/transit.h"
#include "worker/http/request.h"
#include "worker/state.h"

#include <sys/queue.h>

struct identity;
struct route;

/* A request, and what the worker knows of it. Ends with its response. */
struct exchange {
	struct request request; /* first: on_request_end has only this */
	struct worker *worker;
	const struct route *route;
	struct identity *identity; /* referenced; NULL if the route is open to all */
	enum encoding encoding;    /* of the response */
	/* For deadline.c. */
	TAILQ_ENTRY(exchange) next;
	uint64_t answer_by; /* clock_ms */
	bool is_timed;
};

/* The text of the token that the request bears. RC_NOT_FOUND: it bears none;
 * RC_MALFORMED. */
MUST_USE enum rc dispatch_token(const struct exchange *exchange, struct slice *token,
				struct error *err);
/* The options of all requests: for worker.c. */
void dispatch_options(struct request_options *out, const struct worker *worker);
/* on_conn_request and on_conn_refused; `arg` is the worker. */
void dispatch_request(void *arg, struct conn *conn, const struct incoming *incoming);
void dispatch_refused(void *arg, const struct conn_refusal *refusal, struct buf *response);

#endif
