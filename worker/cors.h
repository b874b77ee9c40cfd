/* Calls from pages of other origins (Fetch standard, CORS protocol): only the configured ones are let in. */
#ifndef WORKER_CORS_H
#define WORKER_CORS_H

#include "worker/request.h"

/* Notes the origin of the request where it is one of those that may call, and sets the fields that let the page read the answer. */
void cors_begin(struct request *request);
/* Answers a preflight, or any other OPTIONS. */
void cors_preflight(struct request *request);

#endif
