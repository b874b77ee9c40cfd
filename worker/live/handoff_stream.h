/* Streams that move from one process to another. */
#ifndef WORKER_LIVE_HANDOFF_STREAM_H
#define WORKER_LIVE_HANDOFF_STREAM_H

#include "ipc/pack.h"
#include "worker/live/streams.h"

/* Appends the state with which another process continues the stream on its socket. It
 * must have nothing queued. */
void subscriber_pack(const struct subscriber *subscriber, struct buf *out);
/* Continues it on the socket, which is taken over; closes that if the message is
 * malformed or its token is not good here. */
void streams_receive(struct streams *streams, int fd, struct unpack *message);

/* RC_OK: the successor has it; the socket here is closed. RC_BUSY: try again, and the
 * others later; anything else: the stream ends. */
typedef enum rc on_stream_hand_off(void *arg, const struct subscriber *subscriber, int fd);
/* Offers each stream with an empty queue, once its socket has been out of epoll for a
 * turn of the loop (else epoll would report it for as long as another process has it).
 * Call it again, from a timer, until there are none. */
void streams_hand_off(struct streams *streams, on_stream_hand_off *on_hand_off, void *arg);

#endif
