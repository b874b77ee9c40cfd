/* The authenticator of a worker: maps the text of a token to an identity, with a
 * short-lived cache.
 *
 * Answers arrive like those of the store: exactly once, before the call returns or
 * later. The identity passed to a callback is valid until the callback returns; take a
 * reference to keep it. A lookup cannot be cancelled, so `arg` must remain valid until
 * the answer. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/identity.h"
#include "base/cidr.h"
#include "base/rc.h"
#include "base/slice.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct auth;

/* RC_OK: the identity. RC_DENIED: the token is malformed, unknown, wrong, expired or
 * revoked (clients must not learn which). RC_BUSY: too many failures from that address,
 * the token was not examined. RC_UNAVAILABLE: the store did not answer. The identity is
 * NULL unless RC_OK. */
typedef void on_identity(void *arg, enum rc rc, struct identity *identity);

/* The number of the state that all tokens are in; another one after each change that
 * makes a token worth less, before that change is answered. 0: unknown, as a change is
 * in progress. */
typedef uint64_t auth_generation(const void *arg);

/* The caller owns the store, and `arg` of `generation`. `max_failures`: the number of
 * denials that an address may have within THROTTLE_WINDOW_MS (auth/throttle.h); 0:
 * unlimited. NULL: the system provides no random numbers. */
struct auth *auth_new(struct store *store, unsigned max_failures, auth_generation *generation,
		      const void *arg);
/* Answers outstanding lookups with RC_UNAVAILABLE; those callbacks must not use auth.
 * The store may answer the lookups afterwards, for example in store_cancel. NULL is a
 * no-op. */
void auth_free(struct auth *auth);

/* From now on identities that a proxy has named (auth/proxy_login.h) pass auth_recheck:
 * they cannot be revoked. */
void auth_accept_proxied(struct auth *auth);

/* What verifies signed tokens (auth/jwt.h), which the database does not know. */
struct auth_verifier {
	/* RC_OK: the caller gets a reference to an identity with the id IDENTITY_JWT.
	 * RC_DENIED: the token is not good. */
	enum rc (*verify)(const struct auth_verifier *verifier, struct slice text, int64_t now,
			  struct identity **out);
	/* Would it still accept the key that this one's token is signed with? */
	bool (*knows)(const struct auth_verifier *verifier, const struct identity *identity);
};
/* From now on these are accepted too. The caller owns the verifier. */
void auth_accept_signed(struct auth *auth, const struct auth_verifier *verifier);

/* Identifies the owner of a token presented from an address. The store's answer is
 * cached if the token is valid, for one generation and at most TOKEN_CACHE_MS
 * (auth/token_cache.h), and with it a keyed hash of the text, by which the same text is
 * recognized; of invalid ones only the number per address is kept, in a table of fixed
 * size. A token that was valid when this worker last saw it is examined even if its
 * address is throttled, so that an attacker cannot lock out users behind the same
 * address. */
void auth_identify(struct auth *auth, struct slice token_text, const struct address *from,
		   on_identity *answer, void *arg);
/* For other secrets that a client may guess: is the address throttled now, and count a
 * failure of it. */
bool auth_is_throttled(const struct auth *auth, const struct address *from);
void auth_count_failure(struct auth *auth, const struct address *from);
/* After RC_BUSY: the number of seconds, at least 1, until tokens from this address are
 * examined again. */
unsigned auth_wait(const struct auth *auth, const struct address *from);

/* A token that was looked up and found good was last used before STORE_USED_SECONDS, as
 * far as the store knows. `id` is valid until it returns. */
typedef void on_token_used(void *arg, struct slice id);
void auth_watch_use(struct auth *auth, on_token_used *on_used, void *arg);

/* The current state of an identity, from the cache if that is of the present
 * generation, or else from the store: RC_OK with the new identity, RC_DENIED if it has
 * been revoked or has expired. For streams, which stay open. */
void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer,
		  void *arg);

#endif
