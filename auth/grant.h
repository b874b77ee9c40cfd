/* The text form of grants: GROUP, GROUP:ro, GROUP:rw. */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "base/buf.h"
#include "base/error.h"
#include "store/token.h"

/* Groups may contain colons, so only a final `:ro` or `:rw` is the mode; the default is
 * rw. The group is `*` or a group as in protocol.md (1 to 511 bytes of UTF-8 without
 * control characters); it points into the text. RC_MALFORMED with the reason in err. */
MUST_USE enum rc grant_parse(struct slice text, struct store_grant *out, struct error *err);
/* Appends the text form, always with the mode; "admin" for STORE_GRANT_ADMIN. */
void grant_format(const struct store_grant *grant, struct buf *out);

/* Is it STORE_GRANT_ADMIN (`token add --admin`), which grant_parse never returns? */
bool grant_is_admin(const struct store_grant *grant);
/* Is one of these such a grant? */
bool grants_have_admin(const struct store_grant *grants, size_t count);

#endif
