/* The administrator on whose behalf the process of the admin page asks: the token that
 * was used to sign in. Stands before each of its requests to the writer, for the audit
 * file. */
#ifndef IPC_ACTOR_H
#define IPC_ACTOR_H

#include "base/buf.h"
#include "base/rc.h"

struct actor {
	struct slice token; /* its id; empty: by the Unix socket, without a token */
	struct slice user;
};

void actor_pack(const struct actor *actor, struct buf *out);
/* Takes it off the beginning of the bytes, into which it points. RC_MALFORMED. */
MUST_USE enum rc actor_unpack(struct slice *bytes, struct actor *out);

#endif
