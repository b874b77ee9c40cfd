/* A request as it came in, read by evhttp or by plain.h. */
#ifndef WORKER_HTTP_INCOMING_H
#define WORKER_HTTP_INCOMING_H

#include "base/buf.h"

#include <event2/http.h>

struct plain;

/* One of the two is set. Calls need the client to be there, but for a plain one. */
struct incoming {
	struct evhttp_request *http; /* evhttp's, or ours once its client has gone */
	struct plain *plain;         /* ours */
};

enum evhttp_cmd_type incoming_method(const struct incoming *incoming);
/* The target's parts, not decoded; "/" and empty if it has none. */
struct slice incoming_path(const struct incoming *incoming);
struct slice incoming_query(const struct incoming *incoming);
/* The host that the target names, or NULL. */
const char *incoming_target_host(const struct incoming *incoming);
/* The value of the first field of this name, or NULL. */
const char *incoming_field(const struct incoming *incoming, const char *name);
/* Appends the values of all fields of this name, joined by commas: several lines are
 * one list (RFC 9110, 5.3). False: there is none. */
bool incoming_join(const struct incoming *incoming, const char *name, struct buf *out);
/* Good until the response. */
struct slice incoming_body(const struct incoming *incoming);

#endif
