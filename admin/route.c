/* The table of paths. Called by admin/dispatch; how to add one is told there. */
#include "admin/route.h"

#include "admin/api.h"

static const struct admin_route routes[] = {
	{ "/api/session", false, "GET", api_session, NULL },
	{ "/api/numbers", false, "GET", api_numbers, NULL },
	{ "/api/users", false, "GET", api_users, NULL },
	{ "/api/tokens", false, "GET, POST", api_tokens, api_token_add },
	{ "/api/tokens/rotate", false, "POST", NULL, api_token_rotate },
	{ "/api/tokens/revoke", false, "POST", NULL, api_token_revoke },
	{ "/api/tokens/set", false, "POST", NULL, api_token_set },
	{ "/api/invites", false, "GET, POST", api_invites, api_invite_add },
	{ "/api/invites/end", false, "POST", NULL, api_invite_end },
	{ "/api/streams", false, "GET", api_streams, NULL },
	{ "/api/streams/end", false, "POST", NULL, api_stream_end },
	{ "/api/groups", false, "GET", api_groups, NULL },
	{ "/api/documents", false, "GET", api_documents, NULL },
	{ "/api/document", false, "GET, POST", api_document, api_document_put },
	{ "/api/versions", false, "GET", api_versions, NULL },
	{ "/api/audit", false, "GET", api_audit, NULL },
	{ "/api/backup", false, "POST", NULL, api_backup_ticket },
	{ "/api/backup/file", true, "GET", api_backup_file, NULL },
	{ NULL, true, "GET, HEAD", page_serve, NULL },
};

const struct admin_route *admin_route_find(const char *path)
{
	const struct admin_route *route = routes;

	while (route->path && strcmp(route->path, path) != 0)
		route++;
	return route;
}

on_admin_exchange *admin_route_handler(const struct admin_route *route, enum evhttp_cmd_type method)
{
	if (method == EVHTTP_REQ_GET || (method == EVHTTP_REQ_HEAD && route->path == NULL))
		return route->get;
	return method == EVHTTP_REQ_POST ? route->post : NULL;
}
