/* Counts failed authentications per address. auth/auth.c calls it. */
#include "auth/throttle.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>

struct failures {
	uint64_t from;  /* a keyed hash of the address */
	uint64_t since; /* clock_ms of the first failure */
	unsigned count; /* 0: the entry is free */
};

/* Set-associative: the hash of an address selects its set, so that the size is fixed.
 * The hash is keyed, so that an attacker cannot choose addresses that evict another. */
struct throttle {
	unsigned max_failures;
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct failures sets[THROTTLE_SETS][THROTTLE_WAYS];
};

struct throttle *throttle_new(unsigned max_failures)
{
	struct throttle *throttle = mem_alloc(sizeof(*throttle));

	throttle->max_failures = max_failures;
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

/* 0 after the end of the window. */
static unsigned count_at(const struct failures *failures, uint64_t now)
{
	return now - failures->since < THROTTLE_WINDOW_MS ? failures->count : 0;
}

static bool is_counted(const struct failures *failures, uint64_t from, uint64_t now)
{
	return count_at(failures, now) && failures->from == from;
}

/* Returns the entry of the address. If there is none, replaces the one with the fewest
 * failures, of these the oldest: addresses with a failure each do not displace one that
 * is throttled. */
static struct failures *failures_of(struct throttle *throttle, uint64_t from, uint64_t now)
{
	struct failures *set = throttle->sets[from % THROTTLE_SETS];
	struct failures *victim = &set[0];

	for (size_t way = 0; way < THROTTLE_WAYS; way++) {
		unsigned count = count_at(&set[way], now), fewest = count_at(victim, now);

		if (is_counted(&set[way], from, now))
			return &set[way];
		if (count < fewest || (count == fewest && set[way].since < victim->since))
			victim = &set[way];
	}
	*victim = (struct failures){ .from = from, .since = now };
	return victim;
}

bool throttle_failure(struct throttle *throttle, const struct address *from, uint64_t now)
{
	struct failures *failures;

	if (throttle->max_failures == 0)
		return false;
	failures = failures_of(throttle, address_hash(throttle, from), now);
	failures->count++;
	return failures->count == throttle->max_failures;
}

uint64_t throttle_wait(const struct throttle *throttle, const struct address *from, uint64_t now)
{
	uint64_t hash;

	if (throttle->max_failures == 0)
		return 0;
	hash = address_hash(throttle, from);
	for (size_t way = 0; way < THROTTLE_WAYS; way++) {
		const struct failures *failures = &throttle->sets[hash % THROTTLE_SETS][way];

		if (is_counted(failures, hash, now))
			return failures->count < throttle->max_failures
				       ? 0
				       : failures->since + THROTTLE_WINDOW_MS - now;
	}
	return 0;
}
