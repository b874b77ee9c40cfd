/* The page and the client library beside it: built in, or the page from the folder that
 * --www names. */
#ifndef WORKER_STATIC_H
#define WORKER_STATIC_H

#include <stdbool.h>

struct exchange;

/* GET and HEAD of every path that no other route takes; ETag and If-None-Match (RFC
 * 9110, 8.8.3 and 13.1.2). */
void static_serve(struct exchange *exchange);
/* Does an If-None-Match field hold this quoted tag, by weak comparison? NULL holds
 * none. */
bool static_etag_matches(const char *if_none_match, const char *etag);

#endif
