/* The table of paths of the admin page's process. */
#ifndef ADMIN_ROUTE_H
#define ADMIN_ROUTE_H

#include "admin/dispatch.h"

typedef void on_admin_exchange(struct exchange *exchange);

struct admin_route {
	const char *path;  /* NULL: any other; the last */
	bool open;         /* needs no token */
	const char *allow; /* its methods */
	on_admin_exchange *get;
	on_admin_exchange *post; /* NULL: none */
};

const struct admin_route *admin_route_find(const char *path);
/* NULL: the route does not have the method. */
on_admin_exchange *admin_route_handler(const struct admin_route *route,
				       enum evhttp_cmd_type method);

#endif
