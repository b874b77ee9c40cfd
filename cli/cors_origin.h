/* Web origins as an operator writes them (RFC 6454, section 6.2). */
#ifndef CLI_CORS_ORIGIN_H
#define CLI_CORS_ORIGIN_H

#include "base/error.h"

/* `*`, or scheme://host[:port] exactly as a browser sends it in Origin: lower case, no
 * path, no default port, IPv6 in brackets. Anything else would silently match nobody.
 * RC_MALFORMED with the reason. */
MUST_USE enum rc cors_origin_check(const char *text, struct error *err);

#endif
