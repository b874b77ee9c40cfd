/* Long frames in pieces, between which other frames may pass. On a byte stream a frame
 * waits for all bytes before it, and a socket between processes takes a few hundred KB
 * at a time: a short frame behind a long one would wait until its reader has come back
 * several times.
 *
 * A piece is a frame with the same tag; all but the last have PIECE_MORE in their
 * length. One frame at a time may be in pieces. A first piece with another tag gives up
 * the frame before, whose sender does not need it any more. */
#ifndef IPC_PIECES_H
#define IPC_PIECES_H

#include "ipc/frame.h"

#define PIECE_BYTES ((size_t)64 << 10) /* of the payload, at most */
#define PIECE_MORE UINT32_C(0x80000000)

/* Appends the next piece of a whole frame that is longer than a piece. `*at`, which is
 * 0 at first, is what has been put of it. False: that was the last piece. */
bool piece_put(struct slice whole, size_t *at, struct buf *out);

/* The frame that is arriving in pieces. All zeros at first. */
struct pieces {
	struct buf whole;
	uint64_t tag;
	bool begun;
};

/* Moves all frames and pieces that have arrived whole out of `in`, and appends the
 * frames that are complete to `out`. RC_TOO_LARGE: the sender is not one of ours. */
MUST_USE enum rc pieces_join(struct pieces *pieces, struct buf *in, struct buf *out);
void pieces_free(struct pieces *pieces);

#endif
