/* Which path is served by whom. */
#ifndef WORKER_ROUTE_H
#define WORKER_ROUTE_H

#include "shm/scoreboard.h"
#include "worker/http/request.h"

typedef void on_request_routed(struct request *request);

enum route_access { ROUTE_OPEN, ROUTE_TOKEN, ROUTE_TOKEN_OR_QUERY };

struct route {
	const char *path; /* NULL: every other one */
	enum route_access access;
	bool cors; /* pages of the configured origins may call it */
	const char *allow;
	on_request_routed *get, *post; /* HEAD is GET without a body where `head` */
	bool head;
	enum scoreboard_route get_as, post_as; /* how they are counted */
};

/* `metrics`: on the address that is for them, where there is nothing else. */
const struct route *route_find(const char *path, bool metrics);
/* The handler of a method, NULL where the route does not have it. */
on_request_routed *route_handler(const struct route *route, enum evhttp_cmd_type method);
/* How a request is counted. */
enum scoreboard_route route_counted(const struct route *route, enum evhttp_cmd_type method);

#endif
