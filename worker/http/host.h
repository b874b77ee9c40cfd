/* By which names this server is called. Where no token protects it, a page of another
 * site must not reach it under that site's own name: the name's owner could have it
 * point here by then (DNS rebinding), and the browser would take the page's requests
 * for same-origin ones.
 */
#ifndef WORKER_HTTP_HOST_H
#define WORKER_HTTP_HOST_H

#include "base/slice.h"

#include <stddef.h>

/* Is the host of a request (a name or an address, maybe with a port, as in the field
 * Host) this machine's own: localhost and the names below it (RFC 6761, 6.3), a
 * loopback address, or one of the names? An empty one is: no browser sends that. */
bool host_is_own(struct slice host, const char *const *names, size_t count);

#endif
