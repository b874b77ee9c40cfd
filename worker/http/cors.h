/* Calls from pages of other origins (Fetch standard, CORS protocol): only the
 * configured ones are let in. */
#ifndef WORKER_HTTP_CORS_H
#define WORKER_HTTP_CORS_H

#include "worker/http/request.h"

/* Notes the origin of the request where it is one of those that may call, and sets the
 * fields that let the page read the answer. */
void cors_begin(struct request *request);
/* The same fields as lines, for answers that go out beside evhttp: `origin` is what
 * came in the field of that name, or empty. */
void cors_put(const struct worker_settings *settings, const char *origin, struct buf *out);
/* Answers a preflight, or any other OPTIONS. */
void cors_preflight(struct request *request);

#endif
