/* The connection to the writer process: requests go out at once, replies come when they
 * are durable.
 *
 * The master passes the socket, again whenever it has restarted the writer, or when the
 * worker reports that it has none. Requests that a lost writer has not answered are
 * answered RC_UNAVAILABLE, and so are those that a writer does not answer within 10
 * seconds: it is unknown whether they were committed, and clients retry
 * safely with their ops. Requests that come before there was any writer wait for it,
 * for a limited time, so that a worker that takes over from another answers all of
 * them.
 *
 *   WAITING ─attach▶ ATTACHED ─lost▶ DETACHED ─attach▶ ATTACHED */
#ifndef WORKER_WRITER_LINK_H
#define WORKER_WRITER_LINK_H

#include "store/store.h"
#include "worker/state.h"

struct writer_link *writer_link_new(struct worker *worker);
void writer_link_free(struct writer_link *link);
/* Takes over the socket; a previous one is closed. */
void writer_link_attach(struct writer_link *link, int fd);

typedef void on_link_reply(void *arg, enum rc rc, const struct store_reply *reply);
/* Sends the request, which is not needed after the call. Requests that wait for others
 * are sent in turns by `token`, the key of its identity. RC_BUSY: too many are waiting,
 * or too many of this token in view of the others (fair_queue.h); RC_UNAVAILABLE: the
 * writer is gone; the callback is not called then. Else it is called once, later, with
 * RC_OK or RC_UNAVAILABLE. */
MUST_USE enum rc writer_link_commit(struct writer_link *link, uint64_t token,
				    const struct store_request *request, on_link_reply *on_reply,
				    void *arg);
/* Would a request of about so many bytes be taken now? RC_BUSY, RC_UNAVAILABLE as
 * above. */
MUST_USE enum rc writer_link_admits(const struct writer_link *link, uint64_t token, size_t bytes);
/* The number of requests that wait for their reply. */
size_t writer_link_waiting(const struct writer_link *link);
/* Is there a writer whose event loop runs, or one on its way that requests wait for? */
bool writer_link_is_well(const struct writer_link *link);

#endif
