/* Requests from pages of other origins (Fetch standard, CORS protocol): only configured
 * origins may read responses. */
#ifndef WORKER_HTTP_CORS_H
#define WORKER_HTTP_CORS_H

#include "worker/http/request.h"

struct cors {
	const char *const *origins; /* "*" for any */
	size_t count;
};

/* Stores the origin of the request in it, if that may read the response, and sets the
 * fields that let it. */
void cors_begin(const struct cors *cors, struct request *request);
/* The same fields as lines, for responses that evhttp does not send: `origin` is the
 * value of the field of that name, or empty. */
void cors_put(const struct cors *cors, const char *origin, struct buf *out);
/* Answers a preflight, or any other OPTIONS. */
void cors_preflight(struct request *request);

#endif
