/* Follows the bytes of one connection before evhttp parses them, and refuses requests
 * that evhttp would let pass.
 *
 * It applies the framing of HTTP/1.x (RFC 9112) strictly: request line, header fields,
 * Content-Length and chunked bodies. Two parsers that disagree on the end of a request
 * can be made to smuggle one past the other; bytes that passed here have one reading.
 *
 *   HEAD ──Content-Length──▶ BODY ─────────────────────────▶ HEAD
 *     └──chunked──▶ CHUNK_SIZE ──▶ CHUNK_DATA ──▶ CHUNK_END ─┘▲
 *                       └────────0─────────▶ LAST_END ────────┘
 *   from anywhere, on a violation: REFUSED, for good */
#ifndef WORKER_HTTP_FRAMING_H
#define WORKER_HTTP_FRAMING_H

#include "base/buf.h"
#include "worker/http/head.h"

#include <stdint.h>

/* As much as nginx forwards by default (large_client_header_buffers 4 8k): cookies of
 * other programs of the same site, and the names of 64 groups. */
#define FRAMING_HEAD_MAX 32768
/* Of a body that is larger than its request may have (framing_limit_body). */
#define FRAMING_ABOVE_LIMIT "the body is larger than this path accepts"

enum framing_state {
	FRAMING_HEAD,
	FRAMING_BODY,
	FRAMING_CHUNK_SIZE,
	FRAMING_CHUNK_DATA,
	FRAMING_CHUNK_END,
	FRAMING_LAST_END,
	FRAMING_REFUSED
};

struct framing {
	enum framing_state state;
	size_t max_body;    /* bytes of one request's body */
	uint64_t length;    /* of the body, if it is not chunked */
	uint64_t left;      /* of the body or the chunk */
	uint64_t body;      /* bytes of chunks so far */
	size_t limit;       /* bytes that the present body may have */
	unsigned requests;  /* whose heads have passed */
	unsigned complete;  /* that have arrived whole */
	struct head head;   /* of the request that is arriving */
	bool blank;         /* an empty line has come before the next request line */
	size_t head_len;    /* bytes of its lines so far */
	struct buf line;    /* an unfinished line of it, or of a chunk's size */
	int status;         /* once refused: 400, 405, 413, 431, or as framing_refuse_body says */
	const char *detail; /* once refused: why, a static sentence */
	struct buf origin;  /* the value of the present request's field Origin, terminated; empty:
			       none */
	struct buf text;    /* the lines of the present head, if its method may have a body */
	bool is_head;       /* the last request has the method HEAD */
};

void framing_init(struct framing *framing, size_t max_body);
void framing_clear(struct framing *framing);
/* Takes the next bytes. False once the connection has violated a rule. */
bool framing_feed(struct framing *framing, struct slice bytes);
/* The head of the request whose body is arriving: its lines, each with its CR LF.
 * Empty: no body is arriving. */
struct slice framing_body_head(const struct framing *framing);
/* What is known of the head of the request that was refused: its first lines. Empty:
 * not even the first one has passed, or it is of a method without bodies. */
struct slice framing_refused_head(const struct framing *framing);
/* Refuses that request for what its head says. */
void framing_refuse_body(struct framing *framing, int status, const char *detail);
/* Lowers what that body may have. False: it has more, so that it is refused. */
bool framing_limit_body(struct framing *framing, size_t max);
/* Before the first line of a request has arrived. An empty line in front of it (RFC
 * 9112, 2.2) is passed once, and must be kept from evhttp, which refuses it. */
bool framing_awaits_line(const struct framing *framing);
/* Between requests: no byte of a next one has arrived. */
bool framing_is_idle(const struct framing *framing);

#endif
