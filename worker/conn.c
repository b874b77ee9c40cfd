#include "worker/conn.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/board.h"
#include "worker/answer.h"
#include "worker/guard.h"
#include "worker/linger.h"
#include "worker/request.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

/* While the worker drains: a connection that was accepted last has this long to say what it wants. */
#define NEWCOMER_MS 250

TAILQ_HEAD(conn_list, conn);

struct conn {
	TAILQ_ENTRY(conn) next;
	TAILQ_ENTRY(conn) next_leaving;
	struct conn_list *leaving; /* the list of those on their way out of evhttp that it is in; NULL: it stays */
	struct conn *older;	   /* of the newborn */
	struct conns *table;
	int fd;
	struct bufferevent *bev;
	struct evhttp_connection *http;
	struct request *request; /* being answered */
	struct guard guard;
	unsigned answered; /* requests that have their answer */
	uint64_t since;	   /* ms: when it came, when the present request began to come in, or when the last was answered */
	bool receiving;	   /* a request has begun to come in since */
	on_conn_taken *on_taken;
	void *taken_arg;
};

struct conns {
	struct worker *worker;
	struct evhttp *http;
	struct evhttp_bound_socket **bound;
	size_t bound_count;
	struct conn_list all;
	struct conn_list asked;	 /* to leave in this turn of the loop */
	struct conn_list leaves; /* epoll has forgotten them by the next turn */
	size_t count;
	struct conn **by_fd;
	size_t by_fd_size;
	struct conn *newborn; /* made by evhttp's request for a bufferevent, not yet seen with its socket */
	struct event *adopt;
	struct event *leave;
	struct event *sweep;
	int placeholder; /* stands for a socket that left */
	bool paused;
};

/* ---- Accepting ------------------------------------------------------------------------------------------------------------ */

static void conns_listen(struct conns *conns, bool on)
{
	conns->paused = !on;
	for (size_t i = 0; i < conns->bound_count; i++) {
		struct evconnlistener *listener = evhttp_bound_socket_get_listener(conns->bound[i]);

		if (on)
			evconnlistener_enable(listener);
		else
			evconnlistener_disable(listener);
	}
}

/* Out of descriptors: accept() would fail again at once, for ever. The sweep tries anew. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct conns *conns = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)listener;
	log_warn("accept_paused", LOG_TEXT("error", evutil_socket_error_to_string(error)), LOG_NUMBER("connections", conns->count));
	conns_listen(conns, false);
}

static void conn_forget(struct conn *conn)
{
	struct conns *conns = conn->table;

	TAILQ_REMOVE(&conns->all, conn, next);
	conns->count--;
	board_set(conns->worker->from->shm, conns->worker->from->slot, BOARD_CONNECTIONS, (int64_t)conns->count);
	if (conn->http)
		conns->by_fd[conn->fd] = NULL;
	guard_clear(&conn->guard);
	free(conn);
}

/* evhttp is about to free the connection, for whatever reason. */
static void on_http_close(struct evhttp_connection *http, void *arg)
{
	struct conn *conn = arg;

	(void)http;
	if (conn->leaving) {
		TAILQ_REMOVE(conn->leaving, conn, next_leaving);
		conn->on_taken(conn->taken_arg, -1);
	}
	if (conn->request)
		request_abandon(conn->request);
	conn_forget(conn);
}

static void conn_refuse(struct conn *conn);

/* Bytes came in: they pass the guard before evhttp sees them. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *conn = arg;
	struct evbuffer_iovec part;
	struct evbuffer_ptr at;
	size_t from = evbuffer_get_length(input) - info->n_added;
	bool passed = conn->guard.state != GUARD_REFUSED;

	if (info->n_added == 0)
		return;
	if (conn->leaving) {
		evbuffer_drain(input, evbuffer_get_length(input));
		return;
	}
	if (guard_is_idle(&conn->guard) && !conn->receiving) {
		conn->receiving = true;
		conn->since = clock_ms();
	}
	for (size_t left = info->n_added; left && passed; left -= part.iov_len, from += part.iov_len) {
		evbuffer_ptr_set(input, &at, from, EVBUFFER_PTR_SET);
		if (evbuffer_peek(input, (ev_ssize_t)left, &at, &part, 1) < 1)
			break;
		if (part.iov_len > left)
			part.iov_len = left;
		passed = guard_feed(&conn->guard, slice_make(part.iov_base, part.iov_len));
	}
	if (!passed && conn->guard.complete == conn->answered)
		conn_refuse(conn);
}

static void conns_index(struct conns *conns, struct conn *conn)
{
	size_t fd = (size_t)conn->fd;

	if (fd >= conns->by_fd_size) {
		conns->by_fd = mem_resize(conns->by_fd, fd * 2, sizeof(struct conn *));
		memset(conns->by_fd + conns->by_fd_size, 0, (fd * 2 - conns->by_fd_size) * sizeof(struct conn *));
		conns->by_fd_size = fd * 2;
	}
	conns->by_fd[fd] = conn;
}

/* evhttp tells nobody about a connection before its first request, and its close callback needs its own handle. It passes that
 * to the bufferevent as the callbacks' argument (libevent 2.1, http.c: evhttp_connection_base_bufferevent_new). This
 * runs in the same turn of the loop as the accept, so nothing can have closed it yet. */
static void on_adopt(evutil_socket_t unused, short what, void *arg)
{
	struct conns *conns = arg;
	void *http;

	(void)unused;
	(void)what;
	for (struct conn *conn = conns->newborn; conn; conn = conn->older) {
		conn->fd = bufferevent_getfd(conn->bev);
		conns_index(conns, conn);
		bufferevent_getcb(conn->bev, NULL, NULL, NULL, &http);
		conn->http = http;
		evhttp_connection_set_closecb(conn->http, on_http_close, conn);
	}
	conns->newborn = NULL;
	if (conns->count >= conns->worker->settings->max_connections && !conns->paused)
		conns_listen(conns, false);
}

static struct bufferevent *on_bufferevent(struct event_base *base, void *arg)
{
	struct conns *conns = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct conn *conn;

	if (bev == NULL)
		return NULL;
	conn = mem_alloc(sizeof(*conn));
	conn->table = conns;
	conn->bev = bev;
	conn->since = clock_ms();
	guard_init(&conn->guard, conns->worker->settings->max_body);
	TAILQ_INSERT_TAIL(&conns->all, conn, next);
	conns->count++;
	board_set(conns->worker->from->shm, conns->worker->from->slot, BOARD_CONNECTIONS, (int64_t)conns->count);
	evbuffer_add_cb(bufferevent_get_input(bev), on_input, conn);
	conn->older = conns->newborn;
	conns->newborn = conn;
	event_active(conns->adopt, EV_TIMEOUT, 0);
	return bev;
}

/* ---- Leaving evhttp ------------------------------------------------------------------------------------------------------- */

/* At least one turn after conn_take: epoll has forgotten the socket (its change list is applied between turns), so a copy of the descriptor
 * is safe. evhttp shuts its descriptor down when it frees the connection; it gets another file under that number first. */
static void conn_leave(struct conn *conn)
{
	struct conns *conns = conn->table;
	int fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 3);
	on_conn_taken *on_taken = conn->on_taken;
	void *arg = conn->taken_arg;

	TAILQ_REMOVE(&conns->leaves, conn, next_leaving);
	conn->leaving = NULL;
	if (fd >= 0 && dup3(conns->placeholder, conn->fd, O_CLOEXEC) < 0) {
		close(fd);
		fd = -1;
	}
	evhttp_connection_free(conn->http);
	on_taken(arg, fd);
}

static void on_leave(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct conns *conns = arg;
	struct conn *conn;

	(void)unused;
	(void)what;
	while ((conn = TAILQ_FIRST(&conns->leaves)) != NULL)
		conn_leave(conn);
	TAILQ_CONCAT(&conns->leaves, &conns->asked, next_leaving);
	TAILQ_FOREACH (conn, &conns->leaves, next_leaving) {
		conn->leaving = &conns->leaves;
		/* Between two requests evhttp has begun to read again. */
		bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	}
	if (!TAILQ_EMPTY(&conns->leaves))
		event_add(conns->leave, &next_turn);
}

void conn_take(struct conn *conn, on_conn_taken *on_taken, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	conn->leaving = &conn->table->asked;
	conn->request = NULL;
	conn->on_taken = on_taken;
	conn->taken_arg = arg;
	bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	evbuffer_drain(input, evbuffer_get_length(input));
	TAILQ_INSERT_TAIL(&conn->table->asked, conn, next_leaving);
	event_add(conn->table->leave, &next_turn);
}

struct refusal {
	struct event_base *base;
	struct buf answer;
};

static void on_refused_taken(void *arg, int fd)
{
	struct refusal *refusal = arg;

	linger_start(refusal->base, fd, refusal->answer);
	free(refusal);
}

static void conn_refuse(struct conn *conn)
{
	struct refusal *refusal;

	if (conn->leaving)
		return;
	log_info("request_refused", LOG_NUMBER("status", conn->guard.status), LOG_TEXT("reason", conn->guard.detail));
	refusal = mem_alloc(sizeof(*refusal));
	refusal->base = conn->table->worker->base;
	answer_raw(&refusal->answer, conn->guard.status, conn->guard.detail);
	conn_take(conn, on_refused_taken, refusal);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------- */

struct conn *conn_of(struct conns *conns, struct evhttp_request *http)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));

	return conns->by_fd[fd];
}

void conn_set_request(struct conn *conn, struct request *request)
{
	conn->request = request;
}

void conn_answered(struct conn *conn)
{
	conn->answered++;
	conn->receiving = conn->guard.complete != conn->answered || !guard_is_idle(&conn->guard);
	conn->since = clock_ms();
	if (conn->guard.state == GUARD_REFUSED && conn->guard.complete == conn->answered)
		conn_refuse(conn);
}

/* ---- Deadlines ------------------------------------------------------------------------------------------------------------ */

/* Why the connection has had its time, or NULL. */
static const char *conn_overdue(const struct conn *conn, uint64_t now)
{
	const struct worker_settings *settings = conn->table->worker->settings;
	uint64_t age = (now - conn->since) / 1000;

	if (conn->http == NULL || conn->leaving || conn->guard.complete != conn->answered)
		return NULL;
	if (!conn->receiving && conn->table->worker->draining)
		return conn->answered || now - conn->since >= NEWCOMER_MS ? "drain" : NULL;
	if (!conn->receiving)
		return age >= settings->idle_timeout ? "idle" : NULL;
	if (conn->guard.state == GUARD_HEAD)
		return age >= settings->header_timeout ? "slow_head" : NULL;
	return age >= settings->body_timeout ? "slow_body" : NULL;
}

static void conns_sweep(struct conns *conns)
{
	uint64_t now = clock_ms();
	struct conn *conn, *after;

	for (conn = TAILQ_FIRST(&conns->all); conn; conn = after) {
		const char *reason = conn_overdue(conn, now);

		after = TAILQ_NEXT(conn, next);
		if (reason) {
			log_debug("connection_closed", LOG_TEXT("reason", reason));
			evhttp_connection_free(conn->http);
		}
	}
	if (conns->paused && !conns->worker->draining && conns->count < conns->worker->settings->max_connections)
		conns_listen(conns, true);
}

static void on_sweep(evutil_socket_t unused, short what, void *arg)
{
	(void)unused;
	(void)what;
	conns_sweep(arg);
}

/* ---- The table ------------------------------------------------------------------------------------------------------------ */

static void on_request(struct evhttp_request *http, void *arg)
{
	struct conns *conns = arg;

	request_begin(conns->worker, conn_of(conns, http), http);
}

static bool conns_accept(struct conns *conns)
{
	const struct worker_inheritance *from = conns->worker->from;

	conns->bound = mem_array(from->listener_count, sizeof(*conns->bound));
	for (size_t i = 0; i < from->listener_count; i++) {
		struct evconnlistener *listener = evconnlistener_new(conns->worker->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0,
								     from->listeners[i]);

		if (listener == NULL)
			return false;
		conns->bound[i] = evhttp_bind_listener(conns->http, listener);
		if (conns->bound[i] == NULL)
			return false;
		conns->bound_count++;
		evconnlistener_set_error_cb(listener, on_accept_error);
	}
	return true;
}

static void conns_configure(struct conns *conns)
{
	evhttp_set_gencb(conns->http, on_request, conns);
	evhttp_set_bevcb(conns->http, on_bufferevent, conns);
	evhttp_set_allowed_methods(conns->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
							EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE);
	evhttp_set_default_content_type(conns->http, NULL);
	/* The guard refuses before these are reached. */
	evhttp_set_max_headers_size(conns->http, 2 * GUARD_HEAD_MAX);
	evhttp_set_max_body_size(conns->http, (ev_ssize_t)conns->worker->settings->max_body);
	evhttp_set_timeout(conns->http, (int)conns->worker->settings->idle_timeout);
}

struct conns *conns_open(struct worker *worker)
{
	static const struct timeval every_second = { 1, 0 };
	struct conns *conns = mem_alloc(sizeof(*conns));

	conns->worker = worker;
	TAILQ_INIT(&conns->all);
	TAILQ_INIT(&conns->asked);
	TAILQ_INIT(&conns->leaves);
	conns->placeholder = open("/dev/null", O_RDONLY | O_CLOEXEC);
	conns->http = evhttp_new(worker->base);
	conns->adopt = event_new(worker->base, -1, 0, on_adopt, conns);
	conns->leave = evtimer_new(worker->base, on_leave, conns);
	conns->sweep = event_new(worker->base, -1, EV_PERSIST, on_sweep, conns);
	if (conns->http)
		conns_configure(conns);
	if (conns->placeholder < 0 || !conns->http || !conns->adopt || !conns->leave || !conns->sweep ||
	    event_add(conns->sweep, &every_second) < 0 || !conns_accept(conns)) {
		conns_close(conns);
		return NULL;
	}
	return conns;
}

void conns_drain(struct conns *conns)
{
	conns_sweep(conns);
}

void conns_stop(struct conns *conns)
{
	if (!conns->paused)
		conns_listen(conns, false);
}

size_t conns_count(const struct conns *conns)
{
	return conns->count;
}

void conns_close(struct conns *conns)
{
	if (conns == NULL)
		return;
	if (conns->http)
		evhttp_free(conns->http);
	if (conns->adopt)
		event_free(conns->adopt);
	if (conns->leave)
		event_free(conns->leave);
	if (conns->sweep)
		event_free(conns->sweep);
	if (conns->placeholder >= 0)
		close(conns->placeholder);
	free(conns->bound);
	free(conns->by_fd);
	free(conns);
}
