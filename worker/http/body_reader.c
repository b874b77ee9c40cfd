/* The turns in which large bodies are read and handed over (body_reader.h). Called by
 * worker/http/conn. */
#include "worker/http/body_reader.h"

#include "base/log.h"
#include "base/mem.h"
#include "worker/http/conn_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* evhttp parses a head in the turn of the loop in which it comes, or in the next
 * one. */
#define ASKED_TURNS 4
/* Memory is taken as the bytes arrive: a length is only a promise. */
#define BLOCK_MIN ((size_t)64 << 10)

TAILQ_HEAD(body_list, body);
TAILQ_HEAD(body_share_list, body_share);

struct body_share {
	TAILQ_ENTRY(body_share) next;  /* of all */
	TAILQ_ENTRY(body_share) after; /* of those with something to do */
	struct body_list ready;
	uint64_t key;
	size_t refs;     /* its bodies, and the turn that it has */
	ssize_t balance; /* bytes that it may still have; less than 0: it has had more */
};

enum body_state {
	BODY_ASKED,   /* evhttp has yet to parse the head; in the list `asked` */
	BODY_READING, /* from the socket, if it is in its share's list; else waiting for it */
	BODY_WHOLE    /* in its share's list */
};

struct body {
	TAILQ_ENTRY(body) next; /* of `asked`, or of its share's list */
	struct conn *conn;
	struct body_share *share; /* NULL while asked */
	enum body_state state;
	bool ready; /* in its share's list */
	unsigned turns;
	char *block;
	size_t room, have, whole;
	struct event *readable;
};

struct body_reader {
	struct event_base *base;
	struct event *turn;
	struct body_list asked;
	struct body_share_list all;
	struct body_share_list ready; /* in the order of their turns */
};

static const struct timeval next_turn = { 0, 0 };

static struct body_reader *reader_of(const struct body *body)
{
	return body->conn->table->bodies;
}

/* ---- Shares ---- */

static struct body_share *share_ref(struct body_reader *reader, uint64_t key)
{
	struct body_share *share;

	TAILQ_FOREACH(share, &reader->all, next)
	if (share->key == key) {
		share->refs++;
		return share;
	}
	share = mem_alloc(sizeof(*share));
	share->key = key;
	share->refs = 1;
	TAILQ_INIT(&share->ready);
	TAILQ_INSERT_TAIL(&reader->all, share, next);
	return share;
}

static void share_unref(struct body_reader *reader, struct body_share *share)
{
	assert(share->refs > 0);
	if (--share->refs > 0)
		return;
	assert(TAILQ_EMPTY(&share->ready));
	TAILQ_REMOVE(&reader->all, share, next);
	free(share);
}

static void body_set_ready(struct body *body)
{
	struct body_share *share = body->share;

	if (body->ready)
		return;
	if (TAILQ_EMPTY(&share->ready))
		TAILQ_INSERT_TAIL(&reader_of(body)->ready, share, after);
	TAILQ_INSERT_TAIL(&share->ready, body, next);
	body->ready = true;
}

static void body_unset_ready(struct body *body)
{
	struct body_share *share = body->share;

	if (!body->ready)
		return;
	TAILQ_REMOVE(&share->ready, body, next);
	body->ready = false;
	if (!TAILQ_EMPTY(&share->ready))
		return;
	TAILQ_REMOVE(&reader_of(body)->ready, share, after);
	/* Who waits for nothing saves nothing. */
	if (share->balance > 0)
		share->balance = 0;
}

/* ---- The end of a body ---- */

static void body_free(struct body *body)
{
	struct body_reader *reader = reader_of(body);

	if (body->state == BODY_ASKED)
		TAILQ_REMOVE(&reader->asked, body, next);
	if (body->share) {
		body_unset_ready(body);
		share_unref(reader, body->share);
	}
	if (body->readable)
		event_free(body->readable);
	body->conn->body = NULL;
	free(body->block);
	free(body);
}

void body_abandon(struct conn *conn)
{
	if (conn->body)
		body_free(conn->body);
}

static void on_block_freed(const void *data, size_t len, void *block)
{
	(void)data;
	(void)len;
	free(block);
}

/* Returns the bytes of work. The connection may be gone afterwards. */
static size_t body_hand_over(struct body *body)
{
	struct conn *conn = body->conn;
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	char *block = body->block;
	const size_t whole = body->whole;

	body->block = NULL;
	body_free(body);
	conn->has_passed = true;
	(void)evbuffer_unfreeze(input, 0);
	if (evbuffer_add_reference(input, block, whole, on_block_freed, block) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	(void)evbuffer_freeze(input, 0);
	conn->has_passed = false;
	bufferevent_trigger(conn->bev, EV_READ, 0);
	return whole;
}

/* ---- Reading ---- */

static void body_make_room(struct body *body)
{
	size_t room = body->room;

	if (room && body->have < room)
		return;
	do
		room = room ? 4 * room : BLOCK_MIN;
	while (room < body->have);
	body->room = room < body->whole ? room : body->whole;
	body->block = mem_resize(body->block, body->room, 1);
}

/* The bytes come in as those that libevent reads do (conn_input). */
static size_t body_take(struct body *body, size_t len)
{
	struct conn *conn = body->conn;
	bool passed = framing_feed(&conn->framing, slice_make(body->block + body->have, len));

	assert(passed); /* a body of a known length */
	conn_charge(conn, len);
	body->have += len;
	if (body->have < body->whole)
		return len;
	body->state = BODY_WHOLE;
	event_del(body->readable);
	/* It is parsed as soon as it is read, if that is soon done. */
	return body->whole <= BODY_SHARE_TURN ? len + body_hand_over(body) : len;
}

static size_t body_recv(struct body *body)
{
	size_t room;
	ssize_t got;

	body_make_room(body);
	room = body->room - body->have;
	if (room > BODY_SHARE_TURN)
		room = BODY_SHARE_TURN;
	got = recv(body->conn->fd, body->block + body->have, room, MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		evhttp_connection_free(body->conn->http);
		return 0;
	}
	if (got < (ssize_t)room && got < (ssize_t)(body->whole - body->have))
		body_unset_ready(body);
	return got > 0 ? body_take(body, (size_t)got) : 0;
}

static void body_wake(struct body *body)
{
	body_set_ready(body);
	event_active(reader_of(body)->turn, EV_TIMEOUT, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct body *body = arg;

	(void)fd;
	(void)what;
	if (!body->ready)
		body_wake(body);
}

/* ---- Taking a body from evhttp ---- */

static bool body_begin(struct body *body)
{
	struct conn *conn = body->conn;
	struct body_reader *reader = reader_of(body);
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	body->readable = event_new(reader->base, conn->fd, EV_READ | EV_PERSIST, on_readable, body);
	if (body->readable == NULL || event_add(body->readable, NULL) < 0)
		return false;
	bufferevent_disable(conn->bev, EV_READ);
	TAILQ_REMOVE(&reader->asked, body, next);
	body->state = BODY_READING;
	body->share = share_ref(reader, conn->share);
	body->whole = conn->framing.length;
	body->have = evbuffer_get_length(input);
	body_make_room(body);
	(void)evbuffer_remove(input, body->block, body->have);
	body_set_ready(body);
	return true;
}

/* Has evhttp taken the head, and left all that has come of the body? */
static bool body_is_due(const struct body *body)
{
	const struct conn *conn = body->conn;

	return conn->framing.state == FRAMING_BODY &&
	       evbuffer_get_length(bufferevent_get_input(conn->bev)) ==
		       conn->framing.length - conn->framing.left;
}

/* What cannot be taken is left to evhttp. */
static void reader_begin(struct body_reader *reader)
{
	struct body *body, *after;

	for (body = TAILQ_FIRST(&reader->asked); body; body = after) {
		after = TAILQ_NEXT(body, next);
		if (body_is_due(body) ? !body_begin(body) : ++body->turns == ASKED_TURNS)
			body_free(body);
	}
}

void body_read(struct conn *conn)
{
	struct body_reader *reader = conn->table->bodies;
	struct body *body;

	if (conn->body || conn->framing.state != FRAMING_BODY ||
	    conn->framing.left <= BODY_READ_MIN)
		return;
	assert(conn->framing.complete == conn->answered);
	body = mem_alloc(sizeof(*body));
	body->conn = conn;
	conn->body = body;
	TAILQ_INSERT_TAIL(&reader->asked, body, next);
	event_active(reader->turn, EV_TIMEOUT, 0);
}

/* ---- Turns ---- */

/* Returns the bytes of work; other connections may be gone afterwards, too. */
static size_t share_take_turn(struct body_reader *reader, struct body_share *share, size_t max)
{
	struct body *body;
	size_t done = 0, worked;

	share->refs++;
	share->balance += (ssize_t)BODY_SHARE_TURN;
	while (share->balance > 0 && done < max && (body = TAILQ_FIRST(&share->ready)) != NULL) {
		TAILQ_REMOVE(&share->ready, body, next);
		TAILQ_INSERT_TAIL(&share->ready, body, next);
		worked = body->state == BODY_WHOLE ? body_hand_over(body) : body_recv(body);
		share->balance -= (ssize_t)worked;
		done += worked;
	}
	share_unref(reader, share);
	return done;
}

static void on_turn(evutil_socket_t unused, short what, void *arg)
{
	struct body_reader *reader = arg;
	struct body_share *share;
	size_t done = 0;

	(void)unused;
	(void)what;
	reader_begin(reader);
	while (done < BODY_TURN && (share = TAILQ_FIRST(&reader->ready)) != NULL) {
		TAILQ_REMOVE(&reader->ready, share, after);
		TAILQ_INSERT_TAIL(&reader->ready, share, after);
		done += share_take_turn(reader, share, BODY_TURN - done);
	}
	if (!TAILQ_EMPTY(&reader->ready) || !TAILQ_EMPTY(&reader->asked))
		event_add(reader->turn, &next_turn);
}

/* ---- The reader ---- */

struct body_reader *body_reader_new(struct event_base *base)
{
	struct body_reader *reader = mem_alloc(sizeof(*reader));

	reader->base = base;
	TAILQ_INIT(&reader->asked);
	TAILQ_INIT(&reader->all);
	TAILQ_INIT(&reader->ready);
	reader->turn = evtimer_new(base, on_turn, reader);
	if (reader->turn == NULL) {
		free(reader);
		return NULL;
	}
	return reader;
}

void body_reader_free(struct body_reader *reader)
{
	if (reader == NULL)
		return;
	assert(TAILQ_EMPTY(&reader->all) && TAILQ_EMPTY(&reader->asked));
	event_free(reader->turn);
	free(reader);
}
