/* The paths of the server and their handlers. */
#ifndef WORKER_ROUTE_H
#define WORKER_ROUTE_H

#include "shm/scoreboard.h"
#include "worker/dispatch.h"

typedef void on_exchange(struct exchange *exchange);

enum route_access { ROUTE_OPEN, ROUTE_TOKEN, ROUTE_TOKEN_OR_QUERY };

/* What a POST may bring. */
struct route_body {
	size_t max;    /* bytes; 0: as many as --max-body says */
	bool is_typed; /* it must be of one of the types of media.h */
	bool is_write; /* a token that may not write is refused whatever is in it */
};

struct route {
	const char *path; /* NULL: every other one */
	enum route_access access;
	bool cors; /* pages of the configured origins may call it */
	const char *allow;
	on_exchange *get, *post; /* HEAD is GET without a body if `head` */
	bool head;
	const struct route_body *body;         /* NULL: there is no POST */
	enum scoreboard_route get_as, post_as; /* how they are counted */
};

/* `metrics`: on the address for /metrics, which has no other path. */
const struct route *route_find(const char *path, bool metrics);
/* The handler of a method, or NULL. */
on_exchange *route_handler(const struct route *route, enum evhttp_cmd_type method);
/* How a request is counted. */
enum scoreboard_route route_counted(const struct route *route, enum evhttp_cmd_type method);

#endif
