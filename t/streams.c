/* Opens many event streams and holds them: streams PORT COUNT
 * Says "open" on stdout when all have had their greeting, then waits for the end of its input. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_stream(const struct sockaddr_in *to)
{
	static const char ask[] = "GET /events?group=idle HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		fail("connect");
	if (send(fd, ask, sizeof(ask) - 1, 0) != (ssize_t)(sizeof(ask) - 1))
		fail("send");
	return fd;
}

static void wait_greeting(int fd)
{
	char text[4096];
	size_t len = 0;
	ssize_t got;

	do {
		got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		if (got <= 0)
			fail("recv");
		len += (size_t)got;
		text[len] = 0;
	} while (strstr(text, "event: connected") == NULL && len < sizeof(text) - 1);
	if (strstr(text, "event: connected") == NULL)
		exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct rlimit files;
	int count = argc == 3 ? atoi(argv[2]) : 0;
	int *fds = calloc((size_t)(count > 0 ? count : 1), sizeof(*fds));
	char end;

	if (count <= 0 || fds == NULL) {
		fprintf(stderr, "usage: streams PORT COUNT\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < count; i++) {
		fds[i] = open_stream(&to);
		wait_greeting(fds[i]);
	}
	puts("open");
	fflush(stdout);
	while (read(STDIN_FILENO, &end, 1) > 0)
		;
	for (int i = 0; i < count; i++)
		close(fds[i]);
	free(fds);
	return 0;
}
