/* The head of one HTTP/1.x request, checked strictly (RFC 9112, RFC 9110): it
 * determines how the request is framed. */
#ifndef WORKER_HTTP_HEAD_H
#define WORKER_HTTP_HEAD_H

#include "base/slice.h"

#include <stdint.h>

struct head {
	bool begun; /* the request line has arrived */
	bool is_1_0;
	bool may_have_body;                 /* by its method */
	unsigned hosts, lengths, encodings; /* fields of these names */
	unsigned singles;                   /* bits of those in a table of head.c that have come */
	bool chunked;
	uint64_t length; /* Content-Length; 0: none */
	int status;      /* once refused: 400 or 405 */
	const char *detail;
};

/* Takes the lines of a head in order, each without its CR LF, so that each is refused
 * as soon as it arrives: start with a zeroed struct. False: `status` and `detail` (a
 * static sentence) have the reason. */
bool head_take(struct head *head, struct slice line);
/* The empty line after the last field has arrived: is it one request, framed in one
 * way? */
bool head_end(struct head *head);
/* Could a head begin with these bytes? Other protocols are refused at their first
 * bytes. */
bool head_may_begin(struct slice text);
/* One to sixteen hexadecimal digits and nothing else, no chunk extension. */
bool head_chunk_size(struct slice line, uint64_t *size);

#endif
