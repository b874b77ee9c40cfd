/* One connection to the writer, for batch.c, control.c and peers.c: reads frames into a
 * bounded queue, and sends replies as far as the socket takes them. */
#include "writer/peer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/stream_end.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10) /* of one read */
#define ROUND_BYTES ((size_t)1 << 20)  /* of one peer in one round */
/* How much of whole frames may wait. A worker sends some MiB ahead
 * (worker/writer_link.c), and those of one token may overtake those of others only
 * here. */
#define WAIT_BYTES(kind) ((kind) == PEER_WORKER ? (size_t)6 << 20 : ROUND_BYTES)
#define OUT_BYTES ((size_t)8 << 20)      /* replies not read, beyond which no more is taken */
#define CONTROL_BYTES ((size_t)16 << 20) /* the largest frame of an administrator */
#define KEPT_BYTES ((size_t)4 << 20)     /* memory that an empty buffer may keep */

struct peer *peer_new(enum peer_kind kind, int fd)
{
	struct peer *peer = mem_alloc(sizeof(*peer));
	int flags = fcntl(fd, F_GETFL);

	assert(fd >= 0);
	peer->kind = kind;
	peer->fd = fd;
	peer->moved = clock_ms();
	peer->broken = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0;
	return peer;
}

void peer_free(struct peer *peer)
{
	(void)close(peer->fd);
	buf_free(&peer->raw);
	pieces_free(&peer->pieces);
	buf_free(&peer->in);
	buf_free(&peer->out);
	buf_free(&peer->held);
	free(peer->deferred);
	free(peer);
}

static struct slice peer_waiting(const struct peer *peer)
{
	size_t len = peer->in.len - peer->taken;

	return len ? slice_make(peer->in.data + peer->taken, len) : slice_make("", 0);
}

bool peer_has_frame(const struct peer *peer)
{
	struct frame frame;

	return !peer->broken && peer->out.len - peer->sent < OUT_BYTES &&
	       frame_take(peer_waiting(peer), &frame) == RC_OK;
}

size_t peer_frames(const struct peer *peer)
{
	struct slice left = peer_waiting(peer);
	struct frame frame;
	size_t count = 0;

	if (!peer_has_frame(peer))
		return 0;
	for (; frame_take(left, &frame) == RC_OK; count++)
		left = slice_make(left.data + frame.size, left.len - frame.size);
	return count;
}

short peer_events(const struct peer *peer)
{
	struct frame frame;
	short events = peer->out.len > peer->sent ? POLLOUT : 0;

	if (!peer->ended && (peer->in.len < WAIT_BYTES(peer->kind) ||
			     frame_take(peer_waiting(peer), &frame) != RC_OK))
		events |= POLLIN;
	return events;
}

static void peer_break(struct peer *peer, const char *err)
{
	peer->broken = true;
	log_warn("peer_close", LOG_TEXT("kind", peer_kind_name(peer->kind)),
		 LOG_TEXT("reason", err));
}

/* Workers send long frames in pieces. */
static void peer_join(struct peer *peer)
{
	if (peer->kind == PEER_WORKER && pieces_join(&peer->pieces, &peer->raw, &peer->in) != RC_OK)
		peer_break(peer, "frame too large");
}

void peer_read(struct peer *peer)
{
	struct buf *in = peer->kind == PEER_WORKER ? &peer->raw : &peer->in;
	size_t room = ROUND_BYTES;
	ssize_t got = 1;

	assert(peer->taken == 0);
	while (room > 0 && got > 0 && !peer->broken) {
		got = recv(peer->fd, buf_reserve(in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
		if (got > 0) {
			in->len += (size_t)got;
			peer->moved = clock_ms();
			room -= (size_t)got < room ? (size_t)got : room;
			peer_join(peer);
		}
	}
	if (got == 0)
		peer->ended = true;
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		peer->broken = true; /* reset: replies would not be read */
	if (peer->kind != PEER_WORKER && peer->in.len > CONTROL_BYTES && !peer_has_frame(peer))
		peer_break(peer, "frame too large");
}

/* A peer that always has some replies left would keep all that it was ever sent. */
static void peer_drop_sent(struct peer *peer)
{
	if (peer->sent < peer->out.len - peer->sent)
		return;
	buf_drop(&peer->out, peer->sent);
	peer->sent = 0;
	if (peer->out.len == 0 && peer->out.cap > KEPT_BYTES)
		buf_free(&peer->out);
}

void peer_flush(struct peer *peer)
{
	ssize_t sent = 1;

	while (peer->out.len > peer->sent && sent > 0) {
		sent = send(peer->fd, peer->out.data + peer->sent, peer->out.len - peer->sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0) {
			peer->sent += (size_t)sent;
			peer->moved = clock_ms();
		}
	}
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		peer->broken = true;
	peer_drop_sent(peer);
}

static bool peer_asks_for_board(const struct peer *peer, const struct frame *frame)
{
	return rights_allow_board(peer->kind) && frame->payload.len == 1 &&
	       (unsigned char)frame->payload.data[0] == CONTROL_BOARD;
}

static bool peer_asks_for_stream_end(const struct peer *peer, const struct frame *frame)
{
	return rights_allow_stream_end(peer->kind) && frame->payload.len &&
	       (unsigned char)frame->payload.data[0] == STREAM_END_MARK;
}

enum rc peer_take(struct peer *peer, struct frame *out)
{
	enum rc rc;

	if (peer->broken || peer->stalled || peer->out.len - peer->sent >= OUT_BYTES)
		return RC_BUSY;
	rc = frame_take(peer_waiting(peer), out);
	if (rc == RC_OK && (peer_asks_for_board(peer, out) || peer_asks_for_stream_end(peer, out)))
		return RC_BUSY;
	if (rc == RC_OK)
		peer->taken += out->size;
	else if (rc != RC_BUSY)
		peer_break(peer, "frame too large");
	return rc;
}

void peer_defer(struct peer *peer, const struct frame *frame)
{
	assert(peer->taken >= frame->size && !peer_is_held(peer));
	peer->deferred = mem_grow(peer->deferred, &peer->deferred_room, peer->deferred_count + 1,
				  sizeof(*peer->deferred));
	peer->deferred[peer->deferred_count++] =
		(struct peer_deferred){ peer->taken - frame->size, frame->size };
	peer->deferred_bytes += frame->size;
}

/* Forgets that those from this offset on were deferred. */
static void peer_undefer(struct peer *peer, size_t from)
{
	while (peer->deferred_count && peer->deferred[peer->deferred_count - 1].at >= from)
		peer->deferred_bytes -= peer->deferred[--peer->deferred_count].size;
}

void peer_resume(struct peer *peer)
{
	if (peer->deferred_bytes < peer->taken)
		return;
	peer_undefer(peer, 0);
	peer->taken = 0;
}

bool peer_take_board(struct peer *peer, uint64_t *tag)
{
	struct frame frame;

	assert(peer->taken == 0);
	if (!peer_has_frame(peer) || frame_take(peer_waiting(peer), &frame) != RC_OK ||
	    !peer_asks_for_board(peer, &frame))
		return false;
	*tag = frame.tag;
	buf_drop(&peer->in, frame.size);
	return true;
}

bool peer_take_stream_end(struct peer *peer, uint64_t *tag, struct buf *out)
{
	struct frame frame;

	assert(peer->taken == 0);
	if (!peer_has_frame(peer) || frame_take(peer_waiting(peer), &frame) != RC_OK ||
	    !peer_asks_for_stream_end(peer, &frame))
		return false;
	*tag = frame.tag;
	buf_clear(out);
	buf_put_slice(out, frame.payload);
	buf_drop(&peer->in, frame.size);
	return true;
}

void peer_hold(struct peer *peer)
{
	const struct slice rest = peer_waiting(peer);

	assert(!peer_is_held(peer));
	peer->stalled = false;
	if (peer->taken == 0)
		return;
	peer->held = peer->in;
	peer->held.len = peer->taken;
	peer->in = (struct buf)BUF_EMPTY;
	for (size_t i = 0; i < peer->deferred_count; i++)
		buf_put(&peer->in, peer->held.data + peer->deferred[i].at, peer->deferred[i].size);
	buf_put_slice(&peer->in, rest);
	peer->taken = 0;
}

bool peer_is_held(const struct peer *peer)
{
	return peer->held.len > 0;
}

/* They come before what has been read meanwhile. Those that were deferred are there
 * already. */
static void peer_put_held_back(struct peer *peer, size_t from)
{
	struct buf in = BUF_EMPTY;
	size_t at = from;

	if (from >= peer->held.len)
		return;
	for (size_t i = 0; i < peer->deferred_count; i++) {
		const struct peer_deferred *deferred = &peer->deferred[i];

		if (deferred->at < from)
			continue;
		buf_put(&in, peer->held.data + at, deferred->at - at);
		at = deferred->at + deferred->size;
	}
	buf_put(&in, peer->held.data + at, peer->held.len - at);
	if (peer->in.len)
		buf_put_slice(&in, buf_slice(&peer->in));
	buf_free(&peer->in);
	peer->in = in;
	peer_undefer(peer, from);
	peer->held.len = from;
}

void peer_put_back(struct peer *peer, size_t from)
{
	if (peer_is_held(peer)) {
		peer_put_held_back(peer, from);
	} else if (from < peer->taken) {
		peer_undefer(peer, from);
		peer->taken = from;
	}
}

void peer_stall(struct peer *peer, size_t from)
{
	assert(!peer_is_held(peer));
	peer_put_back(peer, from);
	peer->stalled = true;
}

/* Removes what was taken, except for the frames that were deferred: they stay where
 * they are if nothing was taken before them, as they may be large. */
static void peer_drop_taken(struct peer *peer)
{
	char *data = peer->in.data;
	size_t to = 0;

	for (size_t i = 0; i < peer->deferred_count; i++) {
		const struct peer_deferred *deferred = &peer->deferred[i];

		if (to < deferred->at)
			memmove(data + to, data + deferred->at, deferred->size);
		to += deferred->size;
	}
	if (to < peer->taken)
		memmove(data + to, data + peer->taken, peer->in.len - peer->taken);
	peer->in.len -= peer->taken - to;
	peer->taken = 0;
}

void peer_forget(struct peer *peer)
{
	peer->stalled = false;
	if (peer->taken)
		peer_drop_taken(peer);
	peer_undefer(peer, 0);
	buf_free(&peer->held);
	if (peer->in.len == 0 && peer->in.cap > KEPT_BYTES)
		buf_free(&peer->in);
}

bool peer_is_done(const struct peer *peer)
{
	return peer->broken ||
	       (peer->ended && peer->out.len == peer->sent && !peer_has_frame(peer));
}
