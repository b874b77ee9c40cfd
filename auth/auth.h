/* The authenticator of one worker: from the text of a token to an identity, with a short memory.
 *
 * Answers come the way the store's do: once, maybe before the call returns, maybe later. The identity that a callback is given is
 * good until it returns; hold it to keep it. An answer cannot be called off, so `arg` must stay until it has come. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/identity.h"
#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#include <stdint.h>

struct auth;

/* RC_OK: who it is. RC_DENIED: unknown, malformed, wrong, expired or revoked (nobody is told which). RC_UNAVAILABLE: the store did
 * not answer. The identity is NULL unless RC_OK. */
typedef void on_identity(void *arg, enum rc rc, struct identity *identity);

/* The store is the caller's and must outlive it. */
struct auth *auth_new(struct store *store);
/* No answer may be outstanding. NULL is fine. */
void auth_free(struct auth *auth);

/* Who presents this token? What the store said of a good token is remembered for AUTH_CACHE_MS; nothing is remembered of bad
 * ones, so that no flood of them grows memory. */
void auth_identify(struct auth *auth, struct slice token_text, on_identity *answer, void *arg);

/* Asks the store, not the memory, what has become of the identity: RC_OK with how it is now, RC_DENIED when it was revoked or has
 * expired. For streams that stay open. */
void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer, void *arg);

/* Forgets one token by its key (identity.h), or all: call when the ring says that a token changed, or that entries were lost. */
void auth_forget(struct auth *auth, uint64_t key);
void auth_forget_all(struct auth *auth);

#define AUTH_CACHE_MS 60000
#define AUTH_CACHE_SETS 1024
#define AUTH_CACHE_WAYS 4

#endif
