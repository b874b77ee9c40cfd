#include "worker/http/conn_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "worker/http/request.h"

#include <event2/listener.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ----
 * Accepting ---------------------------------------------------------------------------
 */

/* Who asks for metrics while there are as many connections as may be is heard all the
 * same, up to so many. */
#define METRICS_SPARE 8

/* Lets the first `count` of the listening sockets accept, or not; the last may be that
 * for metrics.
 */
static void conns_listen(struct conns *conns, size_t count, bool on)
{
	conns->paused = !on;
	for (size_t i = 0; i < count; i++) {
		struct evconnlistener *listener = evhttp_bound_socket_get_listener(conns->bound[i]);

		if (on)
			evconnlistener_enable(listener);
		else
			evconnlistener_disable(listener);
	}
}

/* Holds back as many listening sockets as there must be. */
static void conns_limit(struct conns *conns)
{
	size_t most = conns->worker->settings->max_connections;

	if (conns->count >= most + METRICS_SPARE)
		conns_listen(conns, conns->bound_count, false);
	else if (conns->count >= most && !conns->paused)
		conns_listen(conns, conns->bound_count - conns->worker->from->metrics, false);
}

/* The process's one table: evhttp takes the listeners' argument for itself, so that the
 * callback below has nothing to find it by. */
static struct conns *accepting;

/* Out of descriptors: accept() would fail again at once, for ever. The sweep tries
 * anew. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
	struct conns *conns = accepting;
	int error = EVUTIL_SOCKET_ERROR();

	(void)listener;
	(void)http;
	log_warn("accept_paused", LOG_TEXT("error", evutil_socket_error_to_string(error)),
		 LOG_NUMBER("connections", conns->count));
	conns_listen(conns, conns->bound_count, false);
}

static void conns_index(struct conns *conns, struct conn *conn)
{
	size_t fd = (size_t)conn->fd, old = conns->by_fd_size;

	conns->by_fd = mem_grow(conns->by_fd, &conns->by_fd_size, fd + 1, sizeof(struct conn *));
	memset(conns->by_fd + old, 0, (conns->by_fd_size - old) * sizeof(struct conn *));
	conns->by_fd[fd] = conn;
}

/* evhttp tells nobody about a connection before its first request, and its close
 * callback needs its own handle. It passes that to the bufferevent as the callbacks'
 * argument (libevent 2.1, http.c: evhttp_connection_base_bufferevent_new). This runs in
 * the same turn of the loop as the accept, so nothing can have closed it yet. */
static void on_adopt(evutil_socket_t unused, short what, void *arg)
{
	struct conns *conns = arg;
	void *http;

	(void)unused;
	(void)what;
	for (struct conn *conn = conns->newborn; conn; conn = conn->older) {
		conn->fd = bufferevent_getfd(conn->bev);
		if (conn->door->nursery)
			conn_settle(conn);
		conns_index(conns, conn);
		bufferevent_getcb(conn->bev, NULL, NULL, NULL, &http);
		conn->http = http;
		evhttp_connection_set_closecb(conn->http, conn_closed, conn);
	}
	conns->newborn = NULL;
}

static struct bufferevent *on_bufferevent(struct event_base *base, void *arg)
{
	const struct door *door = arg;
	struct conns *conns = door->conns;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct conn *conn;

	if (bev == NULL)
		return NULL;
	conn = mem_alloc(sizeof(*conn));
	conn->table = conns;
	conn->door = door;
	conn->bev = bev;
	conn->since = clock_ms();
	framing_init(&conn->framing, conns->worker->settings->max_body);
	TAILQ_INSERT_TAIL(&conns->all, conn, next);
	conns->count++;
	scoreboard_set(conns->worker->from->shm, conns->worker->from->slot, METRIC_CONNECTIONS,
		       (int64_t)conns->count);
	evbuffer_add_cb(bufferevent_get_input(bev), conn_input, conn);
	conn->older = conns->newborn;
	conns->newborn = conn;
	event_active(conns->adopt, EV_TIMEOUT, 0);
	/* At once: the listener that this one came by would go on with all that
	 * wait. */
	conns_limit(conns);
	return bev;
}

/* ----
 * Deadlines ---------------------------------------------------------------------------
 */

static void conns_sweep(struct conns *conns)
{
	uint64_t now = clock_ms();
	struct conn *conn, *after;

	for (conn = TAILQ_FIRST(&conns->all); conn; conn = after) {
		const char *reason = conn_overdue(conn, now);

		after = TAILQ_NEXT(conn, next);
		if (reason)
			conn_close_overdue(conn, reason);
	}
	if (conns->paused && !conns->worker->draining && !conns->worker->leaving &&
	    conns->count < conns->worker->settings->max_connections)
		conns_listen(conns, conns->bound_count, true);
}

static void on_sweep(evutil_socket_t unused, short what, void *arg)
{
	struct conns *conns = arg;

	(void)unused;
	(void)what;
	conns_sweep(conns);
	/* A predecessor in this slot may have had the last word. */
	scoreboard_set(conns->worker->from->shm, conns->worker->from->slot, METRIC_CONNECTIONS,
		       (int64_t)conns->count);
}

/* ---- The
 * table -------------------------------------------------------------------------------
 */

struct conn *conn_of(struct conns *conns, struct evhttp_request *http)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));

	return conns->by_fd[fd];
}

static void on_request(struct evhttp_request *http, void *arg)
{
	struct conns *conns = ((struct door *)arg)->conns;

	request_begin(conns->worker, conn_of(conns, http), http);
}

static bool conns_accept(struct conns *conns)
{
	const struct worker_inheritance *from = conns->worker->from;

	accepting = conns;
	conns->bound = mem_array(from->listener_count, sizeof(*conns->bound));
	for (size_t i = 0; i < from->listener_count; i++) {
		struct evconnlistener *listener =
			evconnlistener_new(conns->worker->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC,
					   0, from->listeners[i]);
		bool is_metrics = from->metrics && i + 1 == from->listener_count;

		if (listener == NULL)
			return false;
		conns->bound[i] = evhttp_bind_listener(
			conns->doors[is_metrics ? DOOR_METRICS : DOOR_MAIN].http, listener);
		if (conns->bound[i] == NULL)
			return false;
		conns->bound_count++;
		evconnlistener_set_error_cb(listener, on_accept_error);
	}
	return true;
}

/* evhttp's own timer knows only of silence, of whatever kind. It is for what the sweep
 * does not see, a reader who stops within an answer, and longer than all that the sweep
 * allows: a body may pause for longer than a connection may be idle. */
static int conns_patience(const struct worker_settings *settings)
{
	unsigned most = settings->idle_timeout;

	if (most < settings->body_timeout)
		most = settings->body_timeout;
	if (most < settings->header_timeout)
		most = settings->header_timeout;
	return (int)most + 2;
}

static bool door_open(struct door *door, struct conns *conns, bool is_metrics)
{
	const struct worker_settings *settings = conns->worker->settings;
	struct evhttp *http = evhttp_new(conns->worker->base);

	*door = (struct door){ .conns = conns, .http = http, .is_metrics = is_metrics };
	if (http == NULL)
		return false;
	evhttp_set_gencb(http, on_request, door);
	evhttp_set_bevcb(http, on_bufferevent, door);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
						 EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
						 EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
						 EVHTTP_REQ_TRACE);
	evhttp_set_default_content_type(http, NULL);
	/* The guard refuses before these are reached. */
	evhttp_set_max_headers_size(http, 2 * FRAMING_HEAD_MAX);
	evhttp_set_max_body_size(http, (ev_ssize_t)settings->max_body);
	evhttp_set_timeout(http, conns_patience(settings));
	return true;
}

static bool doors_open(struct conns *conns)
{
	bool open = true;

	for (int i = 0; i < DOORS; i++)
		open = door_open(&conns->doors[i], conns,
				 i == DOOR_METRICS || i == DOOR_MOVED_METRICS) &&
		       open;
	return open;
}

struct conns *conns_open(struct worker *worker)
{
	static const struct timeval every_second = { 1, 0 };
	struct conns *conns = mem_alloc(sizeof(*conns));

	conns->worker = worker;
	TAILQ_INIT(&conns->all);
	TAILQ_INIT(&conns->asked);
	TAILQ_INIT(&conns->leaves);
	TAILQ_INIT(&conns->holding);
	conns->placeholder = open("/dev/null", O_RDONLY | O_CLOEXEC);
	conns->adopt = event_new(worker->base, -1, 0, on_adopt, conns);
	conns->leave = evtimer_new(worker->base, conns_leave, conns);
	conns->sweep = event_new(worker->base, -1, EV_PERSIST, on_sweep, conns);
	if (!doors_open(conns) || conns->placeholder < 0 || !conns->adopt || !conns->leave ||
	    !conns->sweep || event_add(conns->sweep, &every_second) < 0 || !conns_accept(conns)) {
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
	conns_listen(conns, conns->bound_count, false);
}

size_t conns_count(const struct conns *conns)
{
	return conns->count;
}

void conns_close(struct conns *conns)
{
	if (conns == NULL)
		return;
	for (int i = 0; i < DOORS; i++) {
		if (conns->doors[i].http)
			evhttp_free(conns->doors[i].http);
		nursery_free(conns->doors[i].nursery);
	}
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
