#include "auth/throttle.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>

struct guesser {
	uint64_t from;  /* a keyed hash of the address */
	uint64_t since; /* clock_ms of the first denial */
	unsigned count; /* 0: free */
};

/* An address may only be in the set that its hash chooses, so the size is fixed. The
 * hash has a key, so that nobody can choose addresses that push another's out. */
struct throttle {
	unsigned most;
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct guesser sets[GUESSES_SETS][GUESSES_WAYS];
};

struct throttle *throttle_new(unsigned most)
{
	struct throttle *throttle = mem_alloc(sizeof(*throttle));

	throttle->most = most;
	randombytes_buf(throttle->key, sizeof(throttle->key));
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	free(throttle);
}

static uint64_t address_hash(const struct throttle *throttle, const struct address *from)
{
	unsigned char text[9] = { from->is6 };
	uint64_t hash;

	_Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "a hash fills a word");
	memcpy(text + 1, from->bytes, 8);
	(void)crypto_shorthash((unsigned char *)&hash, text, sizeof(text), throttle->key);
	return hash;
}

static bool is_counted(const struct guesser *guesser, uint64_t from, uint64_t now)
{
	return guesser->count && guesser->from == from && now - guesser->since < GUESSES_WINDOW_MS;
}

/* Where the address is counted, or, where it is not yet, the place that is free or has
 * been taken the longest. */
static struct guesser *guesser_of(struct throttle *throttle, uint64_t from, uint64_t now)
{
	struct guesser *set = throttle->sets[from % GUESSES_SETS];
	struct guesser *place = &set[0];

	for (size_t way = 0; way < GUESSES_WAYS; way++) {
		if (is_counted(&set[way], from, now))
			return &set[way];
		if (place->count && (set[way].count == 0 || set[way].since < place->since))
			place = &set[way];
	}
	*place = (struct guesser){ .from = from, .since = now };
	return place;
}

bool throttle_failure(struct throttle *throttle, const struct address *from, uint64_t now)
{
	struct guesser *guesser;

	if (throttle->most == 0)
		return false;
	guesser = guesser_of(throttle, address_hash(throttle, from), now);
	guesser->count++;
	return guesser->count == throttle->most;
}

uint64_t throttle_wait(const struct throttle *throttle, const struct address *from, uint64_t now)
{
	uint64_t hash;

	if (throttle->most == 0)
		return 0;
	hash = address_hash(throttle, from);
	for (size_t way = 0; way < GUESSES_WAYS; way++) {
		const struct guesser *guesser = &throttle->sets[hash % GUESSES_SETS][way];

		if (is_counted(guesser, hash, now))
			return guesser->count < throttle->most
				       ? 0
				       : guesser->since + GUESSES_WINDOW_MS - now;
	}
	return 0;
}
