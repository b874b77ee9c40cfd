/* Those who send requests to the writer: workers over their links, administrators over
 * the control socket. Both speak frames (ipc/frame.h) of packed requests
 * (store/store.h) and get one frame with the packed reply for each, bearing its tag. */
#ifndef WRITER_PEER_H
#define WRITER_PEER_H

#include "base/buf.h"
#include "ipc/frame.h"
#include "base/rc.h"

#include <stdint.h>

enum peer_kind { PEER_WORKER, PEER_CONTROL };

struct peer {
	enum peer_kind kind;
	int fd;
	bool ended;    /* it sends no more; what it sent is still answered */
	bool broken;   /* to be closed at once */
	struct buf in; /* requests; the first `taken` bytes are frames that are being worked on */
	size_t taken;
	struct buf out; /* replies; the first `sent` bytes are on their way */
	size_t sent;
	uint64_t moved; /* clock_ms() when it last sent or took a byte */
};

/* Takes the descriptor over and makes it non-blocking. Free with peer_free, which
 * closes it. */
struct peer *peer_new(enum peer_kind kind, int fd);
void peer_free(struct peer *peer);

/* The poll events to wait for: input unless enough of it waits already, output where
 * there is some.
 */
short peer_events(const struct peer *peer);
/* Reads what is there, a bounded piece of it. Must not be called between peer_take and
 * peer_forget.
 */
void peer_read(struct peer *peer);
/* Sends what the socket takes. */
void peer_flush(struct peer *peer);
/* The next whole frame, in place until peer_forget. RC_BUSY: there is none, or the peer
 * has yet to read its replies. */
MUST_USE enum rc peer_take(struct peer *peer, struct frame *out);
/* Would peer_take give a frame? */
bool peer_has_frame(const struct peer *peer);
/* How many whole frames wait to be taken. */
size_t peer_frames(const struct peer *peer);
/* Drops the frames that were taken. */
void peer_forget(struct peer *peer);
/* Is there nothing more to do for it? */
bool peer_is_done(const struct peer *peer);

#endif
