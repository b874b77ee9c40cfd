/* Messages with descriptors over a socketpair, between the master and its children, and
 * between two workers (worker/handoff.c). */
#include "ipc/channel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Of a message about the level, without names: the level and who asked. */
#define LEVEL_SIZE (1 + sizeof(struct channel_sender))

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

enum rc channel_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0
		       ? RC_IO
		       : RC_OK;
}

bool channel_set_level(enum channel_word word)
{
	if (word < CHANNEL_LOG || word > CHANNEL_LOG_LAST)
		return false;
	log_limit((enum log_level)(word - CHANNEL_LOG));
	return true;
}

static enum rc channel_rc(void)
{
	/* The last two: too many descriptors are on their way (unix(7)). */
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS
		       ? RC_BUSY
		       : RC_UNAVAILABLE;
}

enum rc channel_send_message(int channel, struct slice text, int fd)
{
	struct iovec part = { (void *)text.data, text.len };
	union control control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	assert(text.len > 0);
	memset(&control, 0, sizeof(control));
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.space);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	do
		sent = sendmsg(channel, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? channel_rc() : RC_OK;
}

enum rc channel_send(int channel, enum channel_word word, int fd)
{
	char byte = (char)word;

	return channel_send_message(channel, slice_make(&byte, 1), fd);
}

enum rc channel_receive_message(int channel, char *room, size_t *len, int *fd)
{
	struct iovec part = { room, *len };
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return channel_rc();
	if (got == 0)
		return RC_UNAVAILABLE;
	*len = (size_t)got;
	*fd = -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(int));
	return RC_OK;
}

enum rc channel_send_level(int channel, enum log_level level, const struct channel_sender *sender,
			   const char *changed)
{
	char bytes[LEVEL_SIZE + CHANNEL_CHANGED_MAX];
	const size_t len = changed ? strnlen(changed, CHANNEL_CHANGED_MAX - 1) : 0;

	bytes[0] = (char)(CHANNEL_LOG + (int)level);
	memcpy(bytes + 1, sender, sizeof(*sender));
	if (len)
		memcpy(bytes + LEVEL_SIZE, changed, len);
	return channel_send_message(channel, slice_make(bytes, LEVEL_SIZE + len), -1);
}

enum rc channel_receive(int channel, struct channel_message *out)
{
	char bytes[LEVEL_SIZE + CHANNEL_CHANGED_MAX - 1] = { 0 };
	size_t len = sizeof(bytes);
	enum rc rc = channel_receive_message(channel, bytes, &len, &out->fd);

	out->word = (enum channel_word)bytes[0];
	out->sender = (struct channel_sender){ .uid = (uid_t)-1 };
	memset(out->changed, 0, sizeof(out->changed));
	if (rc != RC_OK || len < LEVEL_SIZE)
		return rc;
	memcpy(&out->sender, bytes + 1, sizeof(out->sender));
	memcpy(out->changed, bytes + LEVEL_SIZE, len - LEVEL_SIZE);
	return rc;
}
