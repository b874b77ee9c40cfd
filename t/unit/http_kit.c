/* See http_kit.h. */
#include "http_kit.h"

#include "base/mem.h"
#include "shm/shm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_end(struct request *request)
{
	free(request);
}

static void listen_at(struct http_kit *kit, int backlog)
{
	socklen_t len = sizeof(kit->address);

	kit->address = (struct sockaddr_in){ .sin_family = AF_INET };
	kit->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	kit->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(kit->listener >= 0);
	assert_int_equal(
		bind(kit->listener, (const struct sockaddr *)&kit->address, sizeof(kit->address)),
		0);
	assert_int_equal(listen(kit->listener, backlog), 0);
	assert_int_equal(getsockname(kit->listener, (struct sockaddr *)&kit->address, &len), 0);
}

void http_kit_open(struct http_kit *kit, const struct conns_options *limits)
{
	struct conns_options options = *limits;

	listen_at(kit, (int)limits->max_connections);
	kit->base = event_base_new();
	assert_non_null(kit->base);
	assert_int_equal(shm_new(1, &kit->shm), RC_OK);
	kit->counters.shm = kit->shm;
	kit->access_log.counters = &kit->counters;
	kit->options = (struct request_options){ .access_log = &kit->access_log, .on_end = on_end };
	options.base = kit->base;
	options.counters = &kit->counters;
	options.listeners = &kit->listener;
	options.listener_count = 1;
	options.header_timeout = options.body_timeout = options.idle_timeout =
		HTTP_KIT_HANG_SECONDS;
	kit->conns = conns_open(&options);
	assert_non_null(kit->conns);
	conns_start(kit->conns);
}

/* A leak is the address sanitizer's to find. */
void http_kit_close(struct http_kit *kit)
{
	conns_close(kit->conns);
	/* libevent frees its buffers in a later turn of the loop. */
	(void)event_base_loop(kit->base, EVLOOP_NONBLOCK);
	event_base_free(kit->base);
	shm_free(kit->shm);
	close(kit->listener);
}

struct bufferevent *http_kit_connect(struct http_kit *kit)
{
	struct bufferevent *client = bufferevent_socket_new(kit->base, -1, BEV_OPT_CLOSE_ON_FREE);

	assert_non_null(client);
	assert_int_equal(bufferevent_socket_connect(client, (const struct sockaddr *)&kit->address,
						    sizeof(kit->address)),
			 0);
	return client;
}
