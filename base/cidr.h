/* Internet addresses without ports, and blocks of them. An IPv4 address that is mapped
 * into IPv6 (RFC 4291, 2.5.5.2) is the IPv4 one. */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct address {
	bool is6;
	unsigned char bytes[16]; /* in network order; the first four of IPv4, the others zero */
};

/* All addresses whose first `bits` bits are those of `first`. */
struct cidr {
	struct address first;
	unsigned bits;
};

/* Dotted decimal, or IPv6 without brackets and zone. RC_MALFORMED. */
MUST_USE enum rc address_parse(struct slice text, struct address *out);
/* Terminated; IPv6 as RFC 5952 has it. */
void address_format(const struct address *address, char out[ADDRESS_TEXT_MAX]);

/* ADDR, or ADDR/BITS (RFC 4632, RFC 4291 2.3); the bits behind must be zero, so that a
 * slip shows. RC_MALFORMED with the reason. */
MUST_USE enum rc cidr_parse(const char *text, struct cidr *out, struct error *err);
bool cidr_contains(const struct cidr *block, const struct address *address);

#endif
