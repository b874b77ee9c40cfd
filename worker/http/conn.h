/* The connections that evhttp serves: how many there may be, how long each may take,
 * the framing of their bytes, and how one leaves evhttp with its socket.
 *
 * evhttp has no absolute deadlines, no cap and no strict parser; this table adds them
 * from the bufferevents that evhttp asks it for. */
#ifndef WORKER_HTTP_CONN_H
#define WORKER_HTTP_CONN_H

#include "base/buf.h"
#include "worker/http/counters.h"

struct conn;
struct conns;
struct event_base;
struct incoming;
struct response_body;

/* A request has come in whole on the connection. It is the callee's. */
typedef void on_conn_request(void *arg, struct conn *conn, const struct incoming *incoming);

/* A request that broke a rule of HTTP (worker/http/framing.h). */
struct conn_refusal {
	const char *client; /* its address */
	int status;         /* 400, 405, 413, 431, or as on_conn_head said */
	const char *detail; /* a static sentence */
	const char *origin; /* of the field of that name; empty: none */
	struct slice head;  /* framing_refused_head */
	bool is_metrics;    /* conn_is_metrics */
	bool is_head;       /* a response to it has no body */
};

/* Appends the whole response, after which the connection closes. */
typedef void on_conn_refused(void *arg, const struct conn_refusal *refusal, struct buf *response);

/* The head of a request whose body is still arriving. */
struct conn_head {
	struct slice text;  /* its lines, each with its CR LF (worker/http/framing.h) */
	const char *client; /* the address of the peer */
	bool is_metrics;    /* conn_is_metrics */
};

/* What the head decides. */
struct conn_verdict {
	int status;         /* 0: the body is awaited; else one of the table in problem.c */
	const char *detail; /* a static sentence */
	size_t max_body;    /* bytes that the body may have; 0: as many as any */
	bool vouched;       /* the client is authenticated: it is cut off after all others */
	uint64_t share;     /* whose share its body is read in (body_reader.h); 0: not known */
};

/* Called once for such a request, so that clients need not send a body that is refused
 * anyway. */
typedef void on_conn_head(void *arg, const struct conn_head *head, struct conn_verdict *verdict);

struct conns_options {
	struct event_base *base;
	const struct counters *counters;
	const int *listeners; /* stay the caller's */
	size_t listener_count;
	bool metrics;             /* the last of them is for /metrics */
	unsigned max_connections; /* with so many, the one that has been idle the longest is
				     closed; if none is idle, further ones wait in the
				     listeners' queues */
	size_t max_body;          /* bytes */
	size_t max_in_flight;     /* bytes of requests and responses, of all connections */
	unsigned header_timeout;  /* seconds for the head of a request to arrive */
	unsigned body_timeout;    /* seconds for a whole request to arrive */
	unsigned idle_timeout;    /* seconds that a connection may stay open unused */
	on_conn_request *on_request;
	on_conn_refused *on_refused;
	on_conn_head *on_head; /* may be NULL */
	void *arg;             /* for all of them */
};

/* The options are copied; what they point to must stay. Accepts nothing before
 * conns_start. NULL if libevent refuses. */
struct conns *conns_open(const struct conns_options *options);
/* Once before conns_start: opens the sockets that conns_receive needs. `conns` is a
 * struct conns. False: failed, errno is set. */
MUST_USE bool conns_prepare_to_receive(void *conns);
void conns_start(struct conns *conns);
/* Accepts no more. */
void conns_stop(struct conns *conns);
/* Closes the connections that have no request in progress; the others close with their
 * response. Call it again from time to time. */
void conns_drain(struct conns *conns);
size_t conns_count(const struct conns *conns);
/* NULL is fine. */
void conns_close(struct conns *conns);

/* Detaches each idle connection and passes its socket to the callback, with whether it
 * came in by the listener for /metrics. No byte that its client sent is lost. Call it
 * in a turn of the loop of its own (from a timer), again for those that are busy
 * now. */
typedef void on_conn_handed_off(void *arg, int fd, bool is_metrics);
void conns_hand_off(struct conns *conns, on_conn_handed_off *on_handed_off, void *arg);
/* Serves a connection that another process accepted; takes over the descriptor. At most
 * CONNS_RECEIVE_MAX in a turn of the loop. */
void conns_receive(struct conns *conns, int fd, bool is_metrics);
#define CONNS_RECEIVE_MAX 64

/* Did it come in by the listener for /metrics? */
bool conn_is_metrics(const struct conn *conn);
/* The numeric address of the peer; "-": not known. */
const char *conn_peer(const struct conn *conn);
/* Is this response the last one on the connection? */
bool conn_is_last(const struct conn *conn);

/* A request is being answered: if the connection goes first, `on_gone` is called. NULL:
 * it has its response. */
typedef void on_conn_gone(void *arg);
void conn_set_request(struct conn *conn, on_conn_gone *on_gone, void *arg);
/* The client of the present request is authenticated. */
void conn_vouch(struct conn *conn);
/* Charges so many bytes to the connection until its response has been sent whole. If
 * all connections together hold too many, the one that has held some the longest is
 * closed, first those that are not vouched for: memory is bounded, and clients that
 * neither send nor read pay for it. */
void conn_charge(struct conn *conn, size_t len);
/* Sends what evhttp has been given, as far as the socket takes it. Mostly that is all
 * of it, which saves the two calls of waiting for the socket; the rest is left to
 * evhttp. */
void conn_flush(struct conn *conn);
/* Sends the response to a request that evhttp has not seen (incoming.h): its head,
 * whole, and its body, which is taken over. */
void conn_send_plain(struct conn *conn, struct slice head, struct response_body *body);
/* The response has been sent whole. */
void conn_answered(struct conn *conn);

/* Leaves evhttp and keeps the socket: calls back in a later turn of the loop with the
 * socket, which is the callee's to close, or with -1 if the client was gone first. The
 * request in progress is evhttp's to free and must not be used after this call. */
typedef void on_conn_detached(void *arg, int fd);
void conn_detach(struct conn *conn, on_conn_detached *on_detached, void *arg);

#endif
