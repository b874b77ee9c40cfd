/* Media types: the encoding of a body, and the one that a client prefers for the
 * response (protocol.md, Encodings; RFC 9110, 8.3 and 12.5.1). */
#ifndef WORKER_HTTP_MEDIA_H
#define WORKER_HTTP_MEDIA_H

#include "base/rc.h"
#include "transit/transit.h"

/* The Content-Type of the encoding. */
const char *media_type(enum encoding encoding);
/* The encoding of a Content-Type field (may be NULL), parameters but the charset aside.
 * RC_MALFORMED: it is neither of the two, or not in UTF-8. */
MUST_USE enum rc media_of_content(const char *content_type, enum encoding *out);
/* Is a body with this Content-Encoding field (may be NULL) compressed? A small one
 * could be of any size when decompressed, so it is refused. */
bool media_is_coded(const char *content_encoding);
/* Does an Accept-Encoding field (may be NULL) take gzip, and not prefer a body as it is
 * (RFC 9110, 12.5.3)? */
bool media_takes_gzip(const char *accept_encoding);
#define MEDIA_CODED "Content-Encoding: a body must come as it is, not compressed"
#define MEDIA_UNKNOWN "Content-Type: must be application/json or application/transit+json, in UTF-8"
/* The encoding that an Accept field (may be NULL) prefers: the higher weight; of equal
 * weights the one that is named, of two named the first; else `fallback`. */
enum encoding media_of_accept(const char *accept, enum encoding fallback);

#endif
