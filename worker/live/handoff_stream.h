/* Streams that move from one process to another. */
#ifndef WORKER_LIVE_HANDOFF_STREAM_H
#define WORKER_LIVE_HANDOFF_STREAM_H

#include "ipc/pack.h"
#include "worker/live/stream.h"

/* What another process must know to go on with the stream: without the socket, and
 * without anything yet to be sent. */
void stream_pack(const struct stream *stream, struct buf *out);
/* Goes on with it on the socket, which it takes over; closes that where the message is
 * malformed or its token does not do here. */
void stream_inherit(struct streams *streams, int fd, struct unpack *message);

/* RC_OK: it has the stream; the socket here is closed. RC_BUSY: try again, and the
 * others later; anything else: the stream ends. */
typedef enum rc on_stream_leaves(void *arg, const struct stream *stream, int fd);
/* Offers each stream that has nothing to send, once its socket has been out of epoll
 * for a turn of the loop (else epoll would go on telling of it for as long as another
 * process has it). Call it again, from a timer, until there are none. */
void streams_give(struct streams *streams, on_stream_leaves *leaves, void *arg);

#endif
