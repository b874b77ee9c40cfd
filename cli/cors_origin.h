/* Web origins as an operator writes them (RFC 6454, section 6.2). */
#ifndef CLI_CORS_ORIGIN_H
#define CLI_CORS_ORIGIN_H

#include "base/error.h"

/* Accepts `*`, or scheme://host[:port] exactly as browsers send it in Origin: lower
 * case, no path, no default port, IPv6 in brackets. Anything else would never match.
 * RC_MALFORMED with the reason. */
MUST_USE enum rc cors_origin_check(const char *text, struct error *err);

#endif
