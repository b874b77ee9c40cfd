/* Channels: words and descriptors between processes. */
#include "ipc/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void words_come_one_by_one(void **state)
{
	struct channel_message message;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
	}
	assert_int_equal(channel_receive(ends[0], &message), RC_BUSY);
	assert_int_equal(channel_send(ends[1], CHANNEL_READY, -1), RC_OK);
	assert_int_equal(channel_send(ends[1], CHANNEL_LINK, -1), RC_OK);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	assert_int_equal(channel_receive(ends[0], &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_READY);
	assert_int_equal(message.fd, -1);
	assert_int_equal(channel_receive(ends[0], &message), RC_OK);
	assert_int_equal(message.word, CHANNEL_LINK);
	assert_int_equal(channel_receive(ends[0], &message), RC_BUSY);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	close(ends[0]);
	close(ends[1]);
}

static void a_descriptor_comes_along(void **state)
{
	struct channel_message message;
	struct stat sent, came;
	int ends[2], pipe_ends[2];
	char byte = 0;

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(channel_send(ends[0], CHANNEL_LINK, pipe_ends[1]), RC_OK);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	assert_true(message.fd >= 0 && message.fd != pipe_ends[1]);
	assert_true(fcntl(message.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(pipe_ends[1], &sent) | fstat(message.fd, &came), 0);
	assert_int_equal(sent.st_ino, came.st_ino);
	close(pipe_ends[1]);
	assert_int_equal(write(message.fd, "!", 1), 1);
	assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	close(message.fd);
	close(pipe_ends[0]);
	close(ends[0]);
	close(ends[1]);
}

/* What was sent before the end is still received; a signal ends nobody. */
static void the_end_of_the_other_side_is_told(void **state)
{
	struct channel_message message;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	close(ends[0]);
	assert_int_equal(channel_send(ends[1], CHANNEL_READY, -1), RC_UNAVAILABLE);
	assert_int_equal(channel_receive(ends[1], &message), RC_OK);
	assert_int_equal(channel_receive(ends[1], &message), RC_UNAVAILABLE);
	close(ends[1]);
}

static void a_full_queue_is_told(void **state)
{
	struct channel_message message;
	enum rc rc = RC_OK;
	int ends[2];
	size_t sent = 0, received = 0;

	(void)state;
	assert_int_equal(channel_pair(ends), RC_OK);
	while (rc == RC_OK && sent < 1000000) {
		rc = channel_send(ends[0], CHANNEL_READY, -1);
		sent += rc == RC_OK;
	}
	assert_int_equal(rc, RC_BUSY);
	while (channel_receive(ends[1], &message) == RC_OK)
		received++;
	assert_int_equal(received, sent);
	assert_int_equal(channel_send(ends[0], CHANNEL_READY, -1), RC_OK);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_one_by_one),
		cmocka_unit_test(a_descriptor_comes_along),
		cmocka_unit_test(the_end_of_the_other_side_is_told),
		cmocka_unit_test(a_full_queue_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
