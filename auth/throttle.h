/* How many tokens that are not good came from which address, in a table of fixed size.
 *
 * Secrets have 256 random bits, so nobody finds one by trying; what trying costs is the
 * server's time and the patience of whoever reads the log. An address is one of IPv4,
 * or the 64 bits of IPv6 that a customer of a provider gets (RFC 6177). */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/cidr.h"

#include <stdbool.h>
#include <stdint.h>

#define GUESSES_WINDOW_MS \
	60000 /* from an address's first denial on it is counted; then it starts anew */
#define GUESSES_SETS 1024
#define GUESSES_WAYS 4

struct throttle;

/* `most` denials in a window; 0: no limit. */
struct throttle *throttle_new(unsigned most);
/* NULL is fine. */
void throttle_free(struct throttle *throttle);
/* One more denial at `now` (clock_ms). True: it is the last that this address may have
 * in this window. */
bool throttle_failure(struct throttle *throttle, const struct address *from, uint64_t now);
/* In how many milliseconds that address may try again; 0: now. */
uint64_t throttle_wait(const struct throttle *throttle, const struct address *from, uint64_t now);

#endif
