/* Static files: the page and the client library, built in, or the page from the folder
 * of --www. */
#ifndef WORKER_STATIC_H
#define WORKER_STATIC_H

#include <stdbool.h>

struct exchange;

/* GET and HEAD of every path that no other route takes; ETag, If-None-Match (RFC 9110,
 * 8.8.3 and 13.1.2), and for files of the folder Range and If-Range (section 14). */
void static_serve(struct exchange *exchange);
/* Does an If-None-Match field (may be NULL) contain this quoted tag, maybe after W/, by
 * weak comparison? */
bool static_etag_matches(const char *if_none_match, const char *etag);
/* Does an If-Range field (may be NULL) let a range of the representation with this tag
 * be sent (RFC 9110, 13.1.5)? It needs strong tags; a date never does, as none is
 * sent. */
bool static_range_applies(const char *if_range, const char *etag);

#endif
