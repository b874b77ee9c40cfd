/* The table of connections: listening, accepting through evhttp, deadlines, draining.
 * Called by worker/worker; one connection is conn.c. */
#include "worker/http/conn_state.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/http/incoming.h"

#include <assert.h>
#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void conns_move(struct conns *conns, enum conns_state to)
{
	assert(to > conns->state);
	conns->state = to;
}

static void conns_count_changed(const struct conns *conns)
{
	counters_set(conns->options.counters, METRIC_CONNECTIONS, conns->count);
}

/* ---- Accepting ---- */

/* Connections for /metrics that are accepted beyond max_connections, so that an
 * overloaded server can still be watched. */
#define METRICS_SPARE 8

/* Enables or disables the first `count` of the listening sockets; the last may be that
 * for metrics. */
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

/* Disables listeners if there are too many connections. */
static void conns_limit(struct conns *conns)
{
	size_t max = conns->options.max_connections;

	if (conns->count >= max + METRICS_SPARE)
		conns_listen(conns, conns->bound_count, false);
	else if (conns->count >= max && !conns->paused)
		conns_listen(conns, conns->bound_count - conns->options.metrics, false);
}

/* Accepts again if there is room for one more, or an idle connection makes room. So the
 * last place stays free as long as any connection is idle, and a new one never waits
 * for an idle timeout. */
static void conns_make_room(struct conns *conns)
{
	size_t max = conns->options.max_connections;

	if (!conns->paused || conns->state != CONNS_ACCEPTING)
		return;
	if (conns->count < max || (conns_close_idle(conns) && conns->count < max))
		conns_listen(conns, conns->bound_count, true);
}

/* The process's one table: evhttp takes the listeners' argument for itself, so that the
 * callback below has nothing to find it by. */
static struct conns *accepting;

/* Out of descriptors: accept() would fail again at once, for ever. The sweep tries
 * again. */
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

/* evhttp calls nothing for a connection before its first request, and its close
 * callback needs its own handle. It passes that to the bufferevent as the callbacks'
 * argument (libevent 2.1, http.c: evhttp_connection_base_bufferevent_new). This runs in
 * the same turn of the loop as the accept, so nothing can have closed it yet. */
static void on_adopt(evutil_socket_t unused, short what, void *arg)
{
	struct conns *conns = arg;
	void *http;

	(void)unused;
	(void)what;
	for (struct conn *conn = conns->accepted; conn; conn = conn->next_accepted) {
		conn->fd = bufferevent_getfd(conn->bev);
		if (conn->frontend->injector)
			conn_inject(conn);
		conns_index(conns, conn);
		bufferevent_getcb(conn->bev, &conns->evhttp.readable, &conns->evhttp.written,
				  &conns->evhttp.event, &http);
		conn->http = http;
		evhttp_connection_set_closecb(conn->http, conn_closed, conn);
		conn_move(conn, CONN_IDLE);
	}
	conns->accepted = NULL;
	/* Not after a failed accept, which the sweep repeats. */
	if (conns->count >= conns->options.max_connections)
		conns_make_room(conns);
}

static struct bufferevent *on_bufferevent(struct event_base *base, void *arg)
{
	const struct frontend *frontend = arg;
	struct conns *conns = frontend->conns;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct conn *conn;

	if (bev == NULL)
		return NULL;
	conn = mem_alloc(sizeof(*conn));
	conn->state = CONN_ACCEPTED;
	conn->table = conns;
	conn->frontend = frontend;
	conn->bev = bev;
	framing_init(&conn->framing, conns->options.max_body);
	TAILQ_INSERT_TAIL(&conns->all, conn, next);
	conns->count++;
	conns_count_changed(conns);
	evbuffer_add_cb(bufferevent_get_input(bev), conn_input, conn);
	conn->next_accepted = conns->accepted;
	conns->accepted = conn;
	event_active(conns->adopt, EV_TIMEOUT, 0);
	/* At once: its listener would go on with all connections that wait. */
	conns_limit(conns);
	return bev;
}

/* ---- Deadlines ---- */

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
	conns_make_room(conns);
}

static void on_sweep(evutil_socket_t unused, short what, void *arg)
{
	struct conns *conns = arg;

	(void)unused;
	(void)what;
	conns_sweep(conns);
	/* The predecessor in this slot may have set it after this process did. */
	conns_count_changed(conns);
}

/* ---- The table ---- */

static void on_request(struct evhttp_request *http, void *arg)
{
	const struct frontend *frontend = arg;
	const struct conns *conns = frontend->conns;
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
	const struct incoming incoming = { .http = http };

	conns->options.on_request(conns->options.arg, conns->by_fd[fd], &incoming);
}

/* Binds the listening sockets, disabled. */
static bool conns_bind(struct conns *conns)
{
	const struct conns_options *options = &conns->options;

	accepting = conns;
	conns->bound = mem_array(options->listener_count, sizeof(*conns->bound));
	for (size_t i = 0; i < options->listener_count; i++) {
		bool is_metrics = options->metrics && i + 1 == options->listener_count;
		struct frontend *frontend =
			&conns->frontends[is_metrics ? FRONTEND_METRICS : FRONTEND_CLIENTS];
		struct evconnlistener *listener = evconnlistener_new(
			options->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0,
			options->listeners[i]);

		if (listener == NULL)
			return false;
		conns->bound[i] = evhttp_bind_listener(frontend->http, listener);
		if (conns->bound[i] == NULL)
			return false;
		conns->bound_count++;
		evconnlistener_set_error_cb(listener, on_accept_error);
	}
	return true;
}

/* evhttp's own timer measures silence of any kind. It is for the one case that the
 * sweep does not see, a client that stops reading within a response, and longer than
 * all that the sweep allows: a body may pause for longer than a connection may be
 * idle. */
static int conns_timeout(const struct conns_options *options)
{
	unsigned max = options->idle_timeout;

	if (max < options->body_timeout)
		max = options->body_timeout;
	if (max < options->header_timeout)
		max = options->header_timeout;
	return (int)max + 2;
}

static bool frontend_open(struct frontend *frontend, struct conns *conns, bool is_metrics)
{
	const struct conns_options *options = &conns->options;
	struct evhttp *http = evhttp_new(options->base);

	*frontend = (struct frontend){ .conns = conns, .http = http, .is_metrics = is_metrics };
	if (http == NULL)
		return false;
	evhttp_set_gencb(http, on_request, frontend);
	evhttp_set_bevcb(http, on_bufferevent, frontend);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
						 EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
						 EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
						 EVHTTP_REQ_TRACE);
	evhttp_set_default_content_type(http, NULL);
	/* framing.c refuses before these are reached. */
	evhttp_set_max_headers_size(http, 2 * FRAMING_HEAD_MAX);
	evhttp_set_max_body_size(http, (ev_ssize_t)options->max_body);
	evhttp_set_timeout(http, conns_timeout(options));
	return true;
}

static bool frontends_open(struct conns *conns)
{
	bool open = true;

	for (int i = 0; i < FRONTENDS; i++)
		open = frontend_open(&conns->frontends[i], conns,
				     i == FRONTEND_METRICS || i == FRONTEND_RECEIVED_METRICS) &&
		       open;
	return open;
}

struct conns *conns_open(const struct conns_options *options)
{
	static const struct timeval every_second = { 1, 0 };
	struct conns *conns = mem_alloc(sizeof(*conns));

	assert(options->base && options->counters && options->on_request && options->on_refused);
	conns->options = *options;
	TAILQ_INIT(&conns->all);
	TAILQ_INIT(&conns->asked);
	TAILQ_INIT(&conns->detaching);
	TAILQ_INIT(&conns->charged);
	TAILQ_INIT(&conns->idle);
	conns->placeholder = descriptor_at_end();
	conns->adopt = event_new(options->base, -1, 0, on_adopt, conns);
	conns->detach = evtimer_new(options->base, conns_detach, conns);
	conns->bodies = body_reader_new(options->base);
	conns->sweep = event_new(options->base, -1, EV_PERSIST, on_sweep, conns);
	if (!frontends_open(conns) || conns->placeholder < 0 || !conns->adopt || !conns->detach ||
	    !conns->sweep || !conns->bodies || event_add(conns->sweep, &every_second) < 0 ||
	    !conns_bind(conns)) {
		int reason = errno;

		conns_close(conns);
		errno = reason;
		return NULL;
	}
	return conns;
}

void conns_start(struct conns *conns)
{
	conns_move(conns, CONNS_ACCEPTING);
	conns_listen(conns, conns->bound_count, true);
}

void conns_stop(struct conns *conns)
{
	if (conns->state < CONNS_STOPPED)
		conns_move(conns, CONNS_STOPPED);
	conns_listen(conns, conns->bound_count, false);
}

void conns_drain(struct conns *conns)
{
	if (conns->state < CONNS_DRAINING)
		conns_move(conns, CONNS_DRAINING);
	conns_sweep(conns);
}

size_t conns_count(const struct conns *conns)
{
	return conns->count;
}

void conns_close(struct conns *conns)
{
	if (conns == NULL)
		return;
	for (int i = 0; i < FRONTENDS; i++) {
		if (conns->frontends[i].http)
			evhttp_free(conns->frontends[i].http);
		injector_free(conns->frontends[i].injector);
	}
	body_reader_free(conns->bodies);
	if (conns->adopt)
		event_free(conns->adopt);
	if (conns->detach)
		event_free(conns->detach);
	if (conns->sweep)
		event_free(conns->sweep);
	if (conns->placeholder >= 0)
		close(conns->placeholder);
	free(conns->bound);
	free(conns->by_fd);
	free(conns);
}
