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

#define HERITAGE_MARK 0x564f4b50u /* of the format, with its version in the next word */
#define HERITAGE_VERSION 1
#define MESSAGE_MAX ((size_t)128 << 10) /* a stream of 64 groups and a token of as many grants, all of the longest, need 70 KiB */

enum moved_kind { MOVED_CONNECTION, MOVED_METRICS, MOVED_STREAM };

struct moved {
	STAILQ_ENTRY(moved) next;
	int fd;
	bool is_metrics;
};

STAILQ_HEAD(moved_list, moved);

struct heritage {
	struct worker *worker;
	int heir;               /* -1: none */
	struct moved_list left; /* connections that have left evhttp and wait for room in the socket */
	struct event *step;     /* of the giving */
	enum heritage_state state;
	unsigned given, taken;
	struct event *taking; /* NULL: nothing to take */
	char *room;           /* for a message that is taken */
};

/* ---- Giving ------------------------------------------------------------------------------------------------------------- */

static void message_begin(struct buf *message, enum moved_kind kind)
{
	pack_u32(message, HERITAGE_MARK);
	pack_u32(message, HERITAGE_VERSION);
	pack_u8(message, (uint8_t)kind);
}

static enum rc heritage_send(struct heritage *heritage, const struct buf *message, int fd)
{
	enum rc rc = heritage->heir < 0 ? RC_UNAVAILABLE : channel_send_message(heritage->heir, buf_slice(message), fd);

	if (rc == RC_OK) {
		heritage->given++;
		FAULT("heritage_given");
	} else if (rc != RC_BUSY) {
		log_warn("heritage_failed", LOG_NUMBER("errno", errno));
		heritage->state = HERITAGE_LOST;
	}
	return rc;
}

static enum rc give_connection(struct heritage *heritage, const struct moved *moved)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, moved->is_metrics ? MOVED_METRICS : MOVED_CONNECTION);
	rc = heritage_send(heritage, &message, moved->fd);
	buf_free(&message);
	return rc;
}

static void heritage_send_left(struct heritage *heritage)
{
	struct moved *moved;

	while ((moved = STAILQ_FIRST(&heritage->left)) != NULL) {
		if (give_connection(heritage, moved) == RC_BUSY)
			return;
		STAILQ_REMOVE_HEAD(&heritage->left, next);
		close(moved->fd);
		free(moved);
	}
}

static void on_connection(void *arg, int fd, bool is_metrics)
{
	struct heritage *heritage = arg;
	struct moved *moved = mem_alloc(sizeof(*moved));

	*moved = (struct moved){ .fd = fd, .is_metrics = is_metrics };
	STAILQ_INSERT_TAIL(&heritage->left, moved, next);
}

static enum rc on_leaving(void *arg, const struct stream *stream, int fd)
{
	struct buf message = BUF_EMPTY;
	enum rc rc;

	message_begin(&message, MOVED_STREAM);
	stream_pack(stream, &message);
	rc = heritage_send(arg, &message, fd);
	buf_free(&message);
	return rc;
}

/* A turn of the loop of its own, as the parts ask for. */
static void on_step(evutil_socket_t unused, short what, void *arg)
{
	static const struct timeval soon = { 0, 2000 };
	struct heritage *heritage = arg;

	(void)unused;
	(void)what;
	heritage_send_left(heritage);
	if (heritage->state != HERITAGE_GIVING)
		return;
	streams_give(heritage->worker->streams, on_leaving, heritage);
	conns_give(heritage->worker->conns, on_connection, heritage);
	event_add(heritage->step, &soon);
}

void heritage_give(struct heritage *heritage, int fd)
{
	static const struct timeval next_turn = { 0, 0 };

	if (heritage->heir >= 0) {
		close(fd);
		return;
	}
	heritage->heir = fd;
	heritage->state = HERITAGE_GIVING;
	event_add(heritage->step, &next_turn);
}

bool heritage_is_done(const struct heritage *heritage)
{
	return STAILQ_EMPTY(&heritage->left);
}

enum heritage_state heritage_state(const struct heritage *heritage)
{
	return heritage->state;
}

/* ---- Taking ------------------------------------------------------------------------------------------------------------- */

static void heritage_adopt(struct heritage *heritage, struct slice bytes, int fd)
{
	struct worker *worker = heritage->worker;
	struct unpack message = { bytes, false };
	bool known = unpack_u32(&message) == HERITAGE_MARK && unpack_u32(&message) == HERITAGE_VERSION;
	uint8_t kind = known ? unpack_u8(&message) : UINT8_MAX;

	FAULT("heritage_taken");
	heritage->taken++;
	if (kind == MOVED_STREAM && !message.bad)
		stream_inherit(worker->streams, fd, &message);
	else if ((kind == MOVED_CONNECTION || kind == MOVED_METRICS) && unpack_finish(&message) == RC_OK)
		conns_adopt(worker->conns, fd, kind == MOVED_METRICS);
	else
		close(fd);
}

static void heritage_end_taking(struct heritage *heritage)
{
	int fd = event_get_fd(heritage->taking);

	event_free(heritage->taking);
	heritage->taking = NULL;
	close(fd);
	free(heritage->room);
	heritage->room = NULL;
	log_info("heritage_taken", LOG_NUMBER("connections", heritage->taken));
}

/* False: there is nothing more for now. */
static bool heritage_receive(struct heritage *heritage, int channel)
{
	size_t len = MESSAGE_MAX;
	int fd;
	enum rc rc = channel_receive_message(channel, heritage->room, &len, &fd);

	if (rc == RC_UNAVAILABLE)
		heritage_end_taking(heritage);
	if (rc != RC_OK)
		return false;
	if (fd >= 0)
		heritage_adopt(heritage, slice_make(heritage->room, len), fd);
	else /* Out of descriptors the kernel leaves it out: the connection is lost to us, and closed. */
		log_warn("heritage_refused", LOG_TEXT("reason", "no descriptor came"));
	return true;
}

static void on_taking(evutil_socket_t fd, short what, void *arg)
{
	struct heritage *heritage = arg;

	(void)what;
	for (int i = 0; i < CONNS_ADOPT_MAX && heritage_receive(heritage, fd); i++)
		;
	/* The predecessor in the slot may have taken a wake-up that was for both; it is not woken any more when it gives. */
	feeds_wake(heritage->worker->feeds);
}

void heritage_take(struct heritage *heritage, int fd)
{
	if (heritage->taking)
		heritage_end_taking(heritage);
	heritage->room = mem_alloc(MESSAGE_MAX);
	heritage->taking = event_new(heritage->worker->base, fd, EV_READ | EV_PERSIST, on_taking, heritage);
	if (heritage->taking == NULL || event_add(heritage->taking, NULL) < 0) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
}

/* ---- Beginning and end -------------------------------------------------------------------------------------------------- */

struct heritage *heritage_new(struct worker *worker)
{
	struct heritage *heritage = mem_alloc(sizeof(*heritage));

	heritage->worker = worker;
	heritage->heir = -1;
	STAILQ_INIT(&heritage->left);
	heritage->step = evtimer_new(worker->base, on_step, heritage);
	if (heritage->step == NULL) {
		free(heritage);
		return NULL;
	}
	return heritage;
}

void heritage_free(struct heritage *heritage)
{
	struct moved *moved;

	if (heritage == NULL)
		return;
	if (heritage->taking)
		heritage_end_taking(heritage);
	if (heritage->heir >= 0) {
		log_info("heritage_given", LOG_NUMBER("connections", heritage->given));
		close(heritage->heir);
	}
	while ((moved = STAILQ_FIRST(&heritage->left)) != NULL) {
		STAILQ_REMOVE_HEAD(&heritage->left, next);
		close(moved->fd);
		free(moved);
	}
	event_free(heritage->step);
	free(heritage);
}
