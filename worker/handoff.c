#include "worker/handoff.h"

#include "ipc/channel.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/pack.h"
#include "worker/http/conn.h"
#include "worker/live/feed.h"
#include "worker/live/handoff_stream.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#define HANDOFF_MARK 0x564f4b50u /* of the format, with its version in the next word */
#define HANDOFF_VERSION 1
#define MESSAGE_MAX \
	((size_t)128 << 10) /* a stream of 64 groups and a token of as many grants, all of the \
			       longest, need 70 KiB */

enum moved_kind { MOVED_CONNECTION, MOVED_METRICS, MOVED_STREAM };

struct moved {
	STAILQ_ENTRY(moved) next;
	int fd;
	bool is_metrics;
};

STAILQ_HEAD(moved_list, moved);

struct handoff {
	struct worker *worker;
	int heir; /* -1: none */
	struct moved_list
		left;       /* connections that have left evhttp and wait for room in the socket */
	struct event *step; /* of the giving */
	enum handoff_state state;
	unsigned given, taken;
	struct event *taking; /* NULL: nothing to take */
	char *room;           /* for a message that is taken */
};

/* ----
 * Giving ------------------------------------------------------------------------------
 */

static void message_begin(struct buf *message, enum moved_kind kind)
{
	pack_u32(message, HANDOFF_MARK);
	pack_u32(message, HANDOFF_VERSION);
	pack_u8(message, (uint8_t)kind);
}

static enum rc handoff_send(struct handoff *handoff, const struct buf *message, int fd)
{
	enum rc rc = handoff->heir < 0
			     ? RC_UNAVAILABLE
			     : channel_send_message(handoff->heir, buf_slice(message), fd);

	if (rc == RC_OK) {
		handoff->given++;
		FAULT("handoff_given");
	} else if (rc != RC_BUSY) {
		log_warn("handoff_failed", LOG_NUMBER("errno", errno));
		handoff->state = HANDOFF_LOST;
	}
	return rc;
}

static enum rc give_connection(struct handoff *handoff, const struct moved *moved)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, moved->is_metrics ? MOVED_METRICS : MOVED_CONNECTION);
	rc = handoff_send(handoff, &message, moved->fd);
	buf_free(&message);
	return rc;
}

static void handoff_send_left(struct handoff *handoff)
{
	struct moved *moved;

	while ((moved = STAILQ_FIRST(&handoff->left)) != NULL) {
		if (give_connection(handoff, moved) == RC_BUSY)
			return;
		STAILQ_REMOVE_HEAD(&handoff->left, next);
		close(moved->fd);
		free(moved);
	}
}

static void on_connection(void *arg, int fd, bool is_metrics)
{
	struct handoff *handoff = arg;
	struct moved *moved = mem_alloc(sizeof(*moved));

	*moved = (struct moved){ .fd = fd, .is_metrics = is_metrics };
	STAILQ_INSERT_TAIL(&handoff->left, moved, next);
}

static enum rc on_leaving(void *arg, const struct stream *stream, int fd)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, MOVED_STREAM);
	stream_pack(stream, &message);
	rc = handoff_send(arg, &message, fd);
	buf_free(&message);
	return rc;
}

/* A turn of the loop of its own, as the parts ask for. */
static void on_step(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval soon = { 0, 2000 };
	struct handoff *handoff = arg;

	(void)unused;
	(void)what;
	handoff_send_left(handoff);
	if (handoff->state != HANDOFF_SENDING)
		return;
	streams_give(handoff->worker->streams, on_leaving, handoff);
	conns_hand_off(handoff->worker->conns, on_connection, handoff);
	event_add(handoff->step, &soon);
}

void handoff_send_all(struct handoff *handoff, int fd)
{
	static const struct timeval next_turn = { 0, 0 };

	if (handoff->heir >= 0) {
		close(fd);
		return;
	}
	handoff->heir = fd;
	handoff->state = HANDOFF_SENDING;
	event_add(handoff->step, &next_turn);
}

bool handoff_is_done(const struct handoff *handoff)
{
	return STAILQ_EMPTY(&handoff->left);
}

enum handoff_state handoff_state(const struct handoff *handoff)
{
	return handoff->state;
}

/* ----
 * Taking ------------------------------------------------------------------------------
 */

static void handoff_adopt(struct handoff *handoff, struct slice bytes, int fd)
{
	struct worker *worker = handoff->worker;
	struct unpack message = { bytes, false };
	bool known =
		unpack_u32(&message) == HANDOFF_MARK && unpack_u32(&message) == HANDOFF_VERSION;
	uint8_t kind = known ? unpack_u8(&message) : UINT8_MAX;

	FAULT("handoff_taken");
	handoff->taken++;
	if (kind == MOVED_STREAM && !message.bad)
		stream_inherit(worker->streams, fd, &message);
	else if ((kind == MOVED_CONNECTION || kind == MOVED_METRICS) &&
		 unpack_finish(&message) == RC_OK)
		conns_receive(worker->conns, fd, kind == MOVED_METRICS);
	else
		close(fd);
}

static void handoff_end_taking(struct handoff *handoff)
{
	int fd = event_get_fd(handoff->taking);

	event_free(handoff->taking);
	handoff->taking = NULL;
	close(fd);
	free(handoff->room);
	handoff->room = NULL;
	log_info("handoff_taken", LOG_NUMBER("connections", handoff->taken));
}

/* False: there is nothing more for now. */
static bool handoff_receive_one(struct handoff *handoff, int channel)
{
	size_t len = MESSAGE_MAX;
	int fd;
	enum rc rc = channel_receive_message(channel, handoff->room, &len, &fd);

	if (rc == RC_UNAVAILABLE)
		handoff_end_taking(handoff);
	if (rc != RC_OK)
		return false;
	if (fd >= 0)
		handoff_adopt(handoff, slice_make(handoff->room, len), fd);
	else /* Out of descriptors the kernel leaves it out: the connection is lost to us, and
		closed. */
		log_warn("handoff_refused", LOG_TEXT("reason", "no descriptor came"));
	return true;
}

static void on_taking(evutil_socket_t fd, short what, void *arg)
{
	struct handoff *handoff = arg;

	(void)what;
	for (int i = 0; i < CONNS_RECEIVE_MAX && handoff_receive_one(handoff, fd); i++)
		;
	/* The predecessor in the slot may have taken a wake-up that was for both; it is
	 * not woken any more when it gives. */
	feeds_wake(handoff->worker->feeds);
}

void handoff_receive(struct handoff *handoff, int fd)
{
	if (handoff->taking)
		handoff_end_taking(handoff);
	handoff->room = mem_alloc(MESSAGE_MAX);
	handoff->taking =
		event_new(handoff->worker->base, fd, EV_READ | EV_PERSIST, on_taking, handoff);
	if (handoff->taking == NULL || event_add(handoff->taking, NULL) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

/* ---- Beginning and
 * end ---------------------------------------------------------------------------------
 */

struct handoff *handoff_new(struct worker *worker)
{
	struct handoff *handoff = mem_alloc(sizeof(*handoff));

	handoff->worker = worker;
	handoff->heir = -1;
	STAILQ_INIT(&handoff->left);
	handoff->step = evtimer_new(worker->base, on_step, handoff);
	if (handoff->step == NULL) {
		free(handoff);
		return NULL;
	}
	return handoff;
}

void handoff_free(struct handoff *handoff)
{
	struct moved *moved;

	if (handoff == NULL)
		return;
	if (handoff->taking)
		handoff_end_taking(handoff);
	if (handoff->heir >= 0) {
		log_info("handoff_given", LOG_NUMBER("connections", handoff->given));
		close(handoff->heir);
	}
	while ((moved = STAILQ_FIRST(&handoff->left)) != NULL) {
		STAILQ_REMOVE_HEAD(&handoff->left, next);
		close(moved->fd);
		free(moved);
	}
	event_free(handoff->step);
	free(handoff);
}
