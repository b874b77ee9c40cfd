/* Tells a client who its token says that it is. */
#ifndef WORKER_WHOAMI_H
#define WORKER_WHOAMI_H

#include "base/buf.h"
#include "store/store.h"
#include "transit/transit.h"

struct exchange;

/* GET /whoami (doc/protocol.md). */
void whoami_serve(struct exchange *exchange);

/* Appends the members `groups`, and `expires` unless that is 0. */
void whoami_put_rights(struct buf *out, enum encoding encoding, const struct store_grant *grants,
		       size_t count, int64_t expires);

#endif
