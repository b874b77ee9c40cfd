/* The names of this server. Without tokens a page of another site must not reach it
 * under that site's own name: the owner of the name could point it here (DNS
 * rebinding), and the browser would take the page's requests for same-origin ones. */
#ifndef WORKER_HTTP_HOST_H
#define WORKER_HTTP_HOST_H

#include "base/slice.h"

#include <stddef.h>

/* Is the host of a request (a name or an address, maybe with a port, as in the field
 * Host) one of localhost and the names below it (RFC 6761, 6.3), the loopback
 * addresses, and `names`? An empty one is accepted: no browser sends that. */
bool host_is_own(struct slice host, const char *const *names, size_t count);

#endif
