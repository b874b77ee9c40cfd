/* Socket activation, for master.c. */
#include "master/socket_activation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

unsigned activate_count(void)
{
	int count = sd_listen_fds(1);

	return count > 0 ? (unsigned)count : 0;
}

static bool shares_port(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, &len) == 0 && value;
}

/* The socket of another slot: one of its own at the same place, or the same once
 * more. */
static int activate_sibling(int fd, const struct listen_address *address)
{
	int sibling = shares_port(fd) ? listen_open_shared(address) : -1;

	return sibling >= 0 ? sibling : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static enum rc activate_one(struct listeners *listeners, unsigned i, struct error *err)
{
	struct listen_address *address = &listeners->addresses[i];
	const int fd = SD_LISTEN_FDS_START + (int)i;

	address->len = sizeof(address->socket);
	if (sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) <= 0 ||
	    getsockname(fd, &address->socket.any, &address->len) < 0)
		return error_set(err, RC_MALFORMED,
				 "the socket number %u that was passed to this program is not a "
				 "listening TCP socket",
				 i + 1);
	listeners->fds[i] = fd;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ||
	    !listen_prepare(fd))
		return error_set(err, RC_IO,
				 "the socket number %u that was passed to this program: %s", i + 1,
				 strerror(errno));
	for (unsigned slot = 1; slot < listeners->slots; slot++) {
		int sibling = activate_sibling(fd, address);

		listeners->fds[slot * listeners->count + i] = sibling;
		if (sibling < 0)
			return error_set(err, RC_IO, "cannot copy a socket: %s", strerror(errno));
	}
	return RC_OK;
}

enum rc activate_take(unsigned count, const char *metrics, unsigned slots, struct listeners *out,
		      struct error *err)
{
	enum rc rc = RC_OK;

	listeners_new(count, metrics != NULL, slots, out);
	for (unsigned i = 0; i < count && rc == RC_OK; i++)
		rc = activate_one(out, i, err);
	return rc == RC_OK && metrics ? listeners_open_one(out, count, metrics, err) : rc;
}
