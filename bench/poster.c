/* Posts changes for bench/streams.c. */
#include "bench/poster.h"

#include "base/mem.h"
#include "bench/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct poster {
	const struct post *what;
	int *fds;
};

static _Noreturn void fail(const char *what, const char *err)
{
	fprintf(stderr, "streams: %s: %s\n", what, err);
	exit(1);
}

struct poster *poster_new(const struct post *what)
{
	struct poster *poster = mem_alloc(sizeof(*poster));

	poster->what = what;
	poster->fds = mem_array(what->connections, sizeof(*poster->fds));
	for (unsigned i = 0; i < what->connections; i++) {
		poster->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (poster->fds[i] < 0 ||
		    connect(poster->fds[i], (const struct sockaddr *)&what->to, sizeof(what->to)) <
			    0)
			fail("connect", strerror(errno));
	}
	return poster;
}

static void put_request(const struct post *what, struct buf *out, unsigned group, unsigned change)
{
	struct buf body = BUF_EMPTY;

	template_put(&body, what->body, group, change);
	buf_put_text(out, "POST ");
	template_put(out, what->path, group, change);
	buf_putf(out,
		 " HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		 what->type, body.len);
	buf_put_slice(out, buf_slice(&body));
	buf_free(&body);
}

/* Responses follow each other without a separator; no body contains this text. */
static unsigned count_answers(const struct buf *answers)
{
	static const char status[] = "HTTP/1.1 ";
	unsigned count = 0;

	for (const char *at = answers->data; (at = strstr(at, status)) != NULL;
	     at += sizeof(status) - 1) {
		if (at[sizeof(status) - 1] == 0)
			break;
		if (at[sizeof(status) - 1] != '2')
			fail("a change was refused", at);
		count++;
	}
	return count;
}

static void wait_answers(int fd, unsigned count)
{
	struct buf answers = BUF_EMPTY;
	ssize_t got;

	do {
		got = recv(fd, buf_reserve(&answers, 65536), 65535, 0);
		if (got <= 0)
			fail("the answer to a change",
			     got ? strerror(errno) : "the connection was closed");
		answers.len += (size_t)got;
		answers.data[answers.len] = 0;
	} while (count_answers(&answers) < count);
	buf_free(&answers);
}

void poster_change(struct poster *poster, unsigned change)
{
	const struct post *what = poster->what;
	struct buf out = BUF_EMPTY;

	for (unsigned i = 0; i < what->connections; i++) {
		buf_clear(&out);
		for (unsigned group = i; group < what->groups; group += what->connections)
			put_request(what, &out, group, change);
		if (out.len &&
		    send(poster->fds[i], out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
			fail("send", strerror(errno));
	}
	buf_free(&out);
	for (unsigned i = 0; i < what->connections; i++)
		if (i < what->groups)
			wait_answers(poster->fds[i],
				     (what->groups - i - 1) / what->connections + 1);
}
