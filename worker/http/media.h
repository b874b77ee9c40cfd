/* Media types: what a body is in, and what an answer is asked for in (protocol.md,
 * Encodings; RFC 9110, 8.3 and 12.5.1). */
#ifndef WORKER_HTTP_MEDIA_H
#define WORKER_HTTP_MEDIA_H

#include "base/rc.h"
#include "transit/transit.h"

/* The Content-Type of the encoding. */
const char *media_type(enum encoding encoding);
/* Of a Content-Type field, parameters aside; NULL or anything but the two:
 * RC_MALFORMED. */
MUST_USE enum rc media_of_content(const char *content_type, enum encoding *out);
/* Of an Accept field: the encoding that weighs more; of two alike the one that is
 * named, of two named the first; else `fallback`, so too without a field, or where
 * neither is asked for. */
enum encoding media_of_accept(const char *accept, enum encoding fallback);

#endif
