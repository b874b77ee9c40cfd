/* Throttling of failed authentication: counts invalid tokens per address, in a table of
 * fixed size.
 *
 * Secrets have 256 random bits, so that guessing is hopeless; throttling protects the
 * processor time of the server and the readability of its log. An address is an IPv4
 * address, or the first 64 bits of an IPv6 address, which is what a provider assigns to
 * a customer (RFC 6177). */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/cidr.h"

#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_WINDOW_MS 60000 /* starts with the first failure from an address */
#define THROTTLE_SETS 1024
#define THROTTLE_WAYS 4

struct throttle;

/* `max_failures`: failures allowed per window; 0: unlimited. */
struct throttle *throttle_new(unsigned max_failures);
/* NULL is a no-op. */
void throttle_free(struct throttle *throttle);
/* Counts a failure at `now` (clock_ms). Returns true if the address is throttled from
 * now on, once per window. */
bool throttle_failure(struct throttle *throttle, const struct address *from, uint64_t now);
/* The number of milliseconds until the address may try again; 0: it may try now. */
uint64_t throttle_wait(const struct throttle *throttle, const struct address *from, uint64_t now);

#endif
