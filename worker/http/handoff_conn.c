/* Connections that move from one process to another between two requests. Called by
 * worker/handoff. */
#include "worker/http/conn_state.h"

#include "base/cidr.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- Out ---- */

struct departure {
	on_conn_handed_off *on_handed_off;
	void *arg;
	bool is_metrics;
};

static void on_departed(void *arg, int fd)
{
	struct departure *departure = arg;

	if (fd >= 0)
		departure->on_handed_off(departure->arg, fd, departure->is_metrics);
	free(departure);
}

void conns_hand_off(struct conns *conns, on_conn_handed_off *on_handed_off, void *arg)
{
	struct conn *conn, *after;

	assert(conns->state >= CONNS_STOPPED);
	for (conn = TAILQ_FIRST(&conns->all); conn; conn = after) {
		struct departure *departure;

		after = TAILQ_NEXT(conn, next);
		if (conn->state != CONN_IDLE)
			continue;
		departure = mem_alloc(sizeof(*departure));
		*departure = (struct departure){ on_handed_off, arg, conn->frontend->is_metrics };
		conn_detach(conn, on_departed, departure);
	}
}

/* ---- In ---- */

/* evhttp serves only connections that it has accepted itself (libevent 2.1 has no call
 * for others). So each received connection is announced to it by a connection to a
 * local socket of this process, whose descriptor is then replaced by the received one.
 * This happens before epoll gets to know it: conns.c adopts a connection in the turn of
 * the loop of the accept, and epoll's changes are applied between turns.
 *
 * The sockets are of the type SOCK_SEQPACKET, so that the sandbox (worker/confine.c)
 * can forbid all other types. */
#define INJECTOR_ROOM (4 * CONNS_RECEIVE_MAX)

struct injector {
	struct sockaddr_un address;
	socklen_t len;
	int fds[INJECTOR_ROOM]; /* announced ones, in order */
	size_t first, count;
};

/* Listens at an address that the kernel chooses (unix(7), autobind). */
static bool injector_listen(struct injector *injector, struct frontend *frontend)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct evconnlistener *listener;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	injector->len = sizeof(injector->address);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
	    listen(fd, INJECTOR_ROOM) < 0 ||
	    getsockname(fd, (struct sockaddr *)&injector->address, &injector->len) < 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	listener = evconnlistener_new(frontend->conns->options.base, NULL, NULL,
				      LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (listener == NULL) {
		close(fd);
		return false;
	}
	return evhttp_bind_listener(frontend->http, listener) != NULL;
}

static bool injector_announce(const struct injector *injector)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool done = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)&injector->address, injector->len) == 0;

	if (fd >= 0)
		close(fd); /* accept() finds the connection nevertheless */
	return done;
}

static bool frontend_receives(struct frontend *frontend)
{
	struct injector *injector = mem_alloc(sizeof(*injector));

	if (!injector_listen(injector, frontend)) {
		free(injector);
		return false;
	}
	frontend->injector = injector;
	return true;
}

bool conns_prepare_to_receive(void *arg)
{
	struct conns *conns = arg;

	assert(conns->state == CONNS_OPENED);
	return frontend_receives(&conns->frontends[FRONTEND_RECEIVED]) &&
	       frontend_receives(&conns->frontends[FRONTEND_RECEIVED_METRICS]);
}

void conns_receive(struct conns *conns, int fd, bool is_metrics)
{
	struct injector *injector =
		conns->frontends[is_metrics ? FRONTEND_RECEIVED_METRICS : FRONTEND_RECEIVED]
			.injector;

	assert(fd >= 0);
	if (injector == NULL || injector->count == INJECTOR_ROOM || !injector_announce(injector)) {
		log_warn("connection_closed", LOG_TEXT("reason", "cannot take it over"));
		close(fd);
		return;
	}
	injector->fds[(injector->first + injector->count++) % INJECTOR_ROOM] = fd;
}

/* Any process of this machine that finds the socket may connect to it; that is not an
 * announcement. */
static bool is_announced(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getpid();
}

static char *peer_of(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char host[ADDRESS_TEXT_MAX];

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), NULL, 0,
			NI_NUMERICHOST) != 0)
		return mem_copy("-", 1);
	return mem_copy(host, strlen(host));
}

void conn_inject(struct conn *conn)
{
	struct injector *injector = conn->frontend->injector;
	int fd;

	if (injector->count == 0 || !is_announced(conn->fd)) {
		(void)shutdown(conn->fd, SHUT_RDWR); /* evhttp will find its end */
		return;
	}
	fd = injector->fds[injector->first];
	injector->first = (injector->first + 1) % INJECTOR_ROOM;
	injector->count--;
	conn->peer = peer_of(fd);
	(void)dup3(fd, conn->fd, O_CLOEXEC);
	close(fd);
}

void injector_free(struct injector *injector)
{
	for (size_t i = 0; injector && i < injector->count; i++)
		close(injector->fds[(injector->first + i) % INJECTOR_ROOM]);
	free(injector);
}
