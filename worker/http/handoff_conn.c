/* Connections that move from one process to another between two requests. */
#include "worker/http/conn_state.h"

#include "base/cidr.h"
#include "base/log.h"
#include "base/mem.h"

#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ----
 * Out ---------------------------------------------------------------------------------
 */

struct gift {
	on_conn_given *on_given;
	void *arg;
	bool is_metrics;
};

static void on_gift_taken(void *arg, int fd)
{
	struct gift *gift = arg;

	if (fd >= 0)
		gift->on_given(gift->arg, fd, gift->is_metrics);
	free(gift);
}

/* Nothing of a request has come in, and all that was answered has gone out. */
static bool conn_is_idle(const struct conn *conn)
{
	return conn->http && !conn->leaving && !conn->receiving &&
	       conn->framing.complete == conn->answered && framing_is_idle(&conn->framing);
}

void conns_give(struct conns *conns, on_conn_given *on_given, void *arg)
{
	struct conn *conn, *after;

	for (conn = TAILQ_FIRST(&conns->all); conn; conn = after) {
		struct gift *gift;

		after = TAILQ_NEXT(conn, next);
		if (!conn_is_idle(conn))
			continue;
		gift = mem_alloc(sizeof(*gift));
		*gift = (struct gift){ on_given, arg, conn->door->is_metrics };
		conn_take(conn, on_gift_taken, gift);
	}
}

/* ----
 * In ----------------------------------------------------------------------------------
 */

/* evhttp serves only what it has accepted itself (libevent 2.1 has no call for others).
 * So each connection is announced to it by one to a local socket of this process, whose
 * descriptor then becomes the connection: before epoll gets to know it, as conns.c
 * adopts in the turn of the loop of the accept, and epoll's changes are applied between
 * turns. */
#define NURSERY_ROOM (4 * CONNS_ADOPT_MAX)

struct nursery {
	struct sockaddr_un address;
	socklen_t len;
	int fds[NURSERY_ROOM]; /* that are announced, in order */
	size_t first, count;
};

/* Listens at an address of the kernel's choice (unix(7), autobind). */
static bool nursery_listen(struct nursery *nursery, struct door *door)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	struct evconnlistener *listener;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	nursery->len = sizeof(nursery->address);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
	    listen(fd, NURSERY_ROOM) < 0 ||
	    getsockname(fd, (struct sockaddr *)&nursery->address, &nursery->len) < 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	listener = evconnlistener_new(door->conns->worker->base, NULL, NULL,
				      LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (listener == NULL) {
		close(fd);
		return false;
	}
	return evhttp_bind_listener(door->http, listener) != NULL;
}

static bool nursery_announce(struct nursery *nursery)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool done = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)&nursery->address, nursery->len) == 0;

	if (fd >= 0)
		close(fd); /* who accepts finds it all the same */
	return done;
}

/* Made when it is needed first; NULL: it could not be. */
static struct nursery *door_nursery(struct door *door)
{
	struct nursery *nursery = door->nursery;

	if (nursery)
		return nursery;
	nursery = mem_alloc(sizeof(*nursery));
	if (!nursery_listen(nursery, door)) {
		free(nursery);
		return NULL;
	}
	door->nursery = nursery;
	return nursery;
}

void conns_adopt(struct conns *conns, int fd, bool is_metrics)
{
	struct nursery *nursery =
		door_nursery(&conns->doors[is_metrics ? DOOR_MOVED_METRICS : DOOR_MOVED]);

	if (nursery == NULL || nursery->count == NURSERY_ROOM || !nursery_announce(nursery)) {
		log_warn("connection_closed", LOG_TEXT("reason", "cannot take it over"));
		close(fd);
		return;
	}
	nursery->fds[(nursery->first + nursery->count++) % NURSERY_ROOM] = fd;
}

/* Whoever on this machine finds the socket may connect to it; that is not an
 * announcement. */
static bool is_announced(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid();
}

static char *client_of(int fd)
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

void conn_settle(struct conn *conn)
{
	struct nursery *nursery = conn->door->nursery;
	int fd;

	if (nursery->count == 0 || !is_announced(conn->fd)) {
		(void)shutdown(conn->fd, SHUT_RDWR); /* evhttp will find its end */
		return;
	}
	fd = nursery->fds[nursery->first];
	nursery->first = (nursery->first + 1) % NURSERY_ROOM;
	nursery->count--;
	conn->client = client_of(fd);
	(void)dup3(fd, conn->fd, O_CLOEXEC);
	close(fd);
}

void nursery_free(struct nursery *nursery)
{
	for (size_t i = 0; nursery && i < nursery->count; i++)
		close(nursery->fds[(nursery->first + i) % NURSERY_ROOM]);
	free(nursery);
}
