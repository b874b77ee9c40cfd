/* The way to the writer process: requests go out at once, replies come when they are
 * durable.
 *
 * The socket is brought by the master, again whenever the writer was started anew, or
 * the worker says that it has none. What a lost writer had not answered is answered
 * RC_UNAVAILABLE: nobody knows whether it was committed, and clients retry safely with
 * their ops. What comes before there was any writer waits for it, for a while: so a
 * worker that takes over from another answers all that it is asked. */
#ifndef WORKER_WRITER_LINK_H
#define WORKER_WRITER_LINK_H

#include "store/store.h"
#include "worker/state.h"

struct writer_link *writer_link_new(struct worker *worker);
void writer_link_free(struct writer_link *link);
/* Takes the socket over; one that is there already is closed. */
void writer_link_attach(struct writer_link *link, int fd);

typedef void on_link_reply(void *arg, enum rc rc, const struct store_reply *reply);
/* Sends; what the request points to is not needed after the call. RC_BUSY: too much is
 * waiting already; RC_UNAVAILABLE: there is no writer any more; the callback is not
 * called then. Else it is called once, later, with RC_OK or RC_UNAVAILABLE. */
MUST_USE enum rc writer_link_commit(struct writer_link *link, const struct store_request *request,
				    on_link_reply *on_reply, void *arg);
/* How many are waiting for their reply. */
size_t writer_link_waiting(const struct writer_link *link);

#endif
