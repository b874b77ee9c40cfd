/* Messages on a byte stream between our own processes: a 32-bit length, a 64-bit tag
 * that the answer repeats, the payload. */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

#define FRAME_MAX ((size_t)256 << 20)

/* Begins a frame at the end of `out`; write the payload behind it, then close the frame
 * with what frame_begin answered. */
size_t frame_begin(struct buf *out, uint64_t tag);
void frame_end(struct buf *out, size_t begun);

struct frame {
	uint64_t tag;
	struct slice payload; /* points into the bytes it was taken from */
	size_t size;          /* of the whole frame: drop that much when done */
};

/* The first frame of `bytes`. RC_BUSY: not all of it is there yet; RC_TOO_LARGE: longer
 * than FRAME_MAX, the stream is not ours. */
MUST_USE enum rc frame_take(struct slice bytes, struct frame *out);

#endif
