/* Authentication in a worker: token cache, lookups in the store, throttling. Requests
 * (worker/http) and open streams (worker/live) call it. See also auth/token.c,
 * auth/identity.c. */
#include "auth/auth.h"

#include "auth/signed_memo.h"
#include "auth/throttle.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* The hash of a token's text. It has a secret key of this process, so that nobody can
 * find another text with the same hash, and it is of no use to another process. */
struct memo {
	unsigned char hash[crypto_shorthash_BYTES];
};

struct entry {
	struct identity *identity; /* NULL: free */
	uint64_t since;            /* clock_ms */
	uint64_t generation;       /* when its lookup began */
	struct memo memo;          /* of the text that was found good, if has_memo */
	bool has_memo;
};

/* The cache is set-associative: the key of an identity selects its set, so that the
 * size is fixed and no order must be maintained. Only tokens known to the store
 * enter. */
struct auth {
	struct store *store;
	struct throttle *throttle;
	auth_generation *generation;
	const void *generation_arg;
	unsigned char memo_key[crypto_shorthash_KEYBYTES];
	on_token_used *on_used; /* NULL: nobody asks */
	void *used_arg;
	struct lookup *lookups; /* that the store has not answered */
	bool accepts_proxied;
	const struct auth_verifier *verifier; /* NULL: no signed tokens */
	struct signed_memo *signed_memo;      /* NULL iff that is */
	struct entry cache[AUTH_CACHE_SETS][AUTH_CACHE_WAYS];
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
	crypto_shorthash_keygen(auth->memo_key);
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

static struct entry *cache_set(struct auth *auth, uint64_t key)
{
	return auth->cache[key % AUTH_CACHE_SETS];
}

static void entry_clear(struct entry *entry)
{
	identity_unref(entry->identity);
	*entry = (struct entry){ .identity = NULL };
}

static bool entry_holds(const struct entry *entry, uint64_t key)
{
	return entry->identity != NULL && entry->identity->key == key;
}

static void cache_forget(struct auth *auth, uint64_t key)
{
	struct entry *set = cache_set(auth, key);

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
		if (entry_holds(&set[way], key))
			entry_clear(&set[way]);
}

static void cache_clear(struct auth *auth)
{
	for (size_t set = 0; set < AUTH_CACHE_SETS; set++)
		for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
			entry_clear(&auth->cache[set][way]);
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
	cache_clear(auth);
	throttle_free(auth->throttle);
	signed_memo_free(auth->signed_memo);
	sodium_memzero(auth->memo_key, sizeof(auth->memo_key));
	free(auth);
}

/* Returns the entry of a token id, even if it is stale, or NULL. */
static struct entry *cache_find(struct auth *auth, uint64_t key, const char *id)
{
	struct entry *set = cache_set(auth, key);

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
		if (entry_holds(&set[way], key) && strcmp(set[way].identity->id, id) == 0)
			return &set[way];
	return NULL;
}

static uint64_t auth_now(const struct auth *auth)
{
	return auth->generation(auth->generation_arg);
}

/* Of an entry whose lookup began while the generation was unknown nothing is believed:
 * it only shows that the token was valid once. */
static bool entry_is_fresh(const struct auth *auth, const struct entry *entry)
{
	return entry->generation != 0 && entry->generation == auth_now(auth) &&
	       clock_ms() - entry->since < AUTH_CACHE_MS;
}

/* Replaces the entry of the same token, otherwise a free one, otherwise the oldest. */
static void cache_put(struct auth *auth, struct identity *identity, uint64_t generation)
{
	struct entry *set = cache_set(auth, identity->key);
	struct entry *victim = &set[0];

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++) {
		if (entry_holds(&set[way], identity->key) &&
		    strcmp(set[way].identity->id, identity->id) == 0) {
			victim = &set[way];
			break;
		}
		if (victim->identity != NULL &&
		    (set[way].identity == NULL || set[way].since < victim->since))
			victim = &set[way];
	}
	entry_clear(victim);
	victim->identity = identity_ref(identity);
	victim->since = clock_ms();
	victim->generation = generation;
}

/* ---- Memos ---- */

static struct memo memo_of(const struct auth *auth, struct slice text)
{
	struct memo memo;

	(void)crypto_shorthash(memo.hash, (const unsigned char *)text.data, text.len,
			       auth->memo_key);
	return memo;
}

/* The fresh entry of a token whose text, byte for byte, was found good before: spares
 * decoding and two hashes. */
static struct entry *memo_find(struct auth *auth, struct slice text)
{
	char id[STORE_TOKEN_ID_LEN + 1] = "";
	struct entry *known;
	struct memo memo;

	if (text.len != TOKEN_TEXT_LEN)
		return NULL;
	memcpy(id, text.data + strlen(TOKEN_PREFIX), STORE_TOKEN_ID_LEN);
	known = cache_find(auth, hash_of(slice_make(id, STORE_TOKEN_ID_LEN)), id);
	if (known == NULL || !known->has_memo || !entry_is_fresh(auth, known) ||
	    !identity_is_current(known->identity, clock_wall()))
		return NULL;
	memo = memo_of(auth, text);
	return sodium_memcmp(memo.hash, known->memo.hash, sizeof(memo.hash)) == 0 ? known : NULL;
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

/* Cached tokens are looked up again after AUTH_CACHE_MS, so that nothing need be
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
		cache_put(lookup->auth, identity, lookup->generation);
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
		cache_forget(lookup->auth, hash_of(slice_of(lookup->parts.id)));
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

static void entry_answer(const struct entry *entry, on_identity *answer, void *arg)
{
	struct identity *identity = identity_ref(entry->identity);

	answer(arg, RC_OK, identity);
	identity_unref(identity);
}

/* Of a token that no memo is of. */
static void auth_examine(struct auth *auth, struct slice token_text, const struct address *from,
			 on_identity *answer, void *arg)
{
	bool well_formed, busy = throttle_wait(auth->throttle, from, clock_ms()) > 0;
	struct token_parts parts;
	struct entry *known;

	well_formed = token_parse(token_text, &parts) == RC_OK;
	known = well_formed ? cache_find(auth, hash_of(slice_of(parts.id)), parts.id) : NULL;
	if (known && is_good(known->identity, parts.hash)) {
		known->memo = memo_of(auth, token_text);
		known->has_memo = true;
		if (entry_is_fresh(auth, known))
			entry_answer(known, answer, arg);
		else
			lookup_start(auth, &parts, from, answer, arg);
	} else if (busy) {
		answer(arg, RC_BUSY, NULL);
	} else if (!well_formed || (known && entry_is_fresh(auth, known))) {
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

/* Nobody revokes it. But a predecessor of this process may have accepted it, with other
 * settings. */
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
	const struct entry *known = memo_find(auth, token_text);

	assert(from != NULL && answer != NULL);
	if (known)
		entry_answer(known, answer, arg);
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
	const struct entry *known = cache_find(auth, identity->key, identity->id);

	return known && entry_is_fresh(auth, known) && is_good(known->identity, identity->hash)
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
