/* The head of one HTTP/1.x request, checked strictly (RFC 9112, RFC 9110): what decides how the request is framed. */
#ifndef WORKER_HEAD_H
#define WORKER_HEAD_H

#include "base/slice.h"

#include <stdint.h>

struct head {
	bool chunked;
	uint64_t length; /* Content-Length; 0 where there is none */
	bool is_head;    /* the method is HEAD: an answer has no body, not even a refusal */
	int status;      /* where refused: 400 or 405 */
	const char *detail;
};

/* `text` is a head with its closing empty line. False: `status` and `detail` (a static sentence) say why it is refused. */
bool head_parse(struct slice text, struct head *out);
/* Could a head begin with these bytes? So that something that is no HTTP at all is refused at its first bytes. */
bool head_may_begin(struct slice text);
/* One to sixteen hexadecimal digits and nothing else, no chunk extension. */
bool head_chunk_size(struct slice line, uint64_t *size);

#endif
