/* The address of the client of a request, also if proxies stand in between
 * (X-Forwarded-For). */
#ifndef WORKER_HTTP_FORWARDED_H
#define WORKER_HTTP_FORWARDED_H

#include "base/cidr.h"

#include <stddef.h>

struct incoming;

/* Proxies whose X-Forwarded-For is believed (--trusted-proxy). */
struct trusted_proxies {
	const struct cidr *blocks;
	size_t count;
};

/* The client of the request that came from the peer. */
void forwarded_client(const struct trusted_proxies *trusted, const struct address *peer,
		      const struct incoming *incoming, struct address *out);

/* Is it the address of such a proxy? */
bool forwarded_is_trusted(const struct address *peer, const struct trusted_proxies *trusted);

/* Which one of the addresses that a request passed through is the client's? Each proxy
 * appends the address of its peer to X-Forwarded-For, so the list is read from its end
 * for as long as its writers are trusted. A part that is no address ends the reading:
 * the result is the last trusted address then. */
void forwarded_resolve(const struct address *peer, struct slice forwarded,
		       const struct trusted_proxies *trusted, struct address *out);

#endif
