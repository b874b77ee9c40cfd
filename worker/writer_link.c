/* Pushes to the writer and their replies. Called by worker/sync_push; worker/worker
 * brings the socket. The other end is writer/peer. */
#include "worker/writer_link.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "ipc/frame.h"
#include "ipc/pieces.h"
#include "worker/fair_queue.h"
#include "worker/live/streams.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MAX 1024
#define WAITING_BYTES_MAX ((size_t)32 << 20)
/* Requests of so many bytes are sent ahead of their replies, the others wait here,
 * where tokens take turns. Much less would make commits smaller than they could be. */
#define SENT_BYTES_MAX ((size_t)4 << 20)
/* Small ones are sent beyond that: what one token has sent is no reason for others to
 * wait. */
#define SENT_SMALL_MAX (SENT_BYTES_MAX + ((size_t)1 << 20))
/* Of replies in one turn of the loop. libevent alone reads LIBEVENT_READ bytes, so that
 * a reply with large documents would take hundreds of turns, and all behind it would
 * wait for that. */
#define READ_BYTES ((size_t)256 << 10)
#define LIBEVENT_READ ((size_t)4 << 10)
/* After this time without a socket the worker asks the master for one. */
static const struct timeval ask_interval = { 1, 0 };
/* How long requests wait for the first writer: longer than a predecessor takes to
 * leave. */
static const struct timeval first_writer_timeout = { 15, 0 };

/* How long a request waits for the reply of a writer that is there: it may be stopped,
 * or wait for its disk. */
#define REPLY_TIMEOUT_MS 10000

struct waiting {
	struct fair_item item; /* first, see waiting_of */
	TAILQ_ENTRY(waiting) next;
	uint64_t tag;
	uint64_t since; /* clock_ms: when it was queued, or there was a first writer */
	char *unsent;   /* the packed request, until it is sent */
	size_t at;      /* what of it was sent in pieces (ipc/pieces.h) */
	on_link_reply *on_reply;
	void *arg;
};

TAILQ_HEAD(waiting_list, waiting);

enum link_state {
	LINK_WAITING,  /* for the first writer: requests wait */
	LINK_ATTACHED, /* `bev` is there */
	LINK_DETACHED  /* the writer was lost: requests are refused */
};

struct writer_link {
	struct worker *worker;
	enum link_state state;
	struct bufferevent *bev;
	struct event *overdue;       /* while requests wait: first_writer_timeout, or for a reply to
					the oldest of them */
	struct event *ask;           /* ask_interval, unless attached */
	struct waiting_list waiting; /* the oldest first */
	struct fair_queue *queue;    /* the same, by token */
	size_t sent_bytes;           /* of those that were sent, the next one included */
	struct waiting *sending;     /* is being sent in pieces; NULL: none */
	bool writable;               /* no pieces were sent since the socket was writable */
	struct event *flush;
	uint64_t last_tag;
};

static void link_move(struct writer_link *link, enum link_state to)
{
	assert(to != LINK_WAITING && (to != LINK_ATTACHED || link->state != LINK_ATTACHED));
	link->state = to;
}

static void link_count(struct writer_link *link)
{
	counters_set(&link->worker->counters, METRIC_PUSHES_QUEUED, fair_queue_count(link->queue));
}

static void link_reply(struct writer_link *link, struct waiting *waiting, enum rc rc,
		       const struct store_reply *reply)
{
	TAILQ_REMOVE(&link->waiting, waiting, next);
	if (link->sending == waiting)
		link->sending = NULL;
	if (waiting->item.taken)
		link->sent_bytes -= waiting->item.bytes;
	fair_queue_remove(link->queue, &waiting->item);
	link_count(link);
	waiting->on_reply(waiting->arg, rc, reply);
	free(waiting->unsent);
	free(waiting);
}

static void link_refuse_waiting(struct writer_link *link)
{
	struct waiting *waiting;

	while ((waiting = TAILQ_FIRST(&link->waiting)) != NULL)
		link_reply(link, waiting, RC_UNAVAILABLE, NULL);
}

static void link_lose(struct writer_link *link)
{
	assert(link->state == LINK_ATTACHED);
	link_move(link, LINK_DETACHED);
	bufferevent_free(link->bev);
	link->bev = NULL;
	event_del(link->flush);
	event_add(link->ask, &ask_interval);
	event_del(link->overdue);
	link_refuse_waiting(link);
}

static void on_packed_sent(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

/* Takes over the memory. */
static void link_send(struct writer_link *link, char *packed, size_t len)
{
	if (evbuffer_add_reference(bufferevent_get_output(link->bev), packed, len, on_packed_sent,
				   packed) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

static struct waiting *waiting_of(struct fair_item *item)
{
	return (struct waiting *)item;
}

/* Abandoned requests still lie in the output while the writer does
 * not read. */
static bool link_may_send(const struct writer_link *link)
{
	return link->state == LINK_ATTACHED && link->sent_bytes < SENT_SMALL_MAX &&
	       evbuffer_get_length(bufferevent_get_output(link->bev)) < SENT_BYTES_MAX;
}

static struct fair_item *link_next(struct writer_link *link)
{
	if (!link_may_send(link))
		return NULL;
	if (link->sending || link->sent_bytes >= SENT_BYTES_MAX)
		return fair_queue_take_small(link->queue,
					     link->sending ? &link->sending->item : NULL);
	return fair_queue_take(link->queue);
}

/* A unix(7) socket is writable while at most a quarter of its buffer is full. So much
 * is put into it then that short frames still have room, and need not wait until the
 * writer, which may be committing, reads again. */
#define PIECES_AT_ONCE 2

/* Sends the next pieces of a large request. */
static void link_send_pieces(struct writer_link *link)
{
	struct waiting *waiting;

	if (link->sending == NULL || !link->writable)
		return;
	link->writable = false;
	for (int i = 0; i < PIECES_AT_ONCE && (waiting = link->sending) != NULL; i++) {
		struct slice whole = slice_make(waiting->unsent, waiting->item.bytes);
		struct buf piece = BUF_EMPTY;

		if (!piece_put(whole, &waiting->at, &piece)) {
			free(waiting->unsent);
			waiting->unsent = NULL;
			link->sending = NULL;
		}
		link_send(link, piece.data, piece.len);
	}
}

static void link_advance(struct writer_link *link)
{
	struct fair_item *item;

	if (link->state != LINK_ATTACHED)
		return;
	link_send_pieces(link);
	while ((item = link_next(link)) != NULL) {
		struct waiting *waiting = waiting_of(item);

		link->sent_bytes += item->bytes;
		if (item->bytes > FAIR_SMALL) {
			link->sending = waiting;
			link_send_pieces(link);
		} else {
			link_send(link, waiting->unsent, item->bytes);
			waiting->unsent = NULL;
		}
	}
	event_active(link->flush, EV_TIMEOUT, 0);
}

/* At the end of the turn of the loop, for all that came in it. Mostly the socket takes
 * it, and need not be waited for. */
static void on_flush(evutil_socket_t unused, short what, void *arg)
{
	struct writer_link *link = arg;
	struct evbuffer *output;

	(void)unused;
	(void)what;
	if (link->state != LINK_ATTACHED)
		return;
	output = bufferevent_get_output(link->bev);
	if (evbuffer_get_length(output)) {
		(void)evbuffer_unfreeze(output, 1);
		(void)evbuffer_write(output, bufferevent_getfd(link->bev));
		(void)evbuffer_freeze(output, 1);
	}
	if (evbuffer_get_length(output) || link->sending)
		bufferevent_enable(link->bev, EV_WRITE);
}

static void on_link_writable(struct bufferevent *bev, void *arg)
{
	struct writer_link *link = arg;

	bufferevent_disable(bev, EV_WRITE);
	link->writable = true;
	link_advance(link);
}

static struct waiting *link_find(struct writer_link *link, uint64_t tag)
{
	struct waiting *waiting;

	TAILQ_FOREACH(waiting, &link->waiting, next)
	if (waiting->tag == tag)
		return waiting;
	return NULL;
}

/* See writer/streams.c: all workers get it. */
static void link_obey(const struct writer_link *link, const struct store_reply *order)
{
	if (order->kind == STORE_TOKEN_USED && order->purged == (uint64_t)getpid())
		streams_end_one(link->worker->streams, order->pruned);
}

/* RC_OK also for a reply that no request waits for. */
static enum rc link_take(struct writer_link *link, const struct frame *frame)
{
	struct waiting *waiting = link_find(link, frame->tag);
	struct store_reply reply;
	enum rc rc = store_reply_unpack(frame->payload, &reply);

	if (rc == RC_OK && frame->tag == FRAME_ORDER)
		link_obey(link, &reply);
	else if (rc == RC_OK && waiting)
		link_reply(link, waiting, RC_OK, &reply);
	store_reply_clear(&reply);
	return rc;
}

/* The rest of what has come. The end of the socket is left to libevent. */
static void link_read(const struct writer_link *link)
{
	struct evbuffer *input = bufferevent_get_input(link->bev);
	struct evbuffer_iovec room;
	ssize_t got;

	if (evbuffer_get_length(input) < LIBEVENT_READ)
		return;
	(void)evbuffer_unfreeze(input, 0);
	if (evbuffer_reserve_space(input, (ev_ssize_t)READ_BYTES, &room, 1) == 1) {
		got = recv(bufferevent_getfd(link->bev), room.iov_base, room.iov_len, MSG_DONTWAIT);
		room.iov_len = got > 0 ? (size_t)got : 0;
		(void)evbuffer_commit_space(input, &room, 1);
	}
	(void)evbuffer_freeze(input, 0);
}

static void on_link_data(struct bufferevent *bev, void *arg)
{
	struct writer_link *link = arg;
	struct evbuffer *input = bufferevent_get_input(bev);

	link_read(link);
	for (;;) {
		size_t len = evbuffer_get_length(input);
		struct frame frame;
		enum rc rc;

		if (len == 0)
			break;
		rc = frame_take(slice_make((const char *)evbuffer_pullup(input, -1), len), &frame);
		if (rc == RC_BUSY)
			break;
		if (rc == RC_OK)
			rc = link_take(link, &frame);
		if (rc != RC_OK) {
			log_error("writer_link_broken", LOG_TEXT("reason", rc_name(rc)));
			link_lose(link);
			return;
		}
		evbuffer_drain(input, frame.size);
	}
	link_advance(link);
}

static void on_link_event(struct bufferevent *bev, short what, void *arg)
{
	struct writer_link *link = arg;

	(void)bev;
	(void)what;
	log_warn("writer_lost", LOG_NUMBER("unanswered", fair_queue_count(link->queue)));
	link_lose(link);
}

static uint64_t reply_timeout(void)
{
	return FAULT_NUMBER("POCKETBOOK_REPLY_TIMEOUT_MS", REPLY_TIMEOUT_MS);
}

static void link_await_reply(struct writer_link *link, uint64_t ms)
{
	const struct timeval timeout = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	event_add(link->overdue, &timeout);
}

/* Their outcome is unknown: the writer may still read them. */
static void link_refuse_overdue(struct writer_link *link)
{
	uint64_t now = clock_ms(), timeout = reply_timeout();
	struct waiting *waiting = TAILQ_FIRST(&link->waiting);

	if (waiting && now - waiting->since >= timeout)
		log_warn("writer_overdue", LOG_NUMBER("unanswered", fair_queue_count(link->queue)));
	while ((waiting = TAILQ_FIRST(&link->waiting)) != NULL && now - waiting->since >= timeout)
		link_reply(link, waiting, RC_UNAVAILABLE, NULL);
	if (waiting)
		link_await_reply(link, timeout - (now - waiting->since));
}

static void on_overdue(evutil_socket_t unused, short what, void *arg)
{
	struct writer_link *link = arg;

	(void)unused;
	(void)what;
	if (link->state == LINK_ATTACHED) {
		link_refuse_overdue(link);
		return;
	}
	log_warn("writer_overdue", LOG_NUMBER("unanswered", fair_queue_count(link->queue)));
	link_refuse_waiting(link);
}

/* The socket may have been lost on its way: a process without a free descriptor gets
 * the message without it. */
static void on_ask(evutil_socket_t unused, short what, void *arg)
{
	const struct writer_link *link = arg;

	(void)unused;
	(void)what;
	if (channel_send(link->worker->from->channel, CHANNEL_LINK, -1) == RC_OK)
		log_debug("link_wanted");
	event_add(link->ask, &ask_interval);
}

struct writer_link *writer_link_new(struct worker *worker)
{
	struct writer_link *link = mem_alloc(sizeof(*link));

	link->worker = worker;
	TAILQ_INIT(&link->waiting);
	link->queue = fair_queue_new(WAITING_MAX, WAITING_BYTES_MAX);
	link->overdue = evtimer_new(worker->base, on_overdue, link);
	link->ask = evtimer_new(worker->base, on_ask, link);
	link->flush = event_new(worker->base, -1, 0, on_flush, link);
	if (link->overdue == NULL || link->ask == NULL || link->flush == NULL) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	event_add(link->ask, &ask_interval);
	return link;
}

void writer_link_free(struct writer_link *link)
{
	if (link == NULL)
		return;
	if (link->state == LINK_ATTACHED)
		link_lose(link);
	link_refuse_waiting(link);
	fair_queue_free(link->queue);
	event_free(link->flush);
	event_free(link->ask);
	event_free(link->overdue);
	free(link);
}

static void link_send_first(struct writer_link *link)
{
	struct waiting *waiting;

	event_del(link->overdue);
	TAILQ_FOREACH(waiting, &link->waiting, next)
	waiting->since = clock_ms();
	if (!TAILQ_EMPTY(&link->waiting))
		link_await_reply(link, reply_timeout());
	link_advance(link);
}

void writer_link_attach(struct writer_link *link, int fd)
{
	assert(fd >= 0);
	if (link->state == LINK_ATTACHED)
		link_lose(link);
	evutil_make_socket_nonblocking(fd);
	link->bev = bufferevent_socket_new(link->worker->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (link->bev == NULL) {
		close(fd);
		return;
	}
	bufferevent_setcb(link->bev, on_link_data, on_link_writable, on_link_event, link);
	link->writable = true;
	bufferevent_disable(link->bev, EV_WRITE); /* until on_flush */
	bufferevent_enable(link->bev, EV_READ);
	event_del(link->ask);
	link_move(link, LINK_ATTACHED);
	link_send_first(link);
}

static void link_add(struct writer_link *link, struct waiting *waiting, uint64_t token, size_t len)
{
	TAILQ_INSERT_TAIL(&link->waiting, waiting, next);
	fair_queue_add(link->queue, &waiting->item, token, len);
	link_count(link);
	if (!evtimer_pending(link->overdue, NULL)) {
		if (link->state == LINK_ATTACHED)
			link_await_reply(link, reply_timeout());
		else
			event_add(link->overdue, &first_writer_timeout);
	}
	link_advance(link);
}

enum rc writer_link_admits(const struct writer_link *link, uint64_t token, size_t bytes)
{
	if (link->state == LINK_DETACHED)
		return RC_UNAVAILABLE;
	return fair_queue_admits(link->queue, token, bytes) ? RC_OK : RC_BUSY;
}

enum rc writer_link_commit(struct writer_link *link, uint64_t token,
			   const struct store_request *request, on_link_reply *on_reply, void *arg)
{
	struct buf packed = BUF_EMPTY;
	struct waiting *waiting;
	size_t begun;

	enum rc rc = writer_link_admits(link, token, 0);

	assert(on_reply);
	if (rc != RC_OK)
		return rc;
	begun = frame_begin(&packed, ++link->last_tag);
	store_request_pack(request, &packed);
	frame_end(&packed, begun);
	if (!fair_queue_admits(link->queue, token, packed.len)) {
		buf_free(&packed);
		return RC_BUSY;
	}
	waiting = mem_alloc(sizeof(*waiting));
	*waiting = (struct waiting){ .tag = link->last_tag,
				     .since = clock_ms(),
				     .unsent = packed.data,
				     .on_reply = on_reply,
				     .arg = arg };
	link_add(link, waiting, token, packed.len);
	return RC_OK;
}

size_t writer_link_waiting(const struct writer_link *link)
{
	return fair_queue_count(link->queue);
}

bool writer_link_is_well(const struct writer_link *link)
{
	const struct shm *shm = link->worker->from->shm;
	const unsigned slot = scoreboard_writer(shm);
	enum slot_state state = scoreboard_state(shm, slot);

	if (state == SLOT_SERVING || state == SLOT_DRAINING)
		return clock_ms() - scoreboard_beaten(shm, slot) <
		       SCOREBOARD_BEAT_MS + reply_timeout();
	return link->state != LINK_DETACHED;
}
