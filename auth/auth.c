#include "auth/auth.h"

#include "auth/token.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct entry {
	struct identity *identity; /* NULL: free */
	uint64_t since;            /* clock_ms */
};

/* The cache is set-associative: an identity may only be in the set that its key chooses, so its size is fixed and nothing needs to be
 * kept in order. Only tokens that the store knows get in. */
struct auth {
	struct store *store;
	uint64_t forgotten; /* how often something was: an answer asked for before that is not remembered */
	size_t outstanding;
	struct entry cache[AUTH_CACHE_SETS][AUTH_CACHE_WAYS];
};

struct lookup {
	struct auth *auth;
	uint64_t forgotten; /* of auth when asked */
	struct token_parts parts;
	on_identity *answer;
	void *arg;
};

struct auth *auth_new(struct store *store)
{
	struct auth *auth = mem_alloc(sizeof(*auth));

	auth->store = store;
	return auth;
}

void auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	assert(auth->outstanding == 0);
	auth_forget_all(auth);
	free(auth);
}

static struct entry *cache_set(struct auth *auth, uint64_t key)
{
	return auth->cache[key % AUTH_CACHE_SETS];
}

static void entry_clear(struct entry *entry)
{
	identity_release(entry->identity);
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

/* The identity of that token id, unless it is too old to be trusted. */
static struct identity *cache_find(struct auth *auth, uint64_t key, const char *id)
{
	struct entry *set = cache_set(auth, key);

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++) {
		if (!entry_holds(&set[way], key) || strcmp(set[way].identity->id, id) != 0)
			continue;
		if (clock_ms() - set[way].since < AUTH_CACHE_MS)
			return set[way].identity;
		entry_clear(&set[way]);
	}
	return NULL;
}

/* Takes the place of what was known of the same token, else a free one, else the oldest. */
static void cache_put(struct auth *auth, struct identity *identity)
{
	struct entry *set = cache_set(auth, identity->key);
	struct entry *place = &set[0];

	for (size_t way = 0; way < AUTH_CACHE_WAYS; way++) {
		if (entry_holds(&set[way], identity->key) && strcmp(set[way].identity->id, identity->id) == 0) {
			place = &set[way];
			break;
		}
		if (place->identity != NULL && (set[way].identity == NULL || set[way].since < place->since))
			place = &set[way];
	}
	entry_clear(place);
	place->identity = identity_hold(identity);
	place->since = clock_ms();
}

static bool is_good(const struct identity *identity, const unsigned char hash[STORE_TOKEN_HASH_LEN])
{
	return token_hash_equal(identity->hash, hash) && identity_is_current(identity, clock_wall());
}

static void lookup_found(struct lookup *lookup, const struct store_token *token)
{
	struct identity *identity = identity_new(token);

	if (!is_good(identity, lookup->parts.hash)) {
		lookup->answer(lookup->arg, RC_DENIED, NULL);
	} else {
		if (lookup->forgotten == lookup->auth->forgotten)
			cache_put(lookup->auth, identity);
		lookup->answer(lookup->arg, RC_OK, identity);
	}
	identity_release(identity);
}

static void on_token(void *arg, enum rc rc, const struct store_token *token)
{
	struct lookup *lookup = arg;

	lookup->auth->outstanding--;
	if (rc == RC_NOT_FOUND)
		auth_forget(lookup->auth, hash_of(slice_of(lookup->parts.id)));
	if (rc == RC_OK)
		lookup_found(lookup, token);
	else
		lookup->answer(lookup->arg, rc == RC_NOT_FOUND ? RC_DENIED : RC_UNAVAILABLE, NULL);
	free(lookup);
}

static void lookup_start(struct auth *auth, const struct token_parts *parts, on_identity *answer, void *arg)
{
	struct lookup *lookup = mem_alloc(sizeof(*lookup));

	*lookup = (struct lookup){ auth, auth->forgotten, *parts, answer, arg };
	auth->outstanding++;
	store_token_find(auth->store, slice_of(lookup->parts.id), on_token, lookup);
}

void auth_identify(struct auth *auth, struct slice token_text, on_identity *answer, void *arg)
{
	struct token_parts parts;
	struct identity *known;

	if (token_parse(token_text, &parts) != RC_OK) {
		answer(arg, RC_DENIED, NULL);
		return;
	}
	known = cache_find(auth, hash_of(slice_of(parts.id)), parts.id);
	if (known == NULL) {
		lookup_start(auth, &parts, answer, arg);
	} else if (!is_good(known, parts.hash)) {
		answer(arg, RC_DENIED, NULL);
	} else {
		identity_hold(known);
		answer(arg, RC_OK, known);
		identity_release(known);
	}
}

void auth_recheck(struct auth *auth, const struct identity *identity, on_identity *answer, void *arg)
{
	struct token_parts parts;
	struct identity *anyone;

	if (identity->id[0] == '\0') {
		anyone = identity_anyone();
		answer(arg, RC_OK, anyone);
		identity_release(anyone);
		return;
	}
	memcpy(parts.id, identity->id, sizeof(parts.id));
	memcpy(parts.hash, identity->hash, sizeof(parts.hash));
	lookup_start(auth, &parts, answer, arg);
}
