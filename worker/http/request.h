/* One request on a connection, and its one response.
 *
 *   request_begin ─▶ (the caller) ─▶ request_answer | request_refuse | request_detach
 *
 * The caller may answer later. Each request ends in exactly one call of the last three
 * kinds, also if its client has gone meanwhile. */
#ifndef WORKER_HTTP_REQUEST_H
#define WORKER_HTTP_REQUEST_H

#include "base/buf.h"
#include "base/cidr.h"
#include "base/error.h"
#include "base/shared_buf.h"
#include "worker/http/access_log.h"
#include "worker/http/conn.h"
#include "worker/http/forwarded.h"
#include "worker/http/incoming.h"
#include "worker/http/problem.h"
#include "worker/http/query.h"

struct request;

/* The request has its response; its memory is the callee's again. */
typedef void on_request_end(struct request *request);

/* The same for all requests of a process. */
struct request_options {
	const struct access_log *access_log;
	struct trusted_proxies trusted;
	on_request_end *on_end;
};

struct request {
	const struct request_options *options;
	struct conn *conn; /* NULL: the client has gone */
	struct incoming incoming;
	enum evhttp_cmd_type method;
	char *path; /* decoded */
	struct query query;
	bool is_proxied;                    /* it came from a trusted proxy */
	struct address client;              /* all zeros: not known */
	char client_text[ADDRESS_TEXT_MAX]; /* "-": not known */
	const char *token;                /* for the access log: its id; the caller's; NULL: none */
	struct slice user;                /* the same */
	char origin[256];                 /* the page's, if it may read the response (cors.h) */
	const char *allow;                /* methods of its path; the caller's */
	enum scoreboard_route counted_as; /* the caller's; SCOREBOARD_OTHER at first */
	struct buf fields;                /* lines of the response's head */
	struct buf list;                  /* what request_list has returned, terminated */
	struct access_log_entry trace;
	bool is_early;    /* its response is sent before its handler has one */
	bool is_answered; /* that has happened */
};

/* Takes the request over; `request` is the caller's zeroed memory. RC_MALFORMED: its
 * target cannot be read, and the caller must refuse it. */
MUST_USE enum rc request_begin(struct request *request, const struct request_options *options,
			       struct conn *conn, const struct incoming *incoming,
			       struct error *err);

/* A field of the request, or NULL; NULL also if the client has gone. */
const char *request_header(const struct request *request, const char *name);
/* The same of a field that is a list: all its lines, joined by commas. Good until the
 * next call for this request. */
const char *request_list(struct request *request, const char *name);
/* The same of a field that may come once: RC_NOT_FOUND: it has not come, or the client
 * has gone; RC_MALFORMED: several times. */
MUST_USE enum rc request_single(struct request *request, const char *name, struct slice *out);
/* The host that it is for, maybe with a port, or NULL. The client must be there. */
const char *request_host(const struct request *request);
/* Its body, good until the response. The client must be there. */
struct slice request_body(const struct request *request);
/* Sets a field of the response. */
void request_set_header(struct request *request, const char *name, const char *value);

/* Answers with the body (its memory is taken over; may be empty), whose type must be
 * set, and ends the request. */
void request_answer(struct request *request, int status, struct buf *body);
/* The same with bytes that other responses share. */
void request_answer_shared(struct request *request, int status, struct shared_buf *body);
/* The same with bytes that stay for ever. */
void request_answer_static(struct request *request, int status, struct slice body);
/* The same with `len` bytes of a file from `from`; the descriptor is taken over. They
 * are sent by the kernel and never held in memory. If the file has become shorter by
 * then, the connection closes within the response. */
void request_answer_file(struct request *request, int status, int fd, uint64_t from, uint64_t len);
/* Answers with a problem and ends the request. */
void request_refuse(struct request *request, enum problem problem, const char *detail);
/* The same with the seconds after which to try again. */
void request_refuse_for(struct request *request, enum problem problem, unsigned seconds,
			const char *detail);
/* Answers with a problem before the handler does, which still ends the request: for it
 * the client has gone. */
void request_refuse_early(struct request *request, enum problem problem, const char *detail);
/* Leaves HTTP: the connection's socket goes to the callback (conn_detach), and the
 * request ends. */
void request_detach(struct request *request, on_conn_detached *on_detached, void *arg);

#endif
