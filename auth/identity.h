/* An identity: a token of the database with its user and grants, or what a proxy or an
 * identity provider says of a user, as a reference-counted value. */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include "base/slice.h"
#include "store/token.h"

#include <stdbool.h>
#include <stdint.h>

enum auth_access { AUTH_READ, AUTH_WRITE };

/* In place of the id of a token, for a user whom a proxy has named
 * (auth/proxy_login.h), and for one whom a signed token names (auth/jwt.h). The
 * database does not know them, and they cannot be revoked. */
#define IDENTITY_PROXY "proxy"
#define IDENTITY_JWT "jwt"

/* Read only. Its slices live as long as the identity. */
struct identity {
	unsigned refs;
	char id[STORE_TOKEN_ID_LEN + 1]; /* of the token; empty: anyone; or as above */
	uint64_t key; /* hash_of(id), as in ring entries about the token; else of the user */
	unsigned char hash[STORE_TOKEN_HASH_LEN]; /* of IDENTITY_JWT: names the key */
	struct slice user;
	uint64_t user_key; /* hash_of(user) */
	struct store_quota quota;
	int64_t expires; /* seconds since 1970; 0: never */
	size_t grant_count;
	struct store_grant grants[];
};

/* Copies the token, whose id may be one of these names. The caller holds the one
 * reference. */
struct identity *identity_new(const struct store_token *token);
/* The identity of all clients of a server without authentication: it may read and write
 * everything and never expires. The caller holds the one reference. */
struct identity *identity_anyone(void);
/* Is it unknown to the database, as IDENTITY_PROXY and IDENTITY_JWT are? */
bool identity_is_foreign(const struct identity *identity);
struct identity *identity_ref(struct identity *identity);
/* Frees the identity with its last reference. NULL is a no-op. */
void identity_unref(struct identity *identity);

/* A grant covers its group and the groups nested in it; `*` covers everything
 * (protocol.md, Tokens). There are two functions because an id may be spelled like a
 * group: a grant for `a:b` covers the group `a:b`, but not the document `a:b` of the
 * group `a`. */
bool identity_may_group(const struct identity *identity, struct slice group,
			enum auth_access access);
bool identity_may_doc(const struct identity *identity, struct slice id, enum auth_access access);

/* May it use the admin page (auth/grant.h)? */
bool identity_is_admin(const struct identity *identity);

/* Is the identity not expired at `now` (clock_wall)? */
bool identity_is_current(const struct identity *identity, int64_t now);

#endif
