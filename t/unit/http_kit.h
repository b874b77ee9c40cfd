/* A server of worker/http in the test's own event loop, with a listener on the
 * loopback. */
#ifndef T_UNIT_HTTP_KIT_H
#define T_UNIT_HTTP_KIT_H

#include "worker/http/request.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>

#define HTTP_KIT_HANG_SECONDS 60 /* longer than any step takes, unless it hangs */

struct http_kit {
	struct event_base *base;
	struct shm *shm;
	struct counters counters;
	struct access_log access_log;
	struct request_options options; /* for request_begin; requests are freed at their end */
	struct conns *conns;
	struct sockaddr_in address;
	int listener;
};

/* Opens it with what the options say of limits and calls, whose `arg` is the test's.
 * Time limits are so long that only a hang meets them. */
void http_kit_open(struct http_kit *kit, const struct conns_options *limits);
void http_kit_close(struct http_kit *kit);
/* A client that is connecting, without callbacks. */
struct bufferevent *http_kit_connect(struct http_kit *kit);

#endif
