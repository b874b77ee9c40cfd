/* Static files: the page and the client library, built in, or the page from the folder
 * of --www. */
#ifndef WORKER_STATIC_H
#define WORKER_STATIC_H

#include <stdbool.h>

struct exchange;

/* GET and HEAD of every path that no other route takes; ETag and If-None-Match (RFC
 * 9110, 8.8.3 and 13.1.2). */
void static_serve(struct exchange *exchange);
/* Does an If-None-Match field (may be NULL) contain this quoted tag, by weak
 * comparison? */
bool static_etag_matches(const char *if_none_match, const char *etag);

#endif
