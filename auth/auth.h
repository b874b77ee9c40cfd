/* The authenticator of one worker: from the text of a token to an identity, with a
 * short memory.
 *
 * Answers come the way the store's do: once, maybe before the call returns, maybe
 * later. The identity that a callback is given is good until it returns; hold it to
 * keep it. An answer cannot be called off, so `arg` must stay until it has come. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/identity.h"
#include "base/cidr.h"
#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#include <stdint.h>

struct auth;

/* RC_OK: who it is. RC_DENIED: unknown, malformed, wrong, expired or revoked (nobody is
 * told which). RC_BUSY: too many such came from that address, so this one was not
 * looked at. RC_UNAVAILABLE: the store did not answer. The identity is NULL unless
 * RC_OK. */
typedef void on_identity(void *arg, enum rc rc, struct identity *identity);

/* The store is the caller's and must outlive it. `throttle`: how many denials an
 * address may have in GUESSES_WINDOW_MS (auth/throttle.h); 0: as many as it likes. */
struct auth *auth_new(struct store *store, unsigned throttle);
/* No answer may be outstanding. NULL is fine. */
void auth_free(struct auth *auth);

/* Who presents this token, from that address? What the store said of a good token is
 * remembered for AUTH_CACHE_MS; nothing is remembered of bad ones but how many an
 * address had, in a table of fixed size. A token that was good when this worker saw it
 * last is looked at whatever its address has done, so that whoever guesses does not
 * shut out those who share the address with him. */
void auth_identify(struct auth *auth, struct slice token_text, const struct address *from,
		   on_identity *answer, void *arg);
/* After RC_BUSY: in how many seconds tokens from there are looked at again, 1 or
 * more. */
unsigned auth_wait(const struct auth *auth, const struct address *from);

/* Asks the store, not the memory, what has become of the identity: RC_OK with how it is
 * now, RC_DENIED when it was revoked or has expired. For streams that stay open. */
void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer,
		  void *arg);

/* Forgets one token by its key (identity.h), or all: call when the ring says that a
 * token changed, or that entries were lost. */
void auth_forget(struct auth *auth, uint64_t key);
void auth_forget_all(struct auth *auth);

#define AUTH_CACHE_MS 60000
#define AUTH_CACHE_SETS 1024
#define AUTH_CACHE_WAYS 4

#endif
