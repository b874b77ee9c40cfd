/* Opens and reads event streams by epoll, for bench/streams.c. */
#include "bench/subscriber.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bench/template.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE 256 /* streams that are not open yet */
#define READ_SIZE 65536

/* The parser's state in the current line. */
enum line {
	LINE_DATA_LAST = 5,
	LINE_OTHER = 6
}; /* 0 to 5: that many characters of "data:" and no others */

struct subscriber {
	int fd;
	uint8_t line;         /* enum line, and the values below it */
	bool has_data;        /* so has the block */
	struct buf *greeting; /* the head so far; NULL: the stream is open */
};

struct merge_run {
	const struct subscription *what;
	struct deliveries *deliveries;
	struct subscriber *all;
	int epoll;
	unsigned waiting; /* for the stream to open */
	char bytes[READ_SIZE];
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "streams: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static int connect_from(const struct subscription *what)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		fail("socket");
	if (what->source) {
		if (inet_pton(AF_INET, what->source, &from.sin_addr) != 1)
			fail(what->source);
		/* The port is chosen at connect, when the other end is known: the same
		 * one serves for several. */
		(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
			fail(what->source);
	}
	if (connect(fd, (const struct sockaddr *)&what->to, sizeof(what->to)) < 0)
		fail("connect");
	return fd;
}

static void open_stream(struct merge_run *run, unsigned index)
{
	struct subscriber *subscriber = &run->all[index];
	struct epoll_event interest = { .events = EPOLLIN | EPOLLET | EPOLLRDHUP,
					.data.u32 = index };
	struct buf ask = BUF_EMPTY;

	subscriber->fd = connect_from(run->what);
	subscriber->greeting = mem_alloc(sizeof(*subscriber->greeting));
	buf_put_text(&ask, "GET ");
	template_put(&ask, run->what->path, (run->what->first + index) % run->what->groups, 0);
	buf_put_text(&ask, " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
	if (send(subscriber->fd, ask.data, ask.len, 0) != (ssize_t)ask.len)
		fail("send");
	buf_free(&ask);
	(void)fcntl(subscriber->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, subscriber->fd, &interest) < 0)
		fail("epoll_ctl");
	run->waiting++;
}

/* After the first block, the same read contains only the framing of a chunk. */
static void take_greeting(struct merge_run *run, struct subscriber *subscriber, struct slice bytes)
{
	const char *greeting;

	buf_put_slice(subscriber->greeting, bytes);
	buf_put_byte(subscriber->greeting, 0);
	greeting = strstr(subscriber->greeting->data, run->what->greeting);
	if (greeting && strstr(greeting, "\n\n")) {
		buf_free(subscriber->greeting);
		free(subscriber->greeting);
		subscriber->greeting = NULL;
		run->waiting--;
		atomic_fetch_add(&run->deliveries->open, 1);
		return;
	}
	if (strncmp(subscriber->greeting->data, "HTTP/1.1 200", 12) != 0 &&
	    subscriber->greeting->len > 12) {
		fprintf(stderr, "streams: %.200s\n", subscriber->greeting->data);
		_exit(1);
	}
	subscriber->greeting->len--;
}

static void delivered(struct deliveries *deliveries)
{
	unsigned place = atomic_fetch_add(&deliveries->count, 1);

	if (place < deliveries->room)
		deliveries->at[place] = clock_us();
}

/* Lines may span reads. Only two kinds matter: those that begin with "data:", and empty
 * ones. */
static void take_lines(struct deliveries *deliveries, struct subscriber *subscriber,
		       struct slice bytes)
{
	static const char field[] = "data:";
	const char *at = bytes.data, *end = bytes.data + bytes.len;

	while (at < end) {
		if (subscriber->line > LINE_DATA_LAST) {
			at = memchr(at, '\n', (size_t)(end - at));
			if (at == NULL)
				return;
		}
		if (*at == '\n') {
			if (subscriber->line == 0 && subscriber->has_data)
				delivered(deliveries);
			if (subscriber->line == 0)
				subscriber->has_data = false;
			subscriber->line = 0;
		} else if (*at == field[subscriber->line]) {
			subscriber->line++;
			if (subscriber->line == LINE_DATA_LAST) {
				subscriber->has_data = true;
				subscriber->line = LINE_OTHER;
			}
		} else if (*at != '\r') {
			subscriber->line = LINE_OTHER;
		}
		at++;
	}
}

static void read_stream(struct merge_run *run, struct subscriber *subscriber)
{
	ssize_t got;

	do {
		got = recv(subscriber->fd, run->bytes, sizeof(run->bytes), 0);
		if (got > 0 && subscriber->greeting)
			take_greeting(run, subscriber, slice_make(run->bytes, (size_t)got));
		else if (got > 0)
			take_lines(run->deliveries, subscriber,
				   slice_make(run->bytes, (size_t)got));
		/* Edge-triggered: a read that does not fill the buffer was the last. */
	} while (got == (ssize_t)sizeof(run->bytes));
	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		atomic_fetch_add(&run->deliveries->closed, 1);
		(void)close(subscriber->fd);
	}
}

static void turn(struct merge_run *run)
{
	struct epoll_event ready[512];
	int count = epoll_wait(run->epoll, ready, 512, -1);

	for (int i = 0; i < count; i++)
		read_stream(run, &run->all[ready[i].data.u32]);
}

_Noreturn void subscriber_run(const struct subscription *what, struct deliveries *deliveries)
{
	static struct merge_run run;

	run = (struct merge_run){ .what = what,
				  .deliveries = deliveries,
				  .epoll = epoll_create1(EPOLL_CLOEXEC) };
	run.all = mem_array(what->count ? what->count : 1, sizeof(*run.all));
	if (run.epoll < 0)
		fail("epoll_create1");
	for (unsigned i = 0; i < what->count; i++) {
		open_stream(&run, i);
		while (run.waiting >= AT_ONCE)
			turn(&run);
	}
	for (;;)
		turn(&run);
}
