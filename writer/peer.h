/* A sender of requests to the writer: a worker or the process of the admin page over
 * its link, or an administrator over the control socket. All send frames (ipc/frame.h)
 * of packed requests (store/store.h) and get for each one frame with the packed reply
 * and the same tag. */
#ifndef WRITER_PEER_H
#define WRITER_PEER_H

#include "base/buf.h"
#include "ipc/caller.h"
#include "ipc/frame.h"
#include "ipc/pieces.h"
#include "base/rc.h"
#include "writer/rights.h"

#include <stdint.h>

/* A request of an administrator that consists of this one byte is not for the store:
 * its reply is the scoreboard (scoreboard_view_pack). */
#define CONTROL_BOARD 0xb0

/* A frame among those that were taken, which waits for the next batch nevertheless. */
struct peer_deferred {
	size_t at;
	size_t size;
};

struct peer {
	enum peer_kind kind;
	int fd;
	struct caller caller; /* of an administrator */
	bool ended;           /* it sends no more; what it sent is still answered */
	bool broken;          /* to be closed at once */
	bool denied;          /* it was refused a request: this is logged once */
	bool stalled;         /* no more is taken until peer_hold or peer_forget */
	struct buf raw;       /* of a worker: what has come in of the next frame or piece */
	struct pieces pieces; /* of a worker */
	struct buf in;        /* requests; the first `taken` bytes are frames that were taken */
	size_t taken;
	struct peer_deferred *deferred; /* of those, in their order (peer_defer) */
	size_t deferred_count, deferred_room;
	size_t deferred_bytes;
	struct buf held; /* frames that the store works on, see peer_hold */
	struct buf out;  /* replies; the first `sent` bytes are on their way */
	size_t sent;
	uint64_t moved; /* clock_ms() when it last sent or took a byte */
};

/* Takes the descriptor over and makes it non-blocking. Free with peer_free, which
 * closes it. */
struct peer *peer_new(enum peer_kind kind, int fd);
void peer_free(struct peer *peer);

/* The poll events to wait for: input unless enough of it waits already, output if
 * there is any. */
short peer_events(const struct peer *peer);
/* Reads a bounded piece of what has arrived. Not between peer_take and peer_hold or
 * peer_forget: it may move the frames. */
void peer_read(struct peer *peer);
/* Sends what the socket takes. */
void peer_flush(struct peer *peer);
/* The next whole frame with a request for the store, in place until peer_forget.
 * RC_BUSY: there is none, or one that is not for the store comes first (CONTROL_BOARD,
 * ipc/stream_end.h), or the peer has too many
 * replies that it has not read, or it is stalled. */
MUST_USE enum rc peer_take(struct peer *peer, struct frame *out);
/* Leaves the frame that was just taken for the next batch, so that those behind it can
 * be taken. */
void peer_defer(struct peer *peer, const struct frame *frame);
/* If all that was taken was deferred: takes from the beginning again. */
void peer_resume(struct peer *peer);
/* Drops the next whole frame if it is a CONTROL_BOARD; its tag. Not between peer_take
 * and peer_hold or peer_forget. */
bool peer_take_board(struct peer *peer, uint64_t *tag);
/* Takes the next whole frame off if it is an order to end a stream, likewise. */
bool peer_take_stream_end(struct peer *peer, uint64_t *tag, struct buf *out);
/* Does a whole frame wait whose reply would have room? */
bool peer_has_frame(const struct peer *peer);
/* How many whole frames wait to be taken. */
size_t peer_frames(const struct peer *peer);
/* Puts the frames that were taken aside, where they stay until peer_forget, so that the
 * peer can be read meanwhile. */
void peer_hold(struct peer *peer);
bool peer_is_held(const struct peer *peer);
/* Puts the frames that were taken from this offset of `taken` on back, to be taken
 * again later, also after peer_hold. */
void peer_put_back(struct peer *peer, size_t from);
/* The same, and no more is taken in this batch. */
void peer_stall(struct peer *peer, size_t from);
/* Drops the frames that were taken. */
void peer_forget(struct peer *peer);
/* Is it broken, or has it ended and got all its replies? */
bool peer_is_done(const struct peer *peer);

#endif
