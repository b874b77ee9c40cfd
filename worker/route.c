/* The table of paths. Called by worker/dispatch.
 *
 * How to add a path: write its handler (see dispatch.h), add a row above the one
 * without a path (the first match wins), and, to count it apart, a member of enum
 * scoreboard_route (shm/scoreboard.h) with its label in metrics.c. The protocol of a
 * public path belongs in doc/protocol.md, its test in t/0*.sh. */
#include "worker/route.h"

#include "worker/events.h"
#include "worker/health.h"
#include "worker/history.h"
#include "worker/invite.h"
#include "worker/join.h"
#include "worker/join_body.h"
#include "worker/metrics.h"
#include "worker/static.h"
#include "worker/sync.h"
#include "worker/whoami.h"

#include <assert.h>

static const struct route_body pushed = { .is_typed = true, .is_write = true };
/* Kept before it is known who sends it. */
static const struct route_body joined = { .max = JOIN_BODY_MAX, .is_typed = true };
/* Of which nothing is read. */
static const struct route_body ignored = { .max = 4096 };

static const struct route routes[] = {
	{ "/sync", ROUTE_TOKEN, true, "GET, POST, OPTIONS", sync_pull, sync_push, false, &pushed,
	  SCOREBOARD_PULL, SCOREBOARD_PUSH },
	{ "/events", ROUTE_TOKEN_OR_QUERY, true, "GET, OPTIONS", events_open, NULL, false, NULL,
	  SCOREBOARD_STREAM, SCOREBOARD_OTHER },
	{ "/history", ROUTE_TOKEN, true, "GET, OPTIONS", history_serve, NULL, false, NULL,
	  SCOREBOARD_OTHER, SCOREBOARD_OTHER },
	{ "/whoami", ROUTE_TOKEN, true, "GET, OPTIONS", whoami_serve, NULL, false, NULL,
	  SCOREBOARD_WHOAMI, SCOREBOARD_OTHER },
	{ "/join", ROUTE_OPEN, true, "POST, OPTIONS", NULL, join_serve, false, &joined,
	  SCOREBOARD_OTHER, SCOREBOARD_JOIN },
	{ "/invite", ROUTE_TOKEN, true, "POST, OPTIONS", NULL, invite_serve, false, &ignored,
	  SCOREBOARD_OTHER, SCOREBOARD_JOIN },
	{ "/healthz", ROUTE_OPEN, false, "GET, HEAD", health_live, NULL, true, NULL,
	  SCOREBOARD_HEALTH, SCOREBOARD_OTHER },
	{ "/readyz", ROUTE_OPEN, false, "GET, HEAD", health_ready, NULL, true, NULL,
	  SCOREBOARD_HEALTH, SCOREBOARD_OTHER },
	{ NULL, ROUTE_OPEN, true, "GET, HEAD, OPTIONS", static_serve, NULL, true, NULL,
	  SCOREBOARD_PAGE, SCOREBOARD_OTHER },
};

static const struct route metrics_routes[] = {
	{ "/metrics", ROUTE_OPEN, false, "GET, HEAD", metrics_serve, NULL, true, NULL,
	  SCOREBOARD_METRICS, SCOREBOARD_OTHER },
	{ NULL, ROUTE_OPEN, false, "GET, HEAD", metrics_not_found, NULL, true, NULL,
	  SCOREBOARD_OTHER, SCOREBOARD_OTHER },
};

const struct route *route_find(const char *path, bool metrics)
{
	const struct route *route = metrics ? metrics_routes : routes;

	assert(path);
	while (route->path && strcmp(route->path, path) != 0)
		route++;
	return route;
}

on_exchange *route_handler(const struct route *route, enum evhttp_cmd_type method)
{
	if (method == EVHTTP_REQ_GET || (method == EVHTTP_REQ_HEAD && route->head))
		return route->get;
	return method == EVHTTP_REQ_POST ? route->post : NULL;
}

enum scoreboard_route route_counted(const struct route *route, enum evhttp_cmd_type method)
{
	if (route == NULL || route_handler(route, method) == NULL)
		return SCOREBOARD_OTHER;
	return method == EVHTTP_REQ_POST ? route->post_as : route->get_as;
}
