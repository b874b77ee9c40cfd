/* The keys that may sign JSON Web Tokens, each with the one algorithm it is for. */
#ifndef AUTH_JWT_KEYS_H
#define AUTH_JWT_KEYS_H

#include "auth/jose.h"
#include "base/slice.h"

#include <stddef.h>

struct jwt_key {
	cjose_jwk_t *jwk;
	const char *alg; /* static */
	char *kid;       /* NULL: it has none */
	char *text;      /* the public key as JSON, always the same for the same key */
};

struct jwt_keys {
	struct jwt_key *all;
	size_t count;
};

/* Reads a JWK Set. RC_MALFORMED: `err`. Clear it in any case. */
MUST_USE enum rc jwt_keys_read(struct slice text, struct jwt_keys *out, struct error *err);
void jwt_keys_clear(struct jwt_keys *keys);

/* The key that a token's header names; if it names none (`kid` is NULL), the only one.
 * NULL: none. */
const struct jwt_key *jwt_keys_find(const struct jwt_keys *keys, const char *kid);

#endif
