/* A request that has arrived whole and is framed in the plainest way: read here, evhttp
 * does not see it. What is not plain is left to evhttp.
 *
 * The bytes must have passed framing.h, which has checked every line of the head. */
#ifndef WORKER_HTTP_PLAIN_H
#define WORKER_HTTP_PLAIN_H

#include "base/slice.h"

#include <event2/http.h>

/* More fields than browsers and proxies send. */
#define PLAIN_FIELDS_MAX 48

struct plain_field {
	const char *name, *value; /* terminated */
};

struct plain {
	enum evhttp_cmd_type method;
	struct slice path, query; /* not decoded; the query may be empty */
	struct slice body;
	unsigned count;
	struct plain_field fields[PLAIN_FIELDS_MAX];
	char text[]; /* what all of these point into */
};

/* Reads the bytes of one whole request; the caller frees what it returns. NULL: it is
 * not plain. Plain is HTTP/1.1 with a path as its target (RFC 9112, 3.2.1), a body only
 * with Content-Length, and a connection that stays open. */
struct plain *plain_read(struct slice bytes);

#endif
