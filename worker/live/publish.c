/* Writes the rows of open streams into shared memory, while the admin page wants them.
 * Called by worker/live/streams each second. Nothing is counted while the streams are
 * not asked for: the kernel knows what was sent. */
#include "worker/live/publish.h"

#include "auth/identity.h"
#include "base/mem.h"
#include "shm/live.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(LIVE_TOKEN_LEN == STORE_TOKEN_ID_LEN && LIVE_USER_MAX == STORE_USER_MAX,
	       "a row has room");

/* Of the whole connection. */
static uint64_t bytes_taken(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
	    len < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof(info.tcpi_bytes_acked))
		return LIVE_UNKNOWN;
	return info.tcpi_bytes_acked;
}

static void copy_user(struct live_row *row, struct slice user)
{
	const size_t len = user.len < LIVE_USER_MAX ? user.len : LIVE_USER_MAX;

	if (len)
		memcpy(row->user, user.data, len);
}

static void fill(struct live_row *row, const struct subscriber *subscriber)
{
	*row = (struct live_row){
		.number = subscriber->number,
		.since = subscriber->opened,
		.bytes = bytes_taken(subscriber->stream.fd),
		.groups = (uint32_t)subscriber->count,
	};
	memcpy(row->token, subscriber->identity->id, LIVE_TOKEN_LEN);
	copy_user(row, subscriber->identity->user);
}

void streams_publish(const struct streams *streams, struct shm *shm, unsigned column)
{
	const struct subscriber *subscriber;
	struct live_row *rows;
	size_t count = 0;

	if (!live_is_wanted(shm))
		return;
	rows = mem_resize(NULL, LIVE_ROWS, sizeof(*rows));
	for (subscriber = streams_next(streams, NULL); subscriber && count < LIVE_ROWS;
	     subscriber = streams_next(streams, subscriber))
		fill(&rows[count++], subscriber);
	live_write(shm, column, rows, streams_count(streams));
	free(rows);
}
