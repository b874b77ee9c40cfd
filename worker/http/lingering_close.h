/* A last answer on a connection whose request was not read to its end: sends it, then
 * reads and drops what still comes, for a while, so that the client gets to see it
 * (closing at once would reset the connection; RFC 9112, 9.6). */
#ifndef WORKER_HTTP_LINGERING_CLOSE_H
#define WORKER_HTTP_LINGERING_CLOSE_H

#include "base/buf.h"

struct event_base;

/* Takes the socket and the bytes' memory over; frees and closes by itself. fd -1 only
 * frees. */
void lingering_close_start(struct event_base *base, int fd, struct buf answer);
/* The process is about to end: whoever lingers goes. */
void lingering_close_end_all(void);

#endif
