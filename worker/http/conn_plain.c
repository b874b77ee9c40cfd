/* Requests that evhttp does not see: plain ones (plain.h) that arrived in one read. The
 * connection stays evhttp's; its bufferevent has other callbacks for as long as such a
 * request is being answered. Called by conn.c and request.c. */
#include "worker/http/conn_state.h"

#include "worker/http/incoming.h"
#include "worker/http/plain.h"
#include "worker/http/response_body.h"

#include <assert.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/uio.h>

/* evhttp gets its callbacks back. */
static void conn_return(struct conn *conn)
{
	const struct evhttp_callbacks *evhttp = &conn->table->evhttp;

	bufferevent_setcb(conn->bev, evhttp->readable, evhttp->written, evhttp->event, conn->http);
}

/* The response has been sent whole. The connection may be gone afterwards: on_conn_gone
 * is called if its request has not ended yet. */
static void conn_plain_done(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	conn_return(conn);
	/* Before conn_answered, which would have it leave evhttp if a broken request is
	 * behind this one. */
	if (conn->plain_is_last) {
		evhttp_connection_free(conn->http);
		return;
	}
	conn_answered(conn);
	/* In a turn of its own, as evhttp does it. */
	if (evbuffer_get_length(input))
		bufferevent_trigger(conn->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	bufferevent_disable(bev, EV_WRITE);
	conn_plain_done(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *conn = arg;

	conn_return(conn);
	conn->table->evhttp.event(bev, what, conn->http);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;
	const struct conns_options *options = &conn->table->options;
	struct evbuffer *input = bufferevent_get_input(bev);
	struct incoming incoming = { .plain = conn->plain };

	conn->plain = NULL;
	evbuffer_drain(input, evbuffer_get_length(input));
	/* What arrives meanwhile waits in the input. */
	bufferevent_setcb(bev, NULL, on_written, on_event, conn);
	options->on_request(options->arg, conn, &incoming);
}

void conn_take_plain(struct conn *conn, struct evbuffer *input)
{
	size_t len = evbuffer_get_length(input);

	assert(conn->plain == NULL);
	conn->plain = plain_read(slice_make((char *)evbuffer_pullup(input, -1), len));
	/* libevent calls it next, in the same read. */
	if (conn->plain)
		bufferevent_setcb(conn->bev, on_readable, on_written, on_event, conn);
}

/* Writes both parts with one call. Returns the number of bytes that the socket took. */
static size_t conn_write_now(const struct conn *conn, struct slice head, struct slice body)
{
	const struct iovec parts[] = { { (void *)head.data, head.len },
				       { (void *)body.data, body.len } };
	ssize_t written = writev(conn->fd, parts, 2);

	/* If it has failed, libevent will find out why. */
	return written > 0 ? (size_t)written : 0;
}

void conn_send_plain(struct conn *conn, struct slice head, struct response_body *body)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);
	size_t done = conn_write_now(conn, head, body->bytes);

	conn->plain_is_last = conn_is_last(conn);
	if (done < head.len)
		evbuffer_add(output, head.data + done, head.len - done);
	response_body_move(body, done > head.len ? done - head.len : 0, output);
	if (evbuffer_get_length(output) == 0 || conn_write(conn))
		conn_plain_done(conn);
	else
		bufferevent_enable(conn->bev, EV_WRITE);
}
