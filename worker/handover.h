/* Open streams on their way from a worker to its successor, by a channel (base/channel.h) that the master gave to both.
 *
 *   old: begin ─▶ stream, with its socket ─▶ ... ─▶ end of file
 *
 * A message is of this machine and this version of it: one of another version is refused, and the stream's socket closed, so that its
 * reader resumes by its last event id. */
#ifndef WORKER_HANDOVER_H
#define WORKER_HANDOVER_H

#include "base/rc.h"
#include "worker/context.h"

struct stream;

/* From here on the old worker is not woken any more, so the new one must look what there was. RC_UNAVAILABLE: nobody takes it. */
MUST_USE enum rc handover_begin(int channel);
/* Where the stream is, and its socket; waits for the successor to take it, some seconds at the most. RC_UNAVAILABLE: it does not. */
MUST_USE enum rc handover_send(int channel, const struct stream *stream);
/* Takes what has come; the channel is non-blocking. RC_BUSY: nothing more for now; RC_UNAVAILABLE: the other side has ended. */
MUST_USE enum rc handover_receive(struct worker *worker, int channel);

#endif
