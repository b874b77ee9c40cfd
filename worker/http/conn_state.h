/* The structs of connections, shared by conn.c, conns.c and handoff_conn.c. */
#ifndef WORKER_HTTP_CONN_STATE_H
#define WORKER_HTTP_CONN_STATE_H

#include "worker/http/body_reader.h"
#include "worker/http/conn.h"
#include "worker/http/framing.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/queue.h>

TAILQ_HEAD(conn_list, conn);

/*   ACCEPTED ─▶ IDLE ◀──▶ BUSY
 *                │          │
 *                ├──────────┘
 *                ▼
 *          DETACH_ASKED ─▶ DETACHING ─▶ DETACHED
 *
 * conn_move makes these moves. In any state the connection may be closed. */
enum conn_state {
	CONN_ACCEPTED,     /* evhttp has asked for its bufferevent, and has no handle of it yet */
	CONN_IDLE,         /* between two requests */
	CONN_BUSY,         /* a request is coming in or being answered */
	CONN_DETACH_ASKED, /* to leave evhttp in the next turn of the loop; in the list `asked` */
	CONN_DETACHING,    /* epoll forgets its socket in this turn; in the list `detaching` */
	CONN_DETACHED      /* the socket has gone; evhttp frees the rest */
};

struct conn {
	TAILQ_ENTRY(conn) next;
	TAILQ_ENTRY(conn) next_detaching; /* of the lists `asked` and `detaching` */
	TAILQ_ENTRY(conn) next_charged;
	TAILQ_ENTRY(conn) next_idle;
	struct conn *next_accepted;
	enum conn_state state;
	struct conns *table;
	const struct frontend *frontend; /* by which it came in */
	int fd;
	struct bufferevent *bev;
	struct evhttp_connection *http;
	on_conn_gone *on_gone; /* NULL: no request is being answered */
	void *gone_arg;
	struct framing framing;
	unsigned judged;     /* the number of the last request that on_conn_head was asked about */
	bool vouched;        /* the client of the present request is authenticated */
	unsigned answered;   /* requests that have their response */
	uint64_t share;      /* of the present request (conn_verdict) */
	struct body *body;   /* of it, if it is large (body_reader.h); NULL: evhttp has it */
	bool has_passed;     /* bytes that come in are of that body, which was fed to framing */
	struct plain *plain; /* the request that conn_take_plain has read */
	bool plain_is_last;  /* its response ends the connection */
	size_t charged;      /* bytes of its request and its response */
	uint64_t since;      /* ms: when it was accepted, when the present request began to come in,
				or when the last one was answered */
	char *peer;          /* its address, if evhttp does not know it */
	on_conn_detached *on_detached;
	void *detached_arg;
};

/* One evhttp: the listening sockets for one kind of connections. */
struct frontend {
	struct conns *conns;
	struct evhttp *http;
	bool is_metrics;
	struct injector *injector; /* connections come from another process (handoff_conn.c);
				      NULL:
				      not one that receives, or not prepared yet */
};

/* The last two are for connections that another process accepted. */
enum {
	FRONTEND_CLIENTS,
	FRONTEND_METRICS,
	FRONTEND_RECEIVED,
	FRONTEND_RECEIVED_METRICS,
	FRONTENDS
};

/*   OPENED ─▶ ACCEPTING ─▶ STOPPED ─▶ DRAINING; each may be skipped */
enum conns_state {
	CONNS_OPENED,    /* accepts nothing yet */
	CONNS_ACCEPTING, /* but for pauses, when there are too many */
	CONNS_STOPPED,   /* accepts no more, serves on */
	CONNS_DRAINING   /* responses are the last of their connections */
};

/* evhttp's callbacks of a connection's bufferevent: the same for all. */
struct evhttp_callbacks {
	bufferevent_data_cb readable, written;
	bufferevent_event_cb event;
};

struct conns {
	struct conns_options options;
	struct evhttp_callbacks evhttp;
	enum conns_state state;
	bool paused; /* some listeners are disabled */
	struct frontend frontends[FRONTENDS];
	struct evhttp_bound_socket **bound;
	size_t bound_count;
	struct conn_list all;
	struct conn_list asked;     /* to detach in this turn of the loop */
	struct conn_list detaching; /* epoll has forgotten them by the next turn */
	struct conn_list charged;   /* those with bytes in memory, the one that has had some the
				       longest first */
	size_t charged_bytes;       /* of all of these */
	struct body_reader *bodies;
	struct conn_list idle; /* in the state CONN_IDLE, the longest idle one first */
	size_t count;
	struct conn **by_fd;
	size_t by_fd_size;
	struct conn *accepted; /* in the state CONN_ACCEPTED */
	struct event *adopt;   /* has evhttp's handles of these looked up */
	struct event *detach;
	struct event *sweep;
	int placeholder; /* a file that takes the number of a socket that left */
};

/* Changes the state and the time that it is measured from (`since`). */
void conn_move(struct conn *conn, enum conn_state to);
/* Bytes came in (an evbuffer_cb_func on the input): framing checks them before evhttp
 * sees them. */
void conn_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *conn);
/* evhttp is about to free the connection (an evhttp_connection close callback). */
void conn_closed(struct evhttp_connection *http, void *conn);
/* One whole request is all of the input, and evhttp has seen none of it: if it is
 * plain, on_conn_request gets it without evhttp. Called while the input is being
 * read. */
void conn_take_plain(struct conn *conn, struct evbuffer *input);
/* Sends what is in the output, as far as the socket takes it. Is that all? */
bool conn_write(struct conn *conn);
/* Why the connection has exceeded its time at `now` (clock_ms), or NULL. */
const char *conn_overdue(const struct conn *conn, uint64_t now);
/* Closes it for that reason. */
void conn_close_overdue(struct conn *conn, const char *reason);
/* Closes the connection that has been idle the longest, to make room for another.
 * False: none has been idle for long enough. */
bool conns_close_idle(struct conns *conns);
/* The turns of the loop in which connections leave evhttp (an event callback). */
void conns_detach(evutil_socket_t unused, short what, void *conns);

/* evhttp has just accepted a connection of a frontend with an injector: replaces its
 * socket by the one that it stands for. */
void conn_inject(struct conn *conn);
/* NULL is fine. */
void injector_free(struct injector *injector);

#endif
