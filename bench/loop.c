/* The reference for event streams: loop WORKERS, a program that only delivers.
 *
 * Each worker has a listening socket of its own on one port (SO_REUSEPORT), an epoll
 * descriptor and a list of streams for each group. A GET with group=gN in its path
 * opens a stream; the body of a POST with group=gN is sent unchanged to all streams of
 * that group, at all workers, by one send() each, without a queue, a limit, a database
 * or a parser. Prints "listening PORT"; ends with its standard input. */
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS_MAX 16
#define MESSAGE_MAX 16384

static const char greeting[] =
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: connected\ndata: {}\n\n";
static const char thanks[] = "HTTP/1.1 204 No Content\r\n\r\n";

struct group {
	int *fds;
	size_t count, room;
};

struct message {
	unsigned group;
	unsigned len;
	char bytes[MESSAGE_MAX];
};

static int mail[WORKERS_MAX][2]; /* to each worker: datagrams */
static unsigned workers;
static struct group *groups;
static unsigned group_count;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static struct group *group_of(unsigned number)
{
	if (number >= group_count) {
		unsigned count = (number + 1) * 2;

		groups = mem_resize(groups, count, sizeof(*groups));
		memset(groups + group_count, 0, (count - group_count) * sizeof(*groups));
		group_count = count;
	}
	return &groups[number];
}

static void join(unsigned number, int fd)
{
	struct group *group = group_of(number);

	if (group->count == group->room) {
		group->room = group->room ? group->room * 2 : 16;
		group->fds = mem_resize(group->fds, group->room, sizeof(*group->fds));
	}
	group->fds[group->count++] = fd;
}

static void deliver(int from)
{
	static struct message message;

	while (recv(from, &message, sizeof(message), MSG_DONTWAIT) > 0) {
		const struct group *group = group_of(message.group);

		for (size_t i = 0; i < group->count; i++)
			(void)send(group->fds[i], message.bytes, message.len,
				   MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void publish(unsigned group, const char *bytes, size_t len)
{
	static struct message message;

	if (len > MESSAGE_MAX)
		len = MESSAGE_MAX;
	message.group = group;
	message.len = (unsigned)len;
	memcpy(message.bytes, bytes, len);
	for (unsigned i = 0; i < workers; i++)
		if (send(mail[i][1], &message, sizeof(message) - MESSAGE_MAX + len, 0) < 0)
			fail("send");
}

/* Processes all complete requests and returns their length. */
static size_t take_requests(int fd, const char *text)
{
	const char *at = text, *body, *number, *length;

	while ((body = strstr(at, "\r\n\r\n")) != NULL) {
		unsigned group;
		size_t len = 0;

		body += 4;
		length = strstr(at, "Content-Length: ");
		if (length && length < body)
			len = strtoul(length + strlen("Content-Length: "), NULL, 10);
		if (strlen(body) < len)
			break;
		number = strstr(at, "group=g");
		group = number ? (unsigned)strtoul(number + strlen("group=g"), NULL, 10) : 0;
		if (*at == 'P') {
			publish(group, body, len);
			(void)send(fd, thanks, sizeof(thanks) - 1, MSG_NOSIGNAL);
		} else {
			join(group, fd);
			(void)send(fd, greeting, sizeof(greeting) - 1, MSG_NOSIGNAL);
		}
		at = body + len;
	}
	return (size_t)(at - text);
}

static void read_client(int fd)
{
	static char text[1 << 20]; /* of one client at a time: the load never sends half a request
				      and then nothing */
	size_t len = 0, used;
	ssize_t got;

	do {
		got = recv(fd, text + len, sizeof(text) - 1 - len, len ? 0 : MSG_DONTWAIT);
		if (got <= 0) {
			if (got == 0 || errno != EAGAIN)
				(void)close(fd);
			return;
		}
		len += (size_t)got;
		text[len] = 0;
		used = take_requests(fd, text);
		len -= used;
		memmove(text, text + used, len);
	} while (len);
}

static void watch(int epoll, int fd)
{
	struct epoll_event interest = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest) < 0)
		fail("epoll_ctl");
}

static _Noreturn void work(int listener, int inbox)
{
	struct epoll_event ready[512];
	int epoll = epoll_create1(0);

	watch(epoll, listener);
	watch(epoll, inbox);
	for (;;) {
		int count = epoll_wait(epoll, ready, 512, -1);

		for (int i = 0; i < count; i++) {
			int fd = ready[i].data.fd;

			if (fd == inbox)
				deliver(inbox);
			else if (fd != listener)
				read_client(fd);
			else if ((fd = accept(listener, NULL, NULL)) >= 0)
				watch(epoll, fd);
		}
	}
}

static int open_listener(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)at, &len) < 0)
		fail("listen");
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listeners[WORKERS_MAX], room = 1 << 22;
	struct rlimit files;
	char end;

	workers = argc == 2 ? (unsigned)atoi(argv[1]) : 0;
	if (workers < 1 || workers > WORKERS_MAX) {
		fprintf(stderr, "usage: loop WORKERS\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	for (unsigned i = 0; i < workers; i++) {
		listeners[i] = open_listener(&at);
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, mail[i]) < 0)
			fail("socketpair");
		(void)setsockopt(mail[i][1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	}
	for (unsigned i = 0; i < workers; i++) {
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			work(listeners[i], mail[i][0]);
		}
	}
	printf("listening %u\n", ntohs(at.sin_port));
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &end, 1) > 0)
		;
	return 0;
}
