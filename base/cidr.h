/* IP addresses without ports, and CIDR blocks. An IPv4-mapped IPv6 address (RFC 4291,
 * section 2.5.5.2) is treated as the IPv4 address. */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/rc.h"
#include "base/error.h"
#include "base/slice.h"

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct address {
	bool is6;
	unsigned char bytes[16]; /* network order; IPv4 uses the first four, the rest are 0 */
};

/* All addresses whose first `bits` bits equal those of `first`. */
struct cidr {
	struct address first;
	unsigned bits;
};

/* Accepts dotted decimal, or IPv6 without brackets and zone. Otherwise RC_MALFORMED. */
MUST_USE enum rc address_parse(struct slice text, struct address *out);
/* Writes a terminated string; IPv6 as in RFC 5952. */
void address_format(const struct address *address, char out[ADDRESS_TEXT_MAX]);

/* Accepts ADDR or ADDR/BITS (RFC 4632; RFC 4291, section 2.3). The remaining bits must
 * be zero, which catches typing errors. Otherwise RC_MALFORMED, with the reason in
 * err. */
MUST_USE enum rc cidr_parse(const char *text, struct cidr *out, struct error *err);
bool cidr_contains(const struct cidr *block, const struct address *address);

#endif
