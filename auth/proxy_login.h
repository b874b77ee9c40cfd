/* What a trusted proxy says of the user of a request, in two header fields
 * (--auth-header, --groups-header). Whether the proxy is trusted is the caller's to
 * know. */
#ifndef AUTH_PROXY_LOGIN_H
#define AUTH_PROXY_LOGIN_H

#include "auth/identity.h"
#include "base/error.h"

/* Is it the name of a field that may be used: a token of RFC 9110 that is none of those
 * that HTTP itself or this server needs? RC_MALFORMED: `err`. */
MUST_USE enum rc proxy_login_check_name(const char *name, struct error *err);

/* An identity with the id IDENTITY_PROXY. `user`: 1 to STORE_USER_MAX bytes of UTF-8
 * without commas and characters that a log would have to escape. `groups`: grants
 * (auth/grant.h) between commas or bars, spaces around them; what is no grant is no
 * right. RC_MALFORMED: `err` has which of both is wrong. */
MUST_USE enum rc proxy_login_read(struct slice user, struct slice groups, struct identity **out,
				  struct error *err);

#endif
