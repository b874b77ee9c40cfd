/* Authentication in a worker: lookups in the store and its cache, throttling. Requests
 * (worker/http) and open streams (worker/live) call it. See also auth/token.c,
 * auth/identity.c. */
#include "auth/auth.h"

#include "auth/signed_memo.h"
#include "auth/throttle.h"
#include "auth/token.h"
#include "auth/token_cache.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct auth {
	struct store *store;
	struct throttle *throttle;
	auth_generation *generation;
	const void *generation_arg;
	struct token_cache *cache;
	on_token_used *on_used; /* NULL: not watched */
	void *used_arg;
	struct lookup *lookups; /* that the store has not answered */
	bool accepts_proxied;
	const struct auth_verifier *verifier; /* NULL: no signed tokens */
	struct signed_memo *signed_memo;      /* NULL iff that is */
};

/* The store keeps a pointer to the lookup and will answer it. If auth is freed first,
 * the lookup remains as an orphan without a caller, for that answer to free. */
struct lookup {
	struct auth *auth; /* NULL: orphaned */
	struct lookup *next, **link;
	uint64_t generation; /* at the start */
	struct token_parts parts;
	struct address from;
	bool is_throttled; /* a denial counts against `from` */
	on_identity *answer;
	void *arg;
};

struct auth *auth_new(struct store *store, unsigned max_failures, auth_generation *generation,
		      const void *arg)
{
	struct auth *auth;

	assert(store != NULL && generation != NULL);
	/* Without it libsodium uses its slowest implementation of each function. */
	if (sodium_init() < 0)
		return NULL;
	auth = mem_alloc(sizeof(*auth));
	auth->cache = token_cache_new();
	auth->throttle = throttle_new(max_failures);
	auth->store = store;
	auth->generation = generation;
	auth->generation_arg = arg;
	return auth;
}

void auth_accept_proxied(struct auth *auth)
{
	auth->accepts_proxied = true;
}

void auth_accept_signed(struct auth *auth, const struct auth_verifier *verifier)
{
	assert(auth->verifier == NULL && verifier != NULL);
	auth->verifier = verifier;
	auth->signed_memo = signed_memo_new();
}

static void lookup_link(struct lookup *lookup, struct auth *auth)
{
	lookup->auth = auth;
	lookup->next = auth->lookups;
	lookup->link = &auth->lookups;
	if (lookup->next)
		lookup->next->link = &lookup->next;
	auth->lookups = lookup;
}

static void lookup_unlink(struct lookup *lookup)
{
	*lookup->link = lookup->next;
	if (lookup->next)
		lookup->next->link = lookup->link;
}

void auth_free(struct auth *auth)
{
	struct lookup *lookup;

	if (auth == NULL)
		return;
	while ((lookup = auth->lookups) != NULL) {
		lookup_unlink(lookup);
		lookup->auth = NULL;
		lookup->answer(lookup->arg, RC_UNAVAILABLE, NULL);
	}
	token_cache_free(auth->cache);
	throttle_free(auth->throttle);
	signed_memo_free(auth->signed_memo);
	free(auth);
}

static uint64_t auth_now(const struct auth *auth)
{
	return auth->generation(auth->generation_arg);
}

static bool is_fresh(const struct auth *auth, const struct cached_token *known)
{
	return cached_token_is_fresh(known, auth_now(auth));
}

/* The fresh entry of a token whose text, byte for byte, was found good before: spares
 * decoding and two hashes. */
static const struct cached_token *find_by_text(const struct auth *auth, struct slice text)
{
	const struct cached_token *known = token_cache_find_text(auth->cache, text);

	return known && is_fresh(auth, known) && identity_is_current(known->identity, clock_wall())
		       ? known
		       : NULL;
}

static bool is_good(const struct identity *identity, const unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	return token_hash_equal(identity->hash, hash) &&
	       identity_is_current(identity, clock_wall());
}

void auth_count_failure(struct auth *auth, const struct address *from)
{
	char text[ADDRESS_TEXT_MAX];

	if (throttle_failure(auth->throttle, from, clock_ms())) {
		address_format(from, text);
		log_warn("auth_throttled", LOG_TEXT("client", text));
	}
}

bool auth_is_throttled(const struct auth *auth, const struct address *from)
{
	return throttle_wait(auth->throttle, from, clock_ms()) > 0;
}

static void auth_deny(struct auth *auth, const struct address *from, on_identity *answer, void *arg)
{
	auth_count_failure(auth, from);
	answer(arg, RC_DENIED, NULL);
}

static void lookup_deny(struct lookup *lookup)
{
	if (lookup->is_throttled)
		auth_deny(lookup->auth, &lookup->from, lookup->answer, lookup->arg);
	else
		lookup->answer(lookup->arg, RC_DENIED, NULL);
}

/* Cached tokens are looked up again after TOKEN_CACHE_MS, so that nothing need be
 * noticed in between. */
static void notice_use(const struct auth *auth, const struct store_token *token)
{
	if (auth->on_used && token->used <= clock_wall() - STORE_USED_SECONDS)
		auth->on_used(auth->used_arg, token->id);
}

void auth_watch_use(struct auth *auth, on_token_used *on_used, void *arg)
{
	auth->on_used = on_used;
	auth->used_arg = arg;
}

static void lookup_found(struct lookup *lookup, const struct store_token *token)
{
	struct identity *identity = identity_new(token);

	if (!is_good(identity, lookup->parts.hash)) {
		lookup_deny(lookup);
	} else {
		token_cache_put(lookup->auth->cache, identity, lookup->generation);
		notice_use(lookup->auth, token);
		lookup->answer(lookup->arg, RC_OK, identity);
	}
	identity_unref(identity);
}

static void on_token(void *arg, enum rc rc, const struct store_token *token)
{
	struct lookup *lookup = arg;

	if (lookup->auth == NULL) {
		free(lookup);
		return;
	}
	lookup_unlink(lookup);
	if (rc == RC_NOT_FOUND)
		token_cache_forget(lookup->auth->cache, lookup->parts.id);
	if (rc == RC_OK)
		lookup_found(lookup, token);
	else if (rc == RC_NOT_FOUND)
		lookup_deny(lookup);
	else
		lookup->answer(lookup->arg, RC_UNAVAILABLE, NULL);
	free(lookup);
}

/* A denial counts against the address `from`, unless it is NULL. */
static void lookup_start(struct auth *auth, const struct token_parts *parts,
			 const struct address *from, on_identity *answer, void *arg)
{
	struct lookup *lookup = mem_alloc(sizeof(*lookup));

	*lookup = (struct lookup){
		.generation = auth_now(auth), .parts = *parts, .answer = answer, .arg = arg
	};
	lookup->is_throttled = from != NULL;
	if (from)
		lookup->from = *from;
	lookup_link(lookup, auth);
	store_token_find(auth->store, slice_of(lookup->parts.id), on_token, lookup);
}

static void answer_cached(const struct cached_token *known, on_identity *answer, void *arg)
{
	struct identity *identity = identity_ref(known->identity);

	answer(arg, RC_OK, identity);
	identity_unref(identity);
}

/* Of a token that no memo is of. */
static void auth_examine(struct auth *auth, struct slice token_text, const struct address *from,
			 on_identity *answer, void *arg)
{
	bool well_formed, busy = throttle_wait(auth->throttle, from, clock_ms()) > 0;
	struct token_parts parts;
	struct cached_token *known;

	well_formed = token_parse(token_text, &parts) == RC_OK;
	known = well_formed ? token_cache_find(auth->cache, parts.id) : NULL;
	if (known && is_good(known->identity, parts.hash)) {
		token_cache_remember_text(auth->cache, known, token_text);
		if (is_fresh(auth, known))
			answer_cached(known, answer, arg);
		else
			lookup_start(auth, &parts, from, answer, arg);
	} else if (busy) {
		answer(arg, RC_BUSY, NULL);
	} else if (!well_formed || (known && is_fresh(auth, known))) {
		auth_deny(auth, from, answer, arg);
	} else {
		lookup_start(auth, &parts, from, answer, arg);
	}
}

/* ---- Signed tokens ---- */

/* Tokens of the database have no dots. */
static bool is_signed(struct slice text)
{
	return text.len && memchr(text.data, '.', text.len) != NULL;
}

static void auth_verify(struct auth *auth, struct slice text, const struct address *from,
			on_identity *answer, void *arg)
{
	const int64_t now = clock_wall();
	struct identity *identity = signed_memo_find(auth->signed_memo, text, now);

	if (identity == NULL && auth_is_throttled(auth, from)) {
		answer(arg, RC_BUSY, NULL);
		return;
	}
	if (identity == NULL &&
	    auth->verifier->verify(auth->verifier, text, now, &identity) == RC_OK)
		signed_memo_put(auth->signed_memo, text, identity);
	if (identity)
		answer(arg, RC_OK, identity);
	else
		auth_deny(auth, from, answer, arg);
	identity_unref(identity);
}

/* It cannot be revoked. But a predecessor of this process may have accepted it, with
 * other settings. */
static void auth_recheck_foreign(const struct auth *auth, struct identity *identity,
				 on_identity *answer, void *arg)
{
	const struct auth_verifier *verifier = auth->verifier;
	bool is_known = auth->accepts_proxied;

	if (strcmp(identity->id, IDENTITY_JWT) == 0)
		is_known = verifier && verifier->knows(verifier, identity) &&
			   identity_is_current(identity, clock_wall());
	/* The callee may give its own reference back first. */
	identity_ref(identity);
	answer(arg, is_known ? RC_OK : RC_DENIED, is_known ? identity : NULL);
	identity_unref(identity);
}

/* ---- The interface ---- */

void auth_identify(struct auth *auth, struct slice token_text, const struct address *from,
		   on_identity *answer, void *arg)
{
	const struct cached_token *known = find_by_text(auth, token_text);

	assert(from != NULL && answer != NULL);
	if (known)
		answer_cached(known, answer, arg);
	else if (auth->verifier && is_signed(token_text))
		auth_verify(auth, token_text, from, answer, arg);
	else
		auth_examine(auth, token_text, from, answer, arg);
}

unsigned auth_wait(const struct auth *auth, const struct address *from)
{
	uint64_t wait = throttle_wait(auth->throttle, from, clock_ms());

	return wait ? (unsigned)((wait + 999) / 1000) : 1;
}

/* The cached identity if it is the same token's and of this generation: all its streams
 * are answered by the first one's lookup. */
static struct identity *recheck_cached(struct auth *auth, const struct identity *identity)
{
	const struct cached_token *known = token_cache_find(auth->cache, identity->id);

	return known && is_fresh(auth, known) && is_good(known->identity, identity->hash)
		       ? identity_ref(known->identity)
		       : NULL;
}

void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer,
		  void *arg)
{
	struct token_parts parts;
	struct identity *known;

	assert(answer != NULL);
	if (identity_is_foreign(identity)) {
		auth_recheck_foreign(auth, (struct identity *)identity, answer, arg);
		return;
	}
	known = identity->id[0] ? recheck_cached(auth, identity) : identity_anyone();
	if (known) {
		answer(arg, RC_OK, known);
		identity_unref(known);
		return;
	}
	memcpy(parts.id, identity->id, sizeof(parts.id));
	memcpy(parts.hash, identity->hash, sizeof(parts.hash));
	lookup_start(auth, &parts, NULL, answer, arg);
}
