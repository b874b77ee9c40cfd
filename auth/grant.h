/* Grants as people write them: GROUP, GROUP:ro, GROUP:rw. */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

/* Only a final `:ro` or `:rw` is the mode, since groups may have colons; without one it
 * is rw. The group is `*` or as protocol.md has it (1 to 511 bytes of UTF-8 without
 * control characters). It points into the text. RC_MALFORMED with the reason. */
MUST_USE enum rc grant_parse(struct slice text, struct store_grant *out, struct error *err);
/* Appends the text, always with its mode. */
void grant_format(const struct store_grant *grant, struct buf *out);

#endif
