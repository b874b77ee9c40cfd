#include "auth/auth.h"

#include "auth/throttle.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct entry {
	struct identity *identity; /* NULL: free */
	uint64_t since;            /* clock_ms */
};

/* The cache is set-associative: an identity may only be in the set that its key
 * chooses, so its size is fixed and nothing needs to be kept in order. Only tokens that
 * the store knows get in. */
struct auth {
	struct store *store;
	struct throttle *throttle;
	uint64_t forgotten; /* how often something was: an answer asked for before that is not
			       remembered */
	size_t outstanding;
	struct entry cache[AUTH_CACHE_SETS][AUTH_CACHE_WAYS];
};

struct lookup {
	struct auth *auth;
	uint64_t forgotten; /* of auth when asked */
	struct token_parts parts;
	struct address from;
	bool guessed; /* a denial is counted against `from` */
	on_identity *answer;
	void *arg;
};

struct auth *auth_new(struct store *store, unsigned throttle)
{
	struct auth *auth = mem_alloc(sizeof(*auth));

	auth->throttle = throttle_new(throttle);
	auth->store = store;
	return auth;
}

void auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	assert(auth->outstanding == 0);
	auth_forget_all(auth);
	throttle_free(auth->throttle);
	free(auth);
}

static struct entry *cache_set(struct auth *auth, uint64_t key)
{
	return auth->cache[key % AUTH_CACHE_SETS];
}

static void entry_clear(struct entry *entry)
{
	identity_unref(entry->identity);
	entry->identity = NULL;
}

static bool entry_holds(const struct entry *entry, uint64_t key)
{
	return entry->identity != NULL && entry->identity->key == key;
}

void auth_forget(struct auth *auth, uint64_t key)
{
	struct entry *set = cache_set(auth, key);

	auth->forgotten++;
	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
		if (entry_holds(&set[way], key))
			entry_clear(&set[way]);
}

void auth_forget_all(struct auth *auth)
{
	auth->forgotten++;
	for (size_t set = 0; set < AUTH_CACHE_SETS; set++)
		for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
			entry_clear(&auth->cache[set][way]);
}

/* What is remembered of that token id, however old it is. */
static struct entry *cache_find(struct auth *auth, uint64_t key, const char *id)
{
	struct entry *set = cache_set(auth, key);

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++)
		if (entry_holds(&set[way], key) && strcmp(set[way].identity->id, id) == 0)
			return &set[way];
	return NULL;
}

static bool entry_is_fresh(const struct entry *entry)
{
	return clock_ms() - entry->since < AUTH_CACHE_MS;
}

/* Takes the place of what was known of the same token, else a free one, else the
 * oldest. */
static void cache_put(struct auth *auth, struct identity *identity)
{
	struct entry *set = cache_set(auth, identity->key);
	struct entry *place = &set[0];

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++) {
		if (entry_holds(&set[way], identity->key) &&
		    strcmp(set[way].identity->id, identity->id) == 0) {
			place = &set[way];
			break;
		}
		if (place->identity != NULL &&
		    (set[way].identity == NULL || set[way].since < place->since))
			place = &set[way];
	}
	entry_clear(place);
	place->identity = identity_ref(identity);
	place->since = clock_ms();
}

static bool is_good(const struct identity *identity, const unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	return token_hash_equal(identity->hash, hash) &&
	       identity_is_current(identity, clock_wall());
}

static void auth_deny(struct auth *auth, const struct address *from, on_identity *answer, void *arg)
{
	char text[ADDRESS_TEXT_MAX];

	if (throttle_failure(auth->throttle, from, clock_ms())) {
		address_format(from, text);
		log_warn("auth_throttled", LOG_TEXT("client", text));
	}
	answer(arg, RC_DENIED, NULL);
}

static void lookup_deny(struct lookup *lookup)
{
	if (lookup->guessed)
		auth_deny(lookup->auth, &lookup->from, lookup->answer, lookup->arg);
	else
		lookup->answer(lookup->arg, RC_DENIED, NULL);
}

static void lookup_found(struct lookup *lookup, const struct store_token *token)
{
	struct identity *identity = identity_new(token);

	if (!is_good(identity, lookup->parts.hash)) {
		lookup_deny(lookup);
	} else {
		if (lookup->forgotten == lookup->auth->forgotten)
			cache_put(lookup->auth, identity);
		lookup->answer(lookup->arg, RC_OK, identity);
	}
	identity_unref(identity);
}

static void on_token(void *arg, enum rc rc, const struct store_token *token)
{
	struct lookup *lookup = arg;

	lookup->auth->outstanding--;
	if (rc == RC_NOT_FOUND)
		auth_forget(lookup->auth, hash_of(slice_of(lookup->parts.id)));
	if (rc == RC_OK)
		lookup_found(lookup, token);
	else if (rc == RC_NOT_FOUND)
		lookup_deny(lookup);
	else
		lookup->answer(lookup->arg, RC_UNAVAILABLE, NULL);
	free(lookup);
}

/* `from`: whom a denial counts against; NULL: nobody. */
static void lookup_start(struct auth *auth, const struct token_parts *parts,
			 const struct address *from, on_identity *answer, void *arg)
{
	struct lookup *lookup = mem_alloc(sizeof(*lookup));

	*lookup = (struct lookup){ .auth = auth,
				   .forgotten = auth->forgotten,
				   .parts = *parts,
				   .answer = answer,
				   .arg = arg };
	lookup->guessed = from != NULL;
	if (from)
		lookup->from = *from;
	auth->outstanding++;
	store_token_find(auth->store, slice_of(lookup->parts.id), on_token, lookup);
}

void auth_identify(struct auth *auth, struct slice token_text, const struct address *from,
		   on_identity *answer, void *arg)
{
	bool well_formed, busy = throttle_wait(auth->throttle, from, clock_ms()) > 0;
	struct token_parts parts;
	struct entry *known;

	well_formed = token_parse(token_text, &parts) == RC_OK;
	known = well_formed ? cache_find(auth, hash_of(slice_of(parts.id)), parts.id) : NULL;
	if (known && is_good(known->identity, parts.hash)) {
		struct identity *identity = identity_ref(known->identity);

		if (entry_is_fresh(known))
			answer(arg, RC_OK, identity);
		else
			lookup_start(auth, &parts, from, answer, arg);
		identity_unref(identity);
	} else if (busy) {
		answer(arg, RC_BUSY, NULL);
	} else if (!well_formed || (known && entry_is_fresh(known))) {
		auth_deny(auth, from, answer, arg);
	} else {
		lookup_start(auth, &parts, from, answer, arg);
	}
}

unsigned auth_wait(const struct auth *auth, const struct address *from)
{
	uint64_t wait = throttle_wait(auth->throttle, from, clock_ms());

	return wait ? (unsigned)((wait + 999) / 1000) : 1;
}

void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer,
		  void *arg)
{
	struct token_parts parts;
	struct identity *anyone;

	if (identity->id[0] == '\0') {
		anyone = identity_anyone();
		answer(arg, RC_OK, anyone);
		identity_unref(anyone);
		return;
	}
	memcpy(parts.id, identity->id, sizeof(parts.id));
	memcpy(parts.hash, identity->hash, sizeof(parts.hash));
	lookup_start(auth, &parts, NULL, answer, arg);
}
