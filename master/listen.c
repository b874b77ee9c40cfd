/* Listening sockets, for master.c, socket_activation.c and upgrade_adopt.c. */
#include "master/listen.h"

#include "base/mem.h"
#include "base/text.h"
#include "master/master.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT 4
#define USER_TIMEOUT_MS 60000 /* unacknowledged bytes end the connection */

/* ---- Addresses ------------------------------------------------------------------- */

static enum rc listen_set_host(const char *host, bool is6, struct listen_address *out)
{
	const struct addrinfo hints = { .ai_family = AF_INET6,
					.ai_flags = AI_NUMERICHOST,
					.ai_socktype = SOCK_STREAM };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct addrinfo *found;

	if (!is6) {
		if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
			return RC_MALFORMED;
		memcpy(&out->socket, &in, sizeof(in));
		out->len = sizeof(in);
		return RC_OK;
	}
	/* Unlike inet_pton it knows zones (fe80::1%eth0). */
	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return RC_MALFORMED;
	memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return RC_OK;
}

static in_port_t *listen_port(struct listen_address *address)
{
	void *socket = &address->socket;

	if (address->socket.any.sa_family == AF_INET6)
		return &((struct sockaddr_in6 *)socket)->sin6_port;
	return &((struct sockaddr_in *)socket)->sin_port;
}

static enum rc listen_parse_parts(const char *text, struct listen_address *out)
{
	const char *colon = strrchr(text, ':');
	char host[LISTEN_TEXT_MAX];
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool is6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
	uint64_t port;

	if (len == 0 || len >= sizeof(host) ||
	    text_number(slice_of(colon + 1), 65535, &port) != RC_OK)
		return RC_MALFORMED;
	(void)snprintf(host, sizeof(host), "%.*s", is6 ? (int)len - 2 : (int)len,
		       is6 ? text + 1 : text);
	if (listen_set_host(host, is6, out) != RC_OK)
		return RC_MALFORMED;
	*listen_port(out) = htons((uint16_t)port);
	return RC_OK;
}

enum rc listen_parse(const char *text, struct listen_address *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	if (listen_parse_parts(text, out) == RC_OK)
		return RC_OK;
	return error_set(err, RC_MALFORMED,
			 "cannot read the address \"%s\"; write ADDR:PORT or [ADDR6]:PORT in "
			 "numbers, such as 127.0.0.1:8080 or [::1]:8080",
			 text);
}

void listen_format(const struct listen_address *address, char out[LISTEN_TEXT_MAX])
{
	char host[LISTEN_TEXT_MAX - 10] = "?", port[8] = "?";
	bool is6 = address->socket.any.sa_family == AF_INET6;

	(void)getnameinfo(&address->socket.any, address->len, host, sizeof(host), port,
			  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(out, LISTEN_TEXT_MAX, is6 ? "[%s]:%s" : "%s:%s", host, port);
}

bool listen_is_loopback(const struct listen_address *address)
{
	const void *socket = &address->socket;

	if (address->socket.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)socket)->sin6_addr);
	return ntohl(((const struct sockaddr_in *)socket)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

enum rc master_listen_check(const char *const *listen, size_t count, bool *loopback,
			    struct error *err)
{
	struct listen_address address;

	*loopback = true;
	for (size_t i = 0; i < count; i++) {
		if (listen_parse(listen[i], &address, err) != RC_OK)
			return RC_MALFORMED;
		*loopback = *loopback && listen_is_loopback(&address);
	}
	return RC_OK;
}

/* ---- Sockets --------------------------------------------------------------------- */

static enum rc listen_refused(const struct listeners *listeners, size_t i, int error,
			      struct error *err)
{
	const char *option =
		listeners->metrics && i + 1 == listeners->count ? "--metrics-listen" : "--listen";
	const char *advice = "choose another";
	char text[LISTEN_TEXT_MAX];

	listen_format(&listeners->addresses[i], text);
	if (error == EADDRINUSE)
		advice = "another program listens there: stop it, or choose another port";
	else if (error == EACCES || error == EPERM)
		advice = "ports below 1024 need a privilege: choose another";
	else if (error == EADDRNOTAVAIL)
		advice = "this machine has no such address: choose another";
	return error_set(err, RC_IO, "cannot listen on %s: %s; %s with %s ADDR:PORT", text,
			 strerror(error), advice, option);
}

static bool listen_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Options are inherited by the connections that are accepted (tcp(7)). */
bool listen_prepare(int fd)
{
	return listen_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	       listen_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
	       listen_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S) &&
	       listen_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S) &&
	       listen_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT) &&
	       listen_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
}

static bool listen_prepare_bind(int fd, int family, bool shared)
{
	return listen_prepare(fd) && listen_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	       (!shared || listen_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
	       (family != AF_INET6 || listen_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
}

/* A bound socket, or -1 with errno. */
static int listen_bind(const struct listen_address *address, bool shared)
{
	int family = address->socket.any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int error;

	if (fd < 0)
		return -1;
	if (listen_prepare_bind(fd, family, shared) &&
	    bind(fd, &address->socket.any, address->len) == 0)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

static int listen_open(const struct listen_address *address, bool shared)
{
	int fd = listen_bind(address, shared);

	if (fd >= 0 && listen(fd, SOMAXCONN) < 0) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int listen_open_shared(const struct listen_address *address)
{
	return listen_open(address, true);
}

int listen_open_alone(const struct listen_address *address)
{
	return listen_open(address, false);
}

static enum rc listen_open_slots(struct listeners *listeners, size_t i, struct error *err)
{
	for (unsigned slot = 0; slot < listeners->slots; slot++) {
		int fd = listen_open_shared(&listeners->addresses[i]);

		listeners->fds[slot * listeners->count + i] = fd;
		if (fd < 0)
			return listen_refused(listeners, i, errno, err);
	}
	return RC_OK;
}

/* A bind that does not share comes first: it fails if another server of the same
 * user, who may share, already listens. It is held while the slots bind, so that the
 * port chosen by the kernel stays ours. */
static enum rc listen_open_address(struct listeners *listeners, size_t i, struct error *err)
{
	struct listen_address *address = &listeners->addresses[i];
	int probe = listen_bind(address, false);
	enum rc rc;

	if (probe < 0)
		return listen_refused(listeners, i, errno, err);
	if (getsockname(probe, &address->socket.any, &address->len) < 0)
		rc = listen_refused(listeners, i, errno, err);
	else
		rc = listen_open_slots(listeners, i, err);
	(void)close(probe);
	return rc;
}

void listeners_new(size_t count, bool metrics, unsigned slots, struct listeners *out)
{
	count += metrics;
	assert(count > 0 && slots > 0);
	out->addresses = mem_array(count, sizeof(*out->addresses));
	out->count = count;
	out->metrics = metrics;
	out->slots = slots;
	out->fds = mem_array(count * slots, sizeof(int));
	for (size_t i = 0; i < count * slots; i++)
		out->fds[i] = -1;
}

enum rc listeners_open_one(struct listeners *listeners, size_t i, const char *text,
			   struct error *err)
{
	enum rc rc = listen_parse(text, &listeners->addresses[i], err);

	return rc == RC_OK ? listen_open_address(listeners, i, err) : rc;
}

enum rc listeners_open(const char *const *list, size_t count, const char *metrics, unsigned slots,
		       struct listeners *out, struct error *err)
{
	enum rc rc = RC_OK;

	listeners_new(count, metrics != NULL, slots, out);
	for (size_t i = 0; i < count && rc == RC_OK; i++)
		rc = listeners_open_one(out, i, list[i], err);
	if (metrics && rc == RC_OK)
		rc = listeners_open_one(out, count, metrics, err);
	return rc;
}

bool listeners_are_loopback(const struct listeners *listeners, size_t count)
{
	assert(count <= listeners->count);
	for (size_t i = 0; i < count; i++)
		if (!listen_is_loopback(&listeners->addresses[i]))
			return false;
	return true;
}

void listeners_close_others(struct listeners *listeners, int kept)
{
	for (size_t i = 0; i < listeners->slots * listeners->count; i++) {
		if (listeners->fds[i] < 0 || (kept >= 0 && i / listeners->count == (size_t)kept))
			continue;
		(void)close(listeners->fds[i]);
		listeners->fds[i] = -1;
	}
}

void listeners_close(struct listeners *listeners)
{
	listeners_close_others(listeners, -1);
	free(listeners->addresses);
	free(listeners->fds);
	*listeners = (struct listeners){ 0 };
}
