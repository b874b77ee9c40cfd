/* Requests of the admin page to the writer, by a socket that the master brings. The
 * other end is writer/peer. */
#ifndef ADMIN_WRITER_CLIENT_H
#define ADMIN_WRITER_CLIENT_H

#include "ipc/stream_end.h"
#include "store/store.h"

struct event_base;
struct writer_client;

/* Called exactly once. RC_UNAVAILABLE: no writer came in time, or it went away before
 * it answered; the outcome is unknown then. The reply is NULL unless RC_OK. */
typedef void on_writer_reply(void *arg, enum rc rc, const struct store_reply *reply);

/* `channel` is the one to the master, to ask for another socket. NULL if libevent
 * refuses. */
struct writer_client *writer_client_new(struct event_base *base, int channel);
/* Answers all that waits with RC_UNAVAILABLE. NULL is fine. */
void writer_client_free(struct writer_client *client);
/* Takes over the socket; what waits for an answer on the one before gets none. */
void writer_client_attach(struct writer_client *client, int fd);
/* Waits for a writer if there is none now. The request need only be valid until the
 * call returns. */
void writer_client_ask(struct writer_client *client, const struct actor *actor,
		       const struct store_request *request, on_writer_reply *on_reply, void *arg);
/* The same for the order to end a stream; the reply says that it is on its way. */
void writer_client_end_stream(struct writer_client *client, const struct stream_end *order,
			      on_writer_reply *on_reply, void *arg);

#endif
