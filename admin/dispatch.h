/* The way of a request into the process of the admin page:
 *
 *   begin ─▶ peer, host ─▶ route ─▶ origin, field ─▶ token ─▶ handler
 *
 * The page and what is beside it need no token, as they have no secrets. A request of
 * the API needs one, and
 * - a Host that is a name of this server (worker/http/host.h): no page of another site
 *   reaches it under that site's name (DNS rebinding);
 * - no Origin but that host, and no Sec-Fetch-Site but same-origin: no other page;
 * - the field X-Pocketbook-Admin, which makes a browser ask first (a preflight, which
 *   is refused) before it sends the request of another page.
 *
 * How to add a request: a handler in a file of its own, a row in route.c, its schema in
 * doc/admin.schema.json and its line in t/1000-admin.sh. */
#ifndef ADMIN_DISPATCH_H
#define ADMIN_DISPATCH_H

#include "admin/state.h"
#include "ipc/actor.h"

struct admin_route;
struct identity;

struct exchange {
	struct request request; /* first: on_request_end has only this */
	struct admin *admin;
	const struct admin_route *route;
	struct identity *identity; /* referenced; NULL: by the Unix socket, or open */
	void *own;                 /* the handler's, freed with it */
};

void dispatch_admin_options(struct request_options *out, const struct admin *admin);
/* on_conn_request and on_conn_refused; `arg` is the struct admin. */
void dispatch_admin_request(void *arg, struct conn *conn, const struct incoming *incoming);
void dispatch_admin_refused(void *arg, const struct conn_refusal *refusal, struct buf *response);

/* The administrator, for the writer; points into the exchange. */
struct actor exchange_actor(const struct exchange *exchange);

#endif
