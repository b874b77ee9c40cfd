/* The address that a request comes from, also where proxies stand in between. */
#ifndef WORKER_HTTP_FORWARDED_H
#define WORKER_HTTP_FORWARDED_H

#include "base/cidr.h"

struct request;

/* RC_MALFORMED: it is not known. */
MUST_USE enum rc forwarded_client(const struct request *request, struct address *out);
/* The same as text. Terminated; "-" where it is not known, as the client has gone. Only
 * a proxy of --trusted-proxy is believed what it says. */
void forwarded_client_text(const struct request *request, char out[ADDRESS_TEXT_MAX]);

/* Of the addresses that a request passed through, which is the client's? Each proxy
 * appends the one that it was called from to X-Forwarded-For, so the list is read from
 * its end as long as those who wrote it are trusted. What is no address ends the
 * reading: then the last trusted one is answered.
 */
void forwarded_resolve(const struct address *peer, struct slice forwarded,
		       const struct cidr *trusted, size_t count, struct address *out);

#endif
