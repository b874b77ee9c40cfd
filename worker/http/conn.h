/* The connections that evhttp serves: how many there may be, how long each may take,
 * what they may send, and the way out of evhttp.
 *
 * evhttp has no absolute deadlines, no cap and no strict parser; this table adds them
 * from the bufferevents that it asks us for. */
#ifndef WORKER_HTTP_CONN_H
#define WORKER_HTTP_CONN_H

#include "base/buf.h"
#include "worker/state.h"

struct conn;
struct conns;
struct evhttp_request;
struct request;

/* Serves the inheritance's listening sockets; every request arrives at request_begin
 * (worker/http/request.h). NULL when libevent cannot. */
struct conns *conns_open(struct worker *worker);
/* The worker drains: closes the connections that have no request in progress; the
 * others close when they are answered. Call it again from time to time. */
void conns_drain(struct conns *conns);
/* Accepts no more. */
void conns_stop(struct conns *conns);
/* Takes the idle connections out of evhttp, each to the callback: its socket, and
 * whether it came in by the address for /metrics. Nothing that its client sent is lost.
 * Call it in a turn of the loop of its own (from a timer), again for those that are
 * busy now. */
typedef void on_conn_given(void *arg, int fd, bool is_metrics);
void conns_give(struct conns *conns, on_conn_given *on_given, void *arg);
/* Serves a connection that another process accepted; takes the descriptor over. At most
 * CONNS_ADOPT_MAX in a turn of the loop. */
void conns_adopt(struct conns *conns, int fd, bool is_metrics);
#define CONNS_ADOPT_MAX 64
size_t conns_count(const struct conns *conns);
void conns_close(struct conns *conns);

/* The connection that a request came in on. */
struct conn *conn_of(struct conns *conns, struct evhttp_request *http);
/* Did it come in on the address that is for /metrics? */
bool conn_is_metrics(const struct conn *conn);
/* The address of the other side, numeric. */
const char *conn_client(const struct conn *conn);
/* Which request it is waiting on; told by the request itself, NULL when it is answered.
 * When the connection goes first, request_abandon is called. */
void conn_set_request(struct conn *conn, struct request *request);
/* So many bytes more are in memory for it, until its answer has gone out whole. Where
 * all connections together hold too many, the one that has held some the longest is
 * closed: memory is bounded, and who sends and reads is not hurt by who does not. */
void conn_charge(struct conn *conn, size_t len);
/* What evhttp has been given to send goes out now, as far as the socket takes it. Most
 * often that is all of it, and then nobody needs to wait for the socket and stop
 * waiting for it, each with a call of its own; the rest goes evhttp's way. */
void conn_flush(struct conn *conn);
/* The answer has gone out whole. */
void conn_answered(struct conn *conn);

/* Leaves evhttp and keeps the socket: calls back in a later turn of the loop with the
 * socket, the callee's to close, or with -1 where the client was gone first. The
 * request in progress is evhttp's to free and must not be touched after this call. */
typedef void on_conn_taken(void *arg, int fd);
void conn_take(struct conn *conn, on_conn_taken *on_taken, void *arg);

#endif
