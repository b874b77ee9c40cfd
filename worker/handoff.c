/* The messages between a worker and its successor. Called by worker/worker; connections
 * and streams leave and arrive in http/handoff_conn and live/handoff_stream. */
#include "worker/handoff.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "ipc/pack.h"
#include "worker/live/handoff_stream.h"
#include "worker/live/hint_reader.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#define HANDOFF_MARK 0x564f4b50u /* of the format, with its version in the next word */
#define HANDOFF_VERSION 1
/* A stream of 64 groups and a token of as many grants, all of the longest, need 70
 * KiB. */
#define MESSAGE_MAX ((size_t)128 << 10)

enum message_kind { MESSAGE_CONNECTION, MESSAGE_METRICS, MESSAGE_STREAM };

/* A connection that has left evhttp and waits for room in the channel. */
struct unsent {
	STAILQ_ENTRY(unsent) next;
	int fd;
	bool is_metrics;
};

STAILQ_HEAD(unsent_list, unsent);

struct handoff {
	struct worker *worker;
	enum handoff_state state;
	int successor; /* the channel to it; -1: none */
	struct unsent_list unsent;
	struct event *step;      /* of the sending */
	struct event *receiving; /* NULL: there is no predecessor */
	char *room;              /* for a message that is received */
	unsigned sent, received;
};

static void handoff_move(struct handoff *handoff, enum handoff_state to)
{
	assert(to >= handoff->state);
	handoff->state = to;
}

/* ---- Sending ---- */

static void message_begin(struct buf *message, enum message_kind kind)
{
	pack_u32(message, HANDOFF_MARK);
	pack_u32(message, HANDOFF_VERSION);
	pack_u8(message, (uint8_t)kind);
}

static enum rc handoff_send(struct handoff *handoff, const struct buf *message, int fd)
{
	enum rc rc = handoff->successor < 0
			     ? RC_UNAVAILABLE
			     : channel_send_message(handoff->successor, buf_slice(message), fd);

	if (rc == RC_OK) {
		handoff->sent++;
		FAULT("handoff_sent");
	} else if (rc != RC_BUSY) {
		log_warn("handoff_failed", LOG_NUMBER("errno", errno));
		handoff_move(handoff, HANDOFF_FAILED);
	}
	return rc;
}

static enum rc send_connection(struct handoff *handoff, const struct unsent *unsent)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, unsent->is_metrics ? MESSAGE_METRICS : MESSAGE_CONNECTION);
	rc = handoff_send(handoff, &message, unsent->fd);
	buf_free(&message);
	return rc;
}

/* The descriptor is closed here in every case but RC_BUSY: the successor has a copy, or
 * the connection is lost. */
static void handoff_send_unsent(struct handoff *handoff)
{
	struct unsent *unsent;

	while ((unsent = STAILQ_FIRST(&handoff->unsent)) != NULL) {
		if (send_connection(handoff, unsent) == RC_BUSY)
			return;
		STAILQ_REMOVE_HEAD(&handoff->unsent, next);
		close(unsent->fd);
		free(unsent);
	}
}

static void on_connection(void *arg, int fd, bool is_metrics)
{
	struct handoff *handoff = arg;
	struct unsent *unsent = mem_alloc(sizeof(*unsent));

	*unsent = (struct unsent){ .fd = fd, .is_metrics = is_metrics };
	STAILQ_INSERT_TAIL(&handoff->unsent, unsent, next);
}

static enum rc on_stream(void *arg, const struct subscriber *subscriber, int fd)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, MESSAGE_STREAM);
	subscriber_pack(subscriber, &message);
	rc = handoff_send(arg, &message, fd);
	buf_free(&message);
	return rc;
}

/* A turn of the loop of its own, as conns_hand_off and streams_hand_off require. */
static void on_step(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval soon = { 0, 2000 };
	struct handoff *handoff = arg;

	(void)unused;
	(void)what;
	handoff_send_unsent(handoff);
	if (handoff->state != HANDOFF_SENDING)
		return;
	streams_hand_off(handoff->worker->streams, on_stream, handoff);
	conns_hand_off(handoff->worker->conns, on_connection, handoff);
	event_add(handoff->step, &soon);
}

void handoff_send_all(struct handoff *handoff, int fd)
{
	static const struct timeval next_turn = { 0, 0 };

	assert(fd >= 0 && handoff->state == HANDOFF_NONE);
	handoff->successor = fd;
	handoff_move(handoff, HANDOFF_SENDING);
	event_add(handoff->step, &next_turn);
}

bool handoff_is_done(const struct handoff *handoff)
{
	return STAILQ_EMPTY(&handoff->unsent);
}

enum handoff_state handoff_state(const struct handoff *handoff)
{
	return handoff->state;
}

/* ---- Receiving ---- */

static void receive_message(struct handoff *handoff, struct slice bytes, int fd)
{
	struct worker *worker = handoff->worker;
	struct unpack message = { bytes, false };
	bool known =
		unpack_u32(&message) == HANDOFF_MARK && unpack_u32(&message) == HANDOFF_VERSION;
	uint8_t kind = known ? unpack_u8(&message) : UINT8_MAX;

	FAULT("handoff_received");
	handoff->received++;
	if (kind == MESSAGE_STREAM && !message.bad)
		streams_receive(worker->streams, fd, &message);
	else if ((kind == MESSAGE_CONNECTION || kind == MESSAGE_METRICS) &&
		 unpack_finish(&message) == RC_OK)
		conns_receive(worker->conns, fd, kind == MESSAGE_METRICS);
	else
		close(fd);
}

static void handoff_stop_receiving(struct handoff *handoff)
{
	int fd = event_get_fd(handoff->receiving);

	event_free(handoff->receiving);
	handoff->receiving = NULL;
	close(fd);
	free(handoff->room);
	handoff->room = NULL;
	log_info("handoff_received", LOG_NUMBER("connections", handoff->received));
}

/* False: there is nothing more for now. */
static bool handoff_receive_one(struct handoff *handoff, int channel)
{
	size_t len = MESSAGE_MAX;
	int fd;
	enum rc rc = channel_receive_message(channel, handoff->room, &len, &fd);

	if (rc == RC_UNAVAILABLE)
		handoff_stop_receiving(handoff);
	if (rc != RC_OK)
		return false;
	if (fd >= 0)
		receive_message(handoff, slice_make(handoff->room, len), fd);
	else /* This process has no descriptor left for it: the kernel closed it. */
		log_warn("handoff_refused", LOG_TEXT("reason", "no descriptor came"));
	return true;
}

static void on_receiving(evutil_socket_t fd, short what, void *arg)
{
	struct handoff *handoff = arg;

	(void)what;
	for (int i = 0; i < CONNS_RECEIVE_MAX && handoff_receive_one(handoff, fd); i++)
		;
	/* The predecessor in the slot may have consumed a wake-up that was for both; it
	 * waits for none while it hands off. */
	hint_reader_wake(handoff->worker->hints);
}

void handoff_receive(struct handoff *handoff, int fd)
{
	assert(fd >= 0);
	if (handoff->receiving)
		handoff_stop_receiving(handoff);
	handoff->room = mem_alloc(MESSAGE_MAX);
	handoff->receiving =
		event_new(handoff->worker->base, fd, EV_READ | EV_PERSIST, on_receiving, handoff);
	if (handoff->receiving == NULL || event_add(handoff->receiving, NULL) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

/* ---- Beginning and end ---- */

struct handoff *handoff_new(struct worker *worker)
{
	struct handoff *handoff = mem_alloc(sizeof(*handoff));

	handoff->worker = worker;
	handoff->successor = -1;
	STAILQ_INIT(&handoff->unsent);
	handoff->step = evtimer_new(worker->base, on_step, handoff);
	if (handoff->step == NULL) {
		free(handoff);
		return NULL;
	}
	return handoff;
}

void handoff_free(struct handoff *handoff)
{
	struct unsent *unsent;

	if (handoff == NULL)
		return;
	if (handoff->receiving)
		handoff_stop_receiving(handoff);
	if (handoff->successor >= 0) {
		log_info("handoff_sent", LOG_NUMBER("connections", handoff->sent));
		close(handoff->successor);
	}
	while ((unsent = STAILQ_FIRST(&handoff->unsent)) != NULL) {
		STAILQ_REMOVE_HEAD(&handoff->unsent, next);
		close(unsent->fd);
		free(unsent);
	}
	event_free(handoff->step);
	free(handoff);
}
