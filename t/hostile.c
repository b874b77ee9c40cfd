/* Clients that do half of what they should: hostile PORT COUNT TEXT [FILL [BUFFER]]
 *
 * Opens COUNT connections, with a receive buffer of BUFFER bytes where that is given,
 * sends TEXT on each and then FILL bytes more, and never reads. Says "sent" on stdout
 * once every connection has taken all or has been closed, and at the end of its input
 * "closed N", the number of those that the server has closed by then. TEXT may have \r
 * and \n written out. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	size_t sent;
	bool closed;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int open_client(const struct sockaddr_in *to, int buffer)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (buffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) < 0)
		fail("SO_RCVBUF");
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		fail("connect");
	return fd;
}

/* \r and \n become what they stand for; returns the length. */
static size_t unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && (at[1] == 'r' || at[1] == 'n'))
			*to++ = *++at == 'r' ? '\r' : '\n';
		else
			*to++ = *at;
	}
	*to = 0;
	return (size_t)(to - text);
}

/* Sends what the socket takes. True: there is nothing more to send. */
static bool send_some(int fd, struct client *client, const char *bytes, size_t len)
{
	while (client->sent < len) {
		ssize_t sent = send(fd, bytes + client->sent, len - client->sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (sent < 0) {
			client->closed = true;
			return true;
		}
		client->sent += (size_t)sent;
	}
	return true;
}

static void send_all(struct pollfd *polls, struct client *clients, nfds_t count, const char *bytes,
		     size_t len)
{
	nfds_t left;

	do {
		left = 0;
		for (nfds_t i = 0; i < count; i++) {
			bool done = clients[i].closed ||
				    send_some(polls[i].fd, &clients[i], bytes, len);

			polls[i].events = done ? 0 : POLLOUT;
			left += !done;
		}
		if (left && poll(polls, count, -1) < 0 && errno != EINTR)
			fail("poll");
	} while (left);
}

static unsigned count_closed(struct pollfd *polls, const struct client *clients, nfds_t count)
{
	unsigned closed = 0;

	for (nfds_t i = 0; i < count; i++)
		polls[i].events = POLLRDHUP;
	if (poll(polls, count, 0) < 0)
		fail("poll");
	for (nfds_t i = 0; i < count; i++)
		closed += clients[i].closed || (polls[i].revents & (POLLRDHUP | POLLHUP | POLLERR));
	return closed;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const nfds_t count = argc >= 4 ? (nfds_t)atol(argv[2]) : 0;
	const size_t fill = argc >= 5 ? (size_t)atol(argv[4]) : 0;
	struct pollfd *polls = calloc(count + 1, sizeof(*polls));
	struct client *clients = calloc(count + 1, sizeof(*clients));
	char *bytes, end;
	size_t len;

	if (count == 0 || polls == NULL || clients == NULL) {
		fprintf(stderr, "usage: hostile PORT COUNT TEXT [FILL [BUFFER]]\n");
		return 2;
	}
	len = unescape(argv[3]);
	bytes = malloc(len + fill);
	if (bytes == NULL && len + fill)
		fail("malloc");
	memcpy(bytes, argv[3], len);
	memset(bytes + len, ' ', fill);
	raise_files();
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (nfds_t i = 0; i < count; i++)
		polls[i].fd = open_client(&to, argc >= 6 ? atoi(argv[5]) : 0);
	send_all(polls, clients, count, bytes, len + fill);
	puts("sent");
	fflush(stdout);
	while (read(STDIN_FILENO, &end, 1) > 0)
		;
	printf("closed %u\n", count_closed(polls, clients, count));
	free(polls);
	free(clients);
	free(bytes);
	return 0;
}
