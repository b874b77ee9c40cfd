/* Tests of the sandboxes' conditions on sockets: their types, addresses, flags and
 * options; and that a store can need more. Also linked with no_landlock.c, as on a
 * kernel where Landlock does not forbid any of this. */
#include "base/array.h"
#include "os/sandbox.h"
#include "t/unit/sandbox_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORKERS_TYPE (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)

/* Made before the attempts, as a server has them. A datagram socket it has not. */
static int pair[2], datagram, tcp;
static struct sockaddr_un own;
static socklen_t own_len;

/* ---- Sockets ---- */

static int make_socket(int domain, int type)
{
	return kit_failed(socket(domain, type, 0));
}

static int make_stream(void)
{
	return make_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int make_datagram(void)
{
	return make_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int make_blocking(void)
{
	return make_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC);
}

static int make_udp(void)
{
	return make_socket(AF_INET, SOCK_DGRAM);
}

static int make_netlink(void)
{
	return make_socket(AF_NETLINK, SOCK_RAW);
}

static int connect_to(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, WORKERS_TYPE, 0);

	return fd < 0 ? errno : kit_failed(connect(fd, (const struct sockaddr *)address, len));
}

/* A control socket of six letters has an address as long as the process's own. */
static int connect_to_short_path(void)
{
	const struct sockaddr_un address = { AF_UNIX, "p.sock" };

	return connect_to(&address, sizeof(sa_family_t) + 6);
}

static int connect_to_path(void)
{
	const struct sockaddr_un address = { AF_UNIX, "pp.sock" };

	return connect_to(&address, sizeof(sa_family_t) + 7);
}

static int connect_to_itself(void)
{
	return connect_to(&own, own_len);
}

static int bind_any(void)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };

	return kit_failed(bind(pair[0], (const struct sockaddr *)&any, sizeof(any.sun_family)));
}

static int dissolve(void)
{
	const struct sockaddr_un nobody = { .sun_family = AF_UNSPEC };

	return kit_failed(
		connect(tcp, (const struct sockaddr *)&nobody, sizeof(nobody.sun_family) + 6));
}

static int listen_by_dissolved(void)
{
	return dissolve() ? errno : kit_failed(listen(tcp, 1));
}

static int route_connections(void)
{
	const int on = 1;

	return kit_failed(setsockopt(pair[0], SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)));
}

static int ask_peer(void)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return kit_failed(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &who, &len));
}

static int ask_tcp(void)
{
	char about[64];
	socklen_t len = sizeof(about);

	return kit_failed(getsockopt(tcp, IPPROTO_TCP, TCP_INFO, about, &len));
}

/* ---- Sending ---- */

static int send_to_path(void)
{
	const struct sockaddr_un address = { AF_UNIX, "d.sock" };

	return kit_failed(sendto(datagram, "x", 1, MSG_NOSIGNAL, (const struct sockaddr *)&address,
				 sizeof(address)));
}

static struct sockaddr_in some_server(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(1),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int fast_open_by_sendto(void)
{
	struct sockaddr_in server = some_server();

	return kit_failed(sendto(tcp, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN,
				 (struct sockaddr *)&server, sizeof(server)));
}

static int fast_open_by_sendmsg(void)
{
	struct sockaddr_in server = some_server();
	const struct msghdr message = { .msg_name = &server, .msg_namelen = sizeof(server) };

	return kit_failed(sendmsg(tcp, &message, MSG_NOSIGNAL | MSG_FASTOPEN));
}

static int send_to_peer(void)
{
	struct iovec part = { "x", 1 };
	const struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (sendmsg(pair[0], &message, MSG_NOSIGNAL) < 0)
		return errno;
	return kit_failed(send(pair[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static int send_many(void)
{
	struct mmsghdr messages = { .msg_len = 0 };

	return kit_failed(sendmmsg(pair[0], &messages, 1, 0));
}

/* ---- Outcomes ---- */

static const struct attempt table[] = {
	{ "makes a stream socket", make_stream, WORKERS(EPERM, KILLED), false, false },
	{ "makes a datagram socket", make_datagram, WORKERS(EPERM, KILLED), false, false },
	{ "makes a blocking one", make_blocking, WORKERS(EPERM, KILLED), false, false },
	{ "makes a UDP socket", make_udp, EACH(KILLED), false, false },
	{ "makes a netlink socket", make_netlink, EACH(KILLED), false, false },
	{ "connects to p.sock", connect_to_short_path, WORKERS(EPROTOTYPE, KILLED), false, false },
	{ "connects to pp.sock", connect_to_path, EACH(KILLED), false, false },
	{ "connects to itself", connect_to_itself, WORKERS(0, KILLED), false, false },
	{ "binds", bind_any, EACH(KILLED), false, false },
	{ "listens at another port", listen_by_dissolved, EACH(KILLED), false, false },
	{ "sets an option", route_connections, EACH(ENOSYS), false, false },
	{ "asks who the peer is", ask_peer, EACH(0), false, false },
	{ "asks TCP for its state", ask_tcp, WORKERS(0, EPERM), false, false },
	{ "sends a datagram to a path", send_to_path, EACH(EPERM), false, false },
	{ "connects by sendto", fast_open_by_sendto, EACH(EPERM), false, false },
	{ "connects by sendmsg", fast_open_by_sendmsg, EACH(EPERM), false, false },
	{ "sends to its peer", send_to_peer, EACH(0), false, false },
	{ "sends by sendmmsg", send_many, EACH(ENOSYS), false, false },
};

static void every_attempt_has_its_outcome(void **state)
{
	(void)state;
	assert_int_equal(kit_attempt_all(table, COUNT(table)), 0);
}

/* ---- The needs of a store ---- */

static int lock_database(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1 };

	if (fcntl(kit_open_database, F_SETLK, &lock) < 0)
		return errno;
	lock.l_type = F_WRLCK;
	return kit_failed(fcntl(kit_open_database, F_GETLK, &lock));
}

static int make_tcp(void)
{
	return make_socket(AF_INET, SOCK_STREAM);
}

/* Not killed: refused by Landlock or by the kernel. */
static int connect_tcp(void)
{
	struct sockaddr_in server = some_server();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0 ? ECONNREFUSED : 0;
}

static int set_option(void)
{
	const int on = 1;

	return kit_failed(setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

static int set_other_option(void)
{
	const int on = 1;

	return kit_failed(setsockopt(tcp, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)));
}

/* As of a back end that connects to a database elsewhere. */
static void store_can_need_more(void **state)
{
	static const struct sandbox_rule calls[] = {
		SANDBOX_ALLOW_IF(socket, SANDBOX_ARG(0, AF_INET), SANDBOX_ARG(1, SOCK_STREAM)),
		SANDBOX_ALLOW_IF(connect, SANDBOX_ARG(2, sizeof(struct sockaddr_in))),
		SANDBOX_ALLOW_IF(setsockopt, SANDBOX_ARG(1, IPPROTO_TCP),
				 SANDBOX_ARG(2, TCP_NODELAY)),
		SANDBOX_END
	};
	static const struct store_needs needs = { .reader_calls = calls, .writer_calls = calls };
	static const struct attempt attempts[] = {
		{ "makes a TCP socket", make_tcp, EACH(0), false, false },
		{ "connects it", connect_tcp, EACH(ECONNREFUSED), false, false },
		{ "makes a UDP socket", make_udp, EACH(EPERM), false, false },
		{ "connects to itself", connect_to_itself, WORKERS(0, EPERM), false, false },
		{ "connects to pp.sock", connect_to_path, EACH(EPERM), false, false },
		{ "sets an option", set_option, EACH(0), false, false },
		{ "sets another option", set_other_option, EACH(EPERM), false, false },
		{ "locks the database", lock_database, EACH(EPERM), false, false },
	};
	const struct store_needs *before = kit_needs;

	(void)state;
	kit_needs = &needs;
	assert_int_equal(kit_attempt_all(attempts, COUNT(attempts)), 0);
	kit_needs = before;
}

/* ---- Around all ---- */

static int listener_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return type == SOCK_DGRAM || listen(fd, 8) == 0 ? fd : -1;
}

/* As worker/http/handoff_conn.c does, in the worker's process. */
static bool listen_for_itself(void *unused)
{
	int fd = socket(AF_UNIX, WORKERS_TYPE, 0);

	(void)unused;
	own = (struct sockaddr_un){ .sun_family = AF_UNIX };
	own_len = sizeof(own);
	return fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) == 0 &&
	       listen(fd, 8) == 0 && getsockname(fd, (struct sockaddr *)&own, &own_len) == 0;
}

/* A TCP connection within this process. */
static int tcp_connection(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || fd < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) < 0 ||
	    connect(fd, (struct sockaddr *)&address, len) < 0)
		return -1;
	return fd;
}

static int set_up(void **state)
{
	if (kit_set_up(state) != 0 || chdir(kit_root) < 0)
		return -1;
	kit_before_filter = listen_for_itself;
	datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
	tcp = tcp_connection();
	if (datagram < 0 || tcp < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	return listener_at("p.sock", SOCK_STREAM) < 0 || listener_at("pp.sock", SOCK_STREAM) < 0 ||
			       listener_at("d.sock", SOCK_DGRAM) < 0
		       ? -1
		       : 0;
}

static int tear_down(void **state)
{
	(void)unlink("p.sock");
	(void)unlink("pp.sock");
	(void)unlink("d.sock");
	return kit_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_attempt_has_its_outcome),
					    cmocka_unit_test(store_can_need_more) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
