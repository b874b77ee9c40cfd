/* Reads large bodies: each into one block of memory, and all of them in turns.
 *
 * libevent reads 4 KiB at a time, and evhttp hands a request over as soon as it is
 * whole. With many large bodies a turn of the loop would read and parse some of each,
 * and a small request would wait for all of them. So a body of which more
 * than BODY_READ_MIN bytes are still to come is taken from evhttp, which gets it back
 * whole:
 *
 *   body_read ─▶ ASKED ─▶ READING ─▶ WHOLE ─▶ evhttp, on_conn_request
 *
 * In each turn of the loop some of this work is done, about BODY_TURN bytes of it, or
 * one body is handed over. Shares take turns at it; a share is a token (conn_verdict).
 * Each has SHARE_TURN bytes in its turn, read or handed over, and one that has had more
 * sits out until it is even (surplus round robin: Adiseshu, Parulkar, Varghese, 1996).
 * A share with one large body waits for a turn of each other share, not for all that
 * these have sent. */
#ifndef WORKER_HTTP_BODY_READER_H
#define WORKER_HTTP_BODY_READER_H

#include <stddef.h>

#define BODY_READ_MIN ((size_t)4096)
#define BODY_TURN ((size_t)256 << 10)
#define BODY_SHARE_TURN ((size_t)64 << 10)

struct body_reader;
struct conn;
struct event_base;

/* NULL if libevent refuses. */
struct body_reader *body_reader_new(struct event_base *base);
/* There must be no connections any more. NULL is fine. */
void body_reader_free(struct body_reader *reader);

/* The head of the request has passed, and its body is arriving; no request before it is
 * being answered. Does nothing if little of the body is left. */
void body_read(struct conn *conn);
/* The connection is going. */
void body_abandon(struct conn *conn);

#endif
