/* The last response on a connection whose request was not read to its end: sends it,
 * then reads and drops the rest of the request for a limited time, so that the client
 * receives the response (closing at once would reset the connection; RFC 9112, 9.6). */
#ifndef WORKER_HTTP_LINGERING_CLOSE_H
#define WORKER_HTTP_LINGERING_CLOSE_H

#include "base/buf.h"

struct event_base;

/* Takes over the socket and the response's memory, and closes and frees them itself.
 * fd -1: only frees. */
void lingering_close_start(struct event_base *base, int fd, struct buf response);
/* Closes all of them: the process is about to end. */
void lingering_close_end_all(void);

#endif
