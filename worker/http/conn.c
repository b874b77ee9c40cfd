/* One connection: the checks on its bytes, the memory that it is charged for, its way
 * out of evhttp. Called by evhttp's callbacks (conns.c) and by the request on it. See
 * also framing.h, lingering_close.h. */
#include "worker/http/conn_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/http/lingering_close.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* While the worker drains: a connection that was accepted last has this long to send a
 * request. */
#define NEWCOMER_MS 250
/* While there are as many connections as may be: each stays open unused this long at
 * least, in which its client can send a request. */
#define IDLE_MIN_MS 1000

/* ---- State ---- */

static bool conn_may_move(enum conn_state from, enum conn_state to)
{
	switch (to) {
	case CONN_IDLE:
		return from == CONN_ACCEPTED || from == CONN_BUSY;
	case CONN_BUSY:
		return from == CONN_IDLE || from == CONN_BUSY;
	case CONN_DETACH_ASKED:
		return from == CONN_IDLE || from == CONN_BUSY;
	case CONN_DETACHING:
		return from == CONN_DETACH_ASKED;
	case CONN_DETACHED:
		return from == CONN_DETACHING;
	default:
		return false;
	}
}

void conn_move(struct conn *conn, enum conn_state to)
{
	assert(conn_may_move(conn->state, to));
	if (conn->state == CONN_IDLE)
		TAILQ_REMOVE(&conn->table->idle, conn, next_idle);
	if (to == CONN_IDLE)
		TAILQ_INSERT_TAIL(&conn->table->idle, conn, next_idle);
	conn->state = to;
	conn->since = clock_ms();
}

/* evhttp has it, and will have it after this turn of the loop. */
static bool conn_is_served(const struct conn *conn)
{
	return conn->state == CONN_IDLE || conn->state == CONN_BUSY;
}

/* ---- Leaving evhttp ---- */

/* evhttp has no call that gives a socket back. So a connection leaves in two turns of
 * the loop: in the first one its events are deleted, in the next one epoll has
 * forgotten the socket (its change list is applied between turns), and a copy of the
 * descriptor is safe. evhttp shuts its descriptor down when it frees the connection; by
 * then that number has another file. */
static void conn_leave(struct conn *conn)
{
	struct conns *conns = conn->table;
	int fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 3);
	on_conn_detached *on_detached = conn->on_detached;
	void *arg = conn->detached_arg;

	TAILQ_REMOVE(&conns->detaching, conn, next_detaching);
	conn_move(conn, CONN_DETACHED);
	if (fd >= 0 && dup3(conns->placeholder, conn->fd, O_CLOEXEC) < 0) {
		close(fd);
		fd = -1;
	}
	evhttp_connection_free(conn->http);
	on_detached(arg, fd);
}

void conns_detach(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct conns *conns = arg;
	struct conn *conn;

	(void)unused;
	(void)what;
	while ((conn = TAILQ_FIRST(&conns->detaching)) != NULL)
		conn_leave(conn);
	TAILQ_CONCAT(&conns->detaching, &conns->asked, next_detaching);
	TAILQ_FOREACH(conn, &conns->detaching, next_detaching)
	{
		conn_move(conn, CONN_DETACHING);
		/* Between two requests evhttp has begun to read again. */
		bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	}
	if (!TAILQ_EMPTY(&conns->detaching))
		event_add(conns->detach, &next_turn);
}

void conn_detach(struct conn *conn, on_conn_detached *on_detached, void *arg)
{
	static const struct timeval next_turn = { 0, 0 };
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	conn_move(conn, CONN_DETACH_ASKED);
	body_abandon(conn);
	conn->on_gone = NULL;
	conn->on_detached = on_detached;
	conn->detached_arg = arg;
	bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
	evbuffer_drain(input, evbuffer_get_length(input));
	TAILQ_INSERT_TAIL(&conn->table->asked, conn, next_detaching);
	event_add(conn->table->detach, &next_turn);
}

/* ---- Refusing ---- */

struct refusal {
	struct event_base *base;
	struct buf response;
};

static void on_refused_detached(void *arg, int fd)
{
	struct refusal *refusal = arg;

	lingering_close_start(refusal->base, fd, refusal->response);
	free(refusal);
}

static void conn_refuse(struct conn *conn)
{
	const struct conns_options *options = &conn->table->options;
	const struct framing *framing = &conn->framing;
	const struct conn_refusal refused = {
		.client = conn_peer(conn),
		.status = framing->status,
		.detail = framing->detail,
		.origin = framing->origin.len ? framing->origin.data : "",
		.head = framing_refused_head(framing),
		.is_metrics = conn_is_metrics(conn),
		.is_head = framing->is_head,
	};
	struct refusal *refusal;

	if (!conn_is_served(conn))
		return;
	refusal = mem_alloc(sizeof(*refusal));
	refusal->base = options->base;
	options->on_refused(options->arg, &refused, &refusal->response);
	conn_detach(conn, on_refused_detached, refusal);
}

/* ---- Memory ---- */

static void conn_count(const struct conn *conn, enum metric metric)
{
	counters_add(conn->table->options.counters, metric, 1);
}

static void conn_discharge(struct conn *conn)
{
	if (conn->charged == 0)
		return;
	TAILQ_REMOVE(&conn->table->charged, conn, next_charged);
	conn->table->charged_bytes -= conn->charged;
	conn->charged = 0;
}

/* The connection that has held memory the longest, except this one and those whose
 * response is not made yet; one that is not vouched for, if there is any. */
static struct conn *conns_slowest(struct conns *conns, const struct conn *but)
{
	struct conn *conn, *slowest = NULL;

	TAILQ_FOREACH(conn, &conns->charged, next_charged)
	{
		if (conn == but || conn->on_gone || !conn_is_served(conn))
			continue;
		if (!conn->vouched)
			return conn;
		if (slowest == NULL)
			slowest = conn;
	}
	return slowest;
}

/* Frees the response at once: libevent frees the buffers of a connection in a later
 * turn of the loop, and this turn may answer many connections. */
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
	while (conns->charged_bytes + len > conns->options.max_in_flight &&
	       (slowest = conns_slowest(conns, conn)) != NULL) {
		log_debug("connection_closed", LOG_TEXT("reason", "slow_client"),
			  LOG_NUMBER("bytes", slowest->charged));
		conn_count(slowest, METRIC_SLOW_CLIENTS);
		conn_drop(slowest);
	}
	if (conn->charged == 0)
		TAILQ_INSERT_TAIL(&conns->charged, conn, next_charged);
	conn->charged += len;
	conns->charged_bytes += len;
}

bool conn_write(struct conn *conn)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	assert(conn->http);
	(void)evbuffer_unfreeze(output, 1);
	(void)evbuffer_write(output, conn->fd);
	(void)evbuffer_freeze(output, 1);
	return evbuffer_get_length(output) == 0;
}

void conn_flush(struct conn *conn)
{
	/* A loop that has ended has no later turn, in which the trigger would be
	 * freed. */
	if (!conn_write(conn) || event_base_got_break(bufferevent_get_base(conn->bev)))
		return;
	bufferevent_disable(conn->bev, EV_WRITE);
	/* In a turn of its own: evhttp goes on to the next request. */
	bufferevent_trigger(conn->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* ---- Bytes and requests ---- */

/* Removes an empty line before a request from the bytes that evhttp is about to read:
 * it has read nothing of the request yet. */
static void conn_skip_blank(struct evbuffer *input)
{
	char start[2];

	if (evbuffer_copyout(input, start, 2) == 2 && memcmp(start, "\r\n", 2) == 0)
		evbuffer_drain(input, 2);
}

void conn_vouch(struct conn *conn)
{
	conn->vouched = true;
}

/* Does the head of the request whose body is arriving refuse it? Asked after all bytes
 * that have arrived, so that a small body is answered like any other request. */
static bool conn_judge(struct conn *conn)
{
	const struct conns_options *options = &conn->table->options;
	const struct conn_head head = { .text = framing_body_head(&conn->framing),
					.client = conn_peer(conn),
					.is_metrics = conn_is_metrics(conn) };
	struct conn_verdict verdict = { .status = 0 };

	if (head.text.len == 0 || conn->judged == conn->framing.requests || !options->on_head)
		return true;
	conn->judged = conn->framing.requests;
	options->on_head(options->arg, &head, &verdict);
	conn->share = verdict.share;
	if (verdict.vouched && conn->framing.complete == conn->answered)
		conn_vouch(conn);
	if (verdict.status)
		framing_refuse_body(&conn->framing, verdict.status, verdict.detail);
	else if (verdict.max_body)
		(void)framing_limit_body(&conn->framing, verdict.max_body);
	return conn->framing.state != FRAMING_REFUSED;
}

/* Nothing is under way any more: either nothing but an empty line has come, or whole
 * requests have. */
static void conn_settle(struct conn *conn, struct evbuffer *input, bool is_all)
{
	unsigned waiting = conn->framing.complete - conn->answered;

	if (waiting == 0) {
		conn_discharge(conn);
		conn_move(conn, CONN_IDLE);
	} else if (waiting == 1 && is_all) {
		conn_take_plain(conn, input);
	}
}

void conn_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct conn *conn = arg;
	struct evbuffer_iovec part;
	struct evbuffer_ptr at;
	size_t from = evbuffer_get_length(input) - info->n_added;
	bool passed = conn->framing.state != FRAMING_REFUSED;
	bool is_new =
		conn->framing.requests == conn->answered && framing_awaits_line(&conn->framing);
	const bool is_all = from == 0;

	if (info->n_added == 0 || conn->has_passed)
		return;
	if (!conn_is_served(conn)) {
		evbuffer_drain(input, evbuffer_get_length(input));
		return;
	}
	conn_charge(conn, info->n_added);
	if (conn->state == CONN_IDLE)
		conn_move(conn, CONN_BUSY);
	for (size_t left = info->n_added; left && passed;
	     left -= part.iov_len, from += part.iov_len) {
		evbuffer_ptr_set(input, &at, from, EVBUFFER_PTR_SET);
		if (evbuffer_peek(input, (ev_ssize_t)left, &at, &part, 1) < 1)
			break;
		if (part.iov_len > left)
			part.iov_len = left;
		passed = framing_feed(&conn->framing, slice_make(part.iov_base, part.iov_len));
	}
	if (is_new)
		conn_skip_blank(input);
	passed = passed && conn_judge(conn);
	if (!passed && conn->framing.complete == conn->answered)
		conn_refuse(conn);
	else if (passed && conn->framing.complete == conn->answered)
		body_read(conn);
	if (passed && is_new && framing_is_idle(&conn->framing))
		conn_settle(conn, input, is_all);
}

bool conn_is_metrics(const struct conn *conn)
{
	return conn->frontend->is_metrics;
}

const char *conn_peer(const struct conn *conn)
{
	char *address = conn->peer;
	ev_uint16_t port;

	if (conn->http && address == NULL)
		evhttp_connection_get_peer(conn->http, &address, &port);
	return address ? address : "-";
}

bool conn_is_last(const struct conn *conn)
{
	return conn->table->state == CONNS_DRAINING;
}

void conn_set_request(struct conn *conn, on_conn_gone *on_gone, void *arg)
{
	assert(on_gone == NULL || conn->on_gone == NULL); /* one at a time */
	conn->on_gone = on_gone;
	conn->gone_arg = arg;
}

void conn_answered(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	bool more;

	assert(conn->state == CONN_BUSY && conn->answered < conn->framing.complete);
	conn->answered++;
	conn->vouched = false;
	conn_discharge(conn);
	conn_skip_blank(input);
	conn_charge(conn, evbuffer_get_length(input));
	more = conn->framing.complete != conn->answered || !framing_is_idle(&conn->framing);
	conn_move(conn, more ? CONN_BUSY : CONN_IDLE);
	if (conn->framing.complete != conn->answered)
		return;
	if (conn->framing.state == FRAMING_REFUSED)
		conn_refuse(conn);
	else
		body_read(conn);
}

/* ---- The end ---- */

const char *conn_overdue(const struct conn *conn, uint64_t now)
{
	const struct conns_options *options = &conn->table->options;
	uint64_t age = (now - conn->since) / 1000;

	if (!conn_is_served(conn) || conn->framing.complete != conn->answered)
		return NULL;
	if (conn->state == CONN_IDLE && conn->table->state == CONNS_DRAINING)
		return conn->answered || now - conn->since >= NEWCOMER_MS ? "drain" : NULL;
	if (conn->state == CONN_IDLE)
		return age >= options->idle_timeout ? "idle" : NULL;
	if (conn->framing.state == FRAMING_HEAD)
		return age >= options->header_timeout ? "slow_head" : NULL;
	return age >= options->body_timeout ? "slow_body" : NULL;
}

void conn_close_overdue(struct conn *conn, const char *reason)
{
	assert(conn_is_served(conn));
	log_debug("connection_closed", LOG_TEXT("reason", reason));
	if (conn->state == CONN_BUSY)
		conn_count(conn, METRIC_REQUEST_TIMEOUTS);
	evhttp_connection_free(conn->http);
}

/* A request that has reached the socket in this turn of the loop, and has not been read
 * yet? */
static bool conn_has_input(const struct conn *conn)
{
	char byte;

	return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool conns_close_idle(struct conns *conns)
{
	uint64_t now = clock_ms();
	struct conn *conn;

	TAILQ_FOREACH(conn, &conns->idle, next_idle)
	{
		if (now - conn->since < IDLE_MIN_MS)
			return false;
		if (conn_has_input(conn))
			continue;
		conn_close_overdue(conn, "crowded");
		return true;
	}
	return false;
}

static void conn_free(struct conn *conn)
{
	struct conns *conns = conn->table;

	if (conn->state == CONN_IDLE)
		TAILQ_REMOVE(&conns->idle, conn, next_idle);
	body_abandon(conn);
	conn_discharge(conn);
	TAILQ_REMOVE(&conns->all, conn, next);
	conns->count--;
	counters_set(conns->options.counters, METRIC_CONNECTIONS, conns->count);
	if (conn->http)
		conns->by_fd[conn->fd] = NULL;
	framing_clear(&conn->framing);
	free(conn->plain);
	free(conn->peer);
	free(conn);
}

void conn_closed(struct evhttp_connection *http, void *arg)
{
	struct conn *conn = arg;

	(void)http;
	if (conn->state == CONN_DETACH_ASKED)
		TAILQ_REMOVE(&conn->table->asked, conn, next_detaching);
	if (conn->state == CONN_DETACHING)
		TAILQ_REMOVE(&conn->table->detaching, conn, next_detaching);
	if (conn->state == CONN_DETACH_ASKED || conn->state == CONN_DETACHING)
		conn->on_detached(conn->detached_arg, -1);
	if (conn->on_gone)
		conn->on_gone(conn->gone_arg);
	conn_free(conn);
}
