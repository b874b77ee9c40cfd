/* Signed tokens of an identity provider: JSON Web Tokens (RFC 7519) in the compact form
 * of RFC 7515. cli/jwt_file.c makes a verifier of them for workers, which call it
 * through auth/auth.h. Only builds --with-jwt have one. */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include "auth/auth.h"
#include "base/error.h"

#define JWT_TEXT_MAX 8192
#define JWT_KEYS_MAX 64
#define JWT_LEEWAY 60 /* seconds by which clocks may differ */

/* What a token must be for. */
struct jwt_policy {
	const char *issuer;   /* its claim `iss`; NULL: any holder of one of the keys */
	const char *audience; /* in its claim `aud`; NULL: for whomever it was made */
	const char *groups;   /* the claim that has grants (auth/grant.h) */
};

/* `keys` is a JWK Set (RFC 7517) of public keys; what is no key for signatures is
 * passed over. Copies all. RC_MALFORMED: `err` has the place and the
 * reason; RC_UNAVAILABLE: a library is missing. */
MUST_USE enum rc jwt_new(struct slice keys, const struct jwt_policy *policy,
			 struct auth_verifier **out, struct error *err);
/* NULL is a no-op. */
void jwt_free(struct auth_verifier *verifier);

#endif
