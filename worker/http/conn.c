#include "worker/http/conn_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "shm/scoreboard.h"
#include "worker/http/problem.h"
#include "worker/http/cors.h"
#include "worker/http/lingering_close.h"
#include "worker/http/request.h"
#include "worker/http/access_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* While the worker drains: a connection that was accepted last has this long to say
 * what it wants.
 */
#define NEWCOMER_MS 250

/* ---- Leaving
 * evhttp ------------------------------------------------------------------------------
 */

/* At least one turn after conn_take: epoll has forgotten the socket (its change list is
 * applied between turns), so a copy of the descriptor is safe. evhttp shuts its
 * descriptor down when it frees the connection; it gets another file under that number
 * first. */
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

void conns_leave(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct conns *conns = arg;
	struct conn *conn;

	(void)unused;
	(void)what;
	while ((conn = TAILQ_FIRST(&conns->leaves)) != NULL)
		conn_leave(conn);
	TAILQ_CONCAT(&conns->leaves, &conns->asked, next_leaving);
	TAILQ_FOREACH(conn, &conns->leaves, next_leaving)
	{
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

	lingering_close_start(refusal->base, fd, refusal->answer);
	free(refusal);
}

static void conn_refuse(struct conn *conn)
{
	struct worker *worker = conn->table->worker;
	struct buf fields = BUF_EMPTY;
	struct refusal *refusal;
	struct access_log access_log;
	const struct access_log_response answer = {
		.route = SCOREBOARD_OTHER,
		.method = "-",
		.path = "-",
		.client = conn_client(conn),
		.status = conn->framing.status,
	};

	if (conn->leaving)
		return;
	access_log_begin(worker, &access_log);
	access_log_refused(&access_log, &answer, conn->framing.detail);
	access_log_end(worker, &access_log, &answer);
	refusal = mem_alloc(sizeof(*refusal));
	refusal->base = worker->base;
	cors_put(worker->settings, conn->framing.origin.len ? conn->framing.origin.data : "",
		 &fields);
	answer_raw(&refusal->answer, problem_of_status(conn->framing.status), conn->framing.detail,
		   access_log.id, buf_slice(&fields), conn->framing.is_head);
	buf_free(&fields);
	conn_take(conn, on_refused_taken, refusal);
}

/* ----
 * Memory ------------------------------------------------------------------------------
 */

static void conn_count(const struct conn *conn, enum metric value)
{
	const struct worker_inheritance *from = conn->table->worker->from;

	scoreboard_add(from->shm, from->slot, value, 1);
}

static void conn_release(struct conn *conn)
{
	if (conn->held == 0)
		return;
	TAILQ_REMOVE(&conn->table->holding, conn, next_holding);
	conn->table->held -= conn->held;
	conn->held = 0;
}

/* Who has held memory the longest, but for this connection and those that wait for
 * us. */
static struct conn *conns_slowest(struct conns *conns, const struct conn *but)
{
	struct conn *conn;

	TAILQ_FOREACH(conn, &conns->holding, next_holding)
	if (conn != but && conn->request == NULL && conn->http && !conn->leaving)
		return conn;
	return NULL;
}

/* The answer is dropped here and now: libevent frees what it has of a connection in a
 * later turn of the loop, and many a connection may be answered in this one. */
static void conn_drop(struct conn *conn)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_drain(output, evbuffer_get_length(output));
	evhttp_connection_free(conn->http);
}

void conn_charge(struct conn *conn, size_t len)
{
	struct conns *conns = conn->table;
	struct conn *slowest;

	if (len == 0)
		return;
	while (conns->held + len > conns->worker->settings->max_in_flight &&
	       (slowest = conns_slowest(conns, conn)) != NULL) {
		log_debug("connection_closed", LOG_TEXT("reason", "slow_client"),
			  LOG_NUMBER("bytes", slowest->held));
		conn_count(slowest, METRIC_SLOW_CLIENTS);
		conn_drop(slowest);
	}
	if (conn->held == 0)
		TAILQ_INSERT_TAIL(&conns->holding, conn, next_holding);
	conn->held += len;
	conns->held += len;
}

void conn_flush(struct conn *conn)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_write(output, conn->fd);
	(void)evbuffer_freeze(output, 1);
	/* A worker at its end has no more turns, and what waits for one would never be
	 * freed. */
	if (evbuffer_get_length(output) > 0 ||
	    event_base_got_break(bufferevent_get_base(conn->bev)))
		return;
	bufferevent_disable(conn->bev, EV_WRITE);
	/* In a turn of its own: evhttp goes on to the next request. */
	bufferevent_trigger(conn->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* ---- Bytes and
 * requests ----------------------------------------------------------------------------
 */

void conn_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *conn = arg;
	struct evbuffer_iovec part;
	struct evbuffer_ptr at;
	size_t from = evbuffer_get_length(input) - info->n_added;
	bool passed = conn->framing.state != FRAMING_REFUSED;

	if (info->n_added == 0)
		return;
	if (conn->leaving) {
		evbuffer_drain(input, evbuffer_get_length(input));
		return;
	}
	conn_charge(conn, info->n_added);
	if (framing_is_idle(&conn->framing) && !conn->receiving) {
		conn->receiving = true;
		conn->since = clock_ms();
	}
	for (size_t left = info->n_added; left && passed;
	     left -= part.iov_len, from += part.iov_len) {
		evbuffer_ptr_set(input, &at, from, EVBUFFER_PTR_SET);
		if (evbuffer_peek(input, (ev_ssize_t)left, &at, &part, 1) < 1)
			break;
		if (part.iov_len > left)
			part.iov_len = left;
		passed = framing_feed(&conn->framing, slice_make(part.iov_base, part.iov_len));
	}
	if (!passed && conn->framing.complete == conn->answered)
		conn_refuse(conn);
}

bool conn_is_metrics(const struct conn *conn)
{
	return conn->door->is_metrics;
}

const char *conn_client(const struct conn *conn)
{
	char *address = conn->client;
	ev_uint16_t port;

	if (conn->http && address == NULL)
		evhttp_connection_get_peer(conn->http, &address, &port);
	return address ? address : "-";
}

void conn_set_request(struct conn *conn, struct request *request)
{
	conn->request = request;
}

void conn_close_overdue(struct conn *conn, const char *reason)
{
	log_debug("connection_closed", LOG_TEXT("reason", reason));
	if (conn->receiving)
		conn_count(conn, METRIC_TIMEOUTS);
	evhttp_connection_free(conn->http);
}

void conn_answered(struct conn *conn)
{
	conn->answered++;
	conn_release(conn);
	conn_charge(conn, evbuffer_get_length(bufferevent_get_input(conn->bev)));
	conn->receiving =
		conn->framing.complete != conn->answered || !framing_is_idle(&conn->framing);
	conn->since = clock_ms();
	if (conn->framing.state == FRAMING_REFUSED && conn->framing.complete == conn->answered)
		conn_refuse(conn);
}

/* ---- The
 * end ---------------------------------------------------------------------------------
 */

const char *conn_overdue(const struct conn *conn, uint64_t now)
{
	const struct worker_settings *settings = conn->table->worker->settings;
	uint64_t age = (now - conn->since) / 1000;

	if (conn->http == NULL || conn->leaving || conn->framing.complete != conn->answered)
		return NULL;
	if (!conn->receiving && conn->table->worker->draining)
		return conn->answered || now - conn->since >= NEWCOMER_MS ? "drain" : NULL;
	if (!conn->receiving)
		return age >= settings->idle_timeout ? "idle" : NULL;
	if (conn->framing.state == FRAMING_HEAD)
		return age >= settings->header_timeout ? "slow_head" : NULL;
	return age >= settings->body_timeout ? "slow_body" : NULL;
}

static void conn_forget(struct conn *conn)
{
	struct conns *conns = conn->table;

	conn_release(conn);
	TAILQ_REMOVE(&conns->all, conn, next);
	conns->count--;
	scoreboard_set(conns->worker->from->shm, conns->worker->from->slot, METRIC_CONNECTIONS,
		       (int64_t)conns->count);
	if (conn->http)
		conns->by_fd[conn->fd] = NULL;
	framing_clear(&conn->framing);
	free(conn->client);
	free(conn);
}

void conn_closed(struct evhttp_connection *http, void *arg)
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
