/* The body of POST /join. */
#ifndef WORKER_JOIN_BODY_H
#define WORKER_JOIN_BODY_H

#include "auth/token.h"
#include "base/buf.h"
#include "base/error.h"
#include "transit/transit.h"

/* Bytes that it may have: an invitation, a name and a key, and room for members that
 * are not known here. */
#define JOIN_BODY_MAX 16384

struct join_body {
	struct buf invite; /* the text as it came */
	struct buf user;   /* empty: not given */
	struct token_seed seed;
	bool has_seed;
};

/* Fills *out, which is zeroed; to be cleared in any case. RC_MALFORMED, RC_TOO_LARGE:
 * the reason is in `err`, without any secret. */
MUST_USE enum rc join_body_parse(enum encoding encoding, struct slice body, struct join_body *out,
				 struct error *err);
void join_body_clear(struct join_body *body);

#endif
