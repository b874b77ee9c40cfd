/* Messages on a byte stream between our own processes: a 32-bit length, a 64-bit tag
 * that the answer repeats, the payload. */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

/* The tag of a frame that answers nothing: an order of the writer to a worker
 * (writer/streams.c). No request has it. */
#define FRAME_ORDER 0

#define FRAME_MAX ((size_t)256 << 20)

/* Begins a frame at the end of `out`. Append the payload, then end the frame with the
 * value that frame_begin returned. */
size_t frame_begin(struct buf *out, uint64_t tag);
void frame_end(struct buf *out, size_t begun);

struct frame {
	uint64_t tag;
	struct slice payload; /* points into the bytes given to frame_take */
	size_t size;          /* of the whole frame: drop as many bytes when done */
};

/* The first frame of `bytes`. RC_BUSY: it is not complete yet; RC_TOO_LARGE: longer
 * than FRAME_MAX, so the sender is not one of ours. */
MUST_USE enum rc frame_take(struct slice bytes, struct frame *out);

#endif
