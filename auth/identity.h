/* Who is asking, and what may they do: a token of the database as a value that many can
 * hold. */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include "base/slice.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum auth_access { AUTH_READ, AUTH_WRITE };

/* To be read only. Everything in it lives as long as the identity. */
struct identity {
	unsigned refs;
	char id[STORE_TOKEN_ID_LEN + 1]; /* of the token; empty: anyone */
	uint64_t key; /* hash_of(id): what a ring entry about the token carries */
	unsigned char hash[STORE_TOKEN_HASH_LEN];
	struct slice user;
	int64_t expires; /* seconds since 1970; 0: never */
	size_t grant_count;
	struct store_grant grants[];
};

/* A copy of what the store gave, with one holder. */
struct identity *identity_new(const struct store_token *token);
/* For a server without authentication: may do all, never expires. One holder. */
struct identity *identity_anyone(void);
struct identity *identity_ref(struct identity *identity);
/* The last holder's release frees it. NULL is fine. */
void identity_unref(struct identity *identity);

/* A grant covers its group and all nested in it, `*` covers all (protocol.md, Tokens).
 * Two questions, because a document's id may be spelled like a group: with a grant for
 * `a:b`, the group `a:b` is covered, the document `a:b` (of the group `a`) is not. */
bool identity_may_group(const struct identity *identity, struct slice group,
			enum auth_access access);
bool identity_may_doc(const struct identity *identity, struct slice id, enum auth_access access);

/* Has it not expired at `now` (clock_wall)? */
bool identity_is_current(const struct identity *identity, int64_t now);

#endif
