/* Quotas as text, such as
 * "bytes=1G,documents=100000,groups=1000,streams=100,pushes=600", and the one that
 * applies to a token. For commands and workers; the store enforces those of stored
 * data. */
#ifndef AUTH_QUOTA_H
#define AUTH_QUOTA_H

#include "base/buf.h"
#include "base/error.h"
#include "base/rc.h"
#include "store/token.h"

/* "bytes", "documents", "groups", "streams", "pushes" */
const char *quota_name(enum store_quota_kind kind);
/* Reads NAME=VALUE[,...] into the limits that it names; the others stay as they are.
 * VALUE is a number from 1 on (of bytes also with K, M or G), or `off`; with
 * `has_default` also `default`. RC_MALFORMED: `err`. */
MUST_USE enum rc quota_parse(struct slice text, bool has_default, struct store_quota *out,
			     struct error *err);
/* Appends the limits that are set, in the form that quota_parse reads; nothing if none
 * is. */
void quota_format(const struct store_quota *quota, struct buf *out);
/* The limit that applies to a token on a server; STORE_QUOTA_OFF: none. */
int64_t quota_limit(const struct store_quota *token, const struct store_quota *server,
		    enum store_quota_kind kind);
/* Is it counted what the user of the token stores? It is while a limit of stored data
 * applies; later, as far as is known, if anything was counted. */
bool quota_counts(const struct store_token *token, const struct store_quota *server);

#endif
