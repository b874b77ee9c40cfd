/* Connections from within: what conn.c and conns.c share. */
#ifndef WORKER_HTTP_CONN_STATE_H
#define WORKER_HTTP_CONN_STATE_H

#include "worker/http/conn.h"
#include "worker/http/framing.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/queue.h>

TAILQ_HEAD(conn_list, conn);

struct conn {
	TAILQ_ENTRY(conn) next;
	TAILQ_ENTRY(conn) next_leaving;
	TAILQ_ENTRY(conn) next_holding;
	struct conn_list *leaving; /* the list of those on their way out of evhttp that it is in;
				      NULL: it stays */
	struct conn *older;        /* of the newborn */
	struct conns *table;
	const struct door *door; /* that it came in by */
	int fd;
	struct bufferevent *bev;
	struct evhttp_connection *http;
	struct request *request; /* being answered */
	struct framing framing;
	unsigned answered; /* requests that have their answer */
	size_t held;       /* bytes of the request on its way in and of its answer on its way out */
	uint64_t since; /* ms: when it came, when the present request began to come in, or when the
			   last was answered */
	bool receiving; /* a request has begun to come in since */
	char *client;   /* the address of the other side, where evhttp does not know it */
	on_conn_taken *on_taken;
	void *taken_arg;
};

/* Where connections come in: evhttp on some of the listening sockets. */
struct door {
	struct conns *conns;
	struct evhttp *http;
	bool is_metrics;
	struct nursery *nursery; /* connections come from another process this way; NULL: they do
				    not, or have not yet */
};

/* The last two are for connections that another process accepted. */
enum { DOOR_MAIN, DOOR_METRICS, DOOR_MOVED, DOOR_MOVED_METRICS, DOORS };

struct conns {
	struct worker *worker;
	struct door doors[DOORS];
	struct evhttp_bound_socket **bound;
	size_t bound_count;
	struct conn_list all;
	struct conn_list asked;   /* to leave in this turn of the loop */
	struct conn_list leaves;  /* epoll has forgotten them by the next turn */
	struct conn_list holding; /* those with bytes on their way, the one that has had some the
				     longest first */
	size_t held;              /* bytes of all of these */
	size_t count;
	struct conn **by_fd;
	size_t by_fd_size;
	struct conn *newborn; /* made by evhttp's request for a bufferevent, not yet seen with its
				 socket */
	struct event *adopt;
	struct event *leave;
	struct event *sweep;
	int placeholder; /* stands for a socket that left */
	bool paused;
};

/* Bytes came in (an evbuffer_cb_func on the input): they pass the guard before evhttp
 * sees them. */
void conn_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *conn);
/* evhttp has just accepted a connection by a door with a nursery: it gets the socket
 * that it stands for. */
void conn_settle(struct conn *conn);
void nursery_free(struct nursery *nursery);
/* evhttp is about to free the connection, for whatever reason. */
void conn_closed(struct evhttp_connection *http, void *conn);
/* Why the connection has had its time at `now` (clock_ms), or NULL. */
const char *conn_overdue(const struct conn *conn, uint64_t now);
/* Closes it for that reason. */
void conn_close_overdue(struct conn *conn, const char *reason);
/* The turns of the loop in which connections leave evhttp (an event callback). */
void conns_leave(evutil_socket_t unused, short what, void *conns);

#endif
