/* Signed tokens that were found good, so that each is verified once. A table of fixed
 * size; the text is recognized by a keyed hash of 128 bits, as a client that found
 * another text with the same hash would be its user. */
#ifndef AUTH_SIGNED_MEMO_H
#define AUTH_SIGNED_MEMO_H

#include "auth/identity.h"

#define SIGNED_MEMO_SETS 512
#define SIGNED_MEMO_WAYS 4

struct signed_memo;

struct signed_memo *signed_memo_new(void);
/* NULL is a no-op. */
void signed_memo_free(struct signed_memo *memo);
/* A new reference to the identity that this text was found to be, unless it has expired
 * meanwhile; NULL: none. */
struct identity *signed_memo_find(const struct signed_memo *memo, struct slice text, int64_t now);
void signed_memo_put(struct signed_memo *memo, struct slice text, struct identity *identity);

#endif
