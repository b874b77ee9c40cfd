/* The request line of a head that has passed the checks of head.h, for those who judge
 * a request before evhttp has parsed it. */
#ifndef WORKER_HTTP_REQUEST_LINE_H
#define WORKER_HTTP_REQUEST_LINE_H

#include "base/buf.h"

struct request_line {
	char method[8];
	struct buf path; /* decoded and terminated, as request.h has it */
};

/* Reads the first line of the head, and fills *out, which is to be cleared in any case.
 * False: there is none (framing_refused_head). */
bool request_line_read(struct slice head, struct request_line *out);
void request_line_clear(struct request_line *line);

#endif
