/* The head of one HTTP/1.x request, checked strictly (RFC 9112, RFC 9110): what decides
 * how the request is framed. */
#ifndef WORKER_HTTP_HEAD_H
#define WORKER_HTTP_HEAD_H

#include "base/slice.h"

#include <stdint.h>

struct head {
	bool begun; /* the request line is there */
	bool is_1_0;
	bool may_have_body;                 /* by its method */
	unsigned hosts, lengths, encodings; /* fields of these names */
	bool chunked;
	uint64_t length; /* Content-Length; 0 where there is none */
	int status;      /* where refused: 400 or 405 */
	const char *detail;
};

/* Takes the lines of a head one after the other, each without its CR LF, so that each
 * is refused as soon as it is there: start with a zeroed struct. False: `status` and
 * `detail` (a static sentence) say why it is refused. */
bool head_take(struct head *head, struct slice line);
/* The empty line behind the last field has come: is it one request, framed in one
 * way? */
bool head_end(struct head *head);
/* Could a head begin with these bytes? So that something that is no HTTP at all is
 * refused at its first bytes. */
bool head_may_begin(struct slice text);
/* One to sixteen hexadecimal digits and nothing else, no chunk extension. */
bool head_chunk_size(struct slice line, uint64_t *size);

#endif
