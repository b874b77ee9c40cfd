#include "worker/route.h"

#include "worker/events.h"
#include "worker/health.h"
#include "worker/static.h"
#include "worker/sync.h"

static const struct route routes[] = {
	{ "/sync", ROUTE_TOKEN, true, "GET, POST, OPTIONS", sync_pull, sync_push, false },
	{ "/events", ROUTE_TOKEN_OR_QUERY, true, "GET, OPTIONS", events_open, NULL, false },
	{ "/healthz", ROUTE_OPEN, false, "GET, HEAD", health_live, NULL, true },
	{ "/readyz", ROUTE_OPEN, false, "GET, HEAD", health_ready, NULL, true },
	{ NULL, ROUTE_OPEN, true, "GET, HEAD, OPTIONS", static_serve, NULL, true },
};

const struct route *route_find(const char *path)
{
	const struct route *route = routes;

	while (route->path && strcmp(route->path, path) != 0)
		route++;
	return route;
}

on_request_routed *route_handler(const struct route *route, enum evhttp_cmd_type method)
{
	if (method == EVHTTP_REQ_GET || (method == EVHTTP_REQ_HEAD && route->head))
		return route->get;
	return method == EVHTTP_REQ_POST ? route->post : NULL;
}
