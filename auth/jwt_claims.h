/* The claims of a JSON Web Token whose signature is good. */
#ifndef AUTH_JWT_CLAIMS_H
#define AUTH_JWT_CLAIMS_H

#include "auth/jose.h"
#include "auth/jwt.h"
#include "store/store.h"

/* Fills the user, the expiry and the grants (up to STORE_GRANTS_MAX in token->grants)
 * of a token that is good at `now`; they point into the claims. Otherwise RC_DENIED
 * with a reason for the log. */
MUST_USE enum rc jwt_claims_read(const json_t *claims, const struct jwt_policy *policy, int64_t now,
				 struct store_token *token, const char **reason);

#endif
