/* What the kernel enforces on a worker (os/sandbox.h). Called by worker/worker when the
 * worker begins to serve. */
#include "worker/confine.h"

#include "os/sandbox.h"
#include "worker/worker.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* The length of an address that autobind assigns: the family, a zero, five digits
 * (unix(7)). */
#define AUTOBIND_LEN (sizeof(sa_family_t) + 6)

/* For sockets that arrive by accept or in a message, the event loop, files sent to
 * sockets, the names in the folder of --www (no other folder can be opened), and a
 * socket by which the process connects to itself
 * (worker/http/handoff_conn.c). What TCP knows of a stream is how much its client has
 * taken (worker/live/publish.c).
 *
 * A filter sees the length of an address only, and a path can be as short as an address
 * from autobind. But a socket of this type connects only to a socket of the same type,
 * and neither the control socket nor those of journald, D-Bus and container engines
 * have it. A TCP socket needs a longer address; one that connect has dissolved
 * (AF_UNSPEC) can neither listen nor send with MSG_FASTOPEN. */
static const struct sandbox_rule rules[] = {
	SANDBOX_ALLOW(accept4),
	SANDBOX_ALLOW(getpeername),
	SANDBOX_ALLOW(shutdown),
	SANDBOX_ALLOW(sendfile),
	SANDBOX_ALLOW(epoll_wait),
	SANDBOX_ALLOW(epoll_pwait),
	SANDBOX_ALLOW(epoll_ctl),
	SANDBOX_ALLOW(getdents64),
	SANDBOX_ALLOW_IF(socket, SANDBOX_ARG(0, AF_UNIX),
			 SANDBOX_ARG(1, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK),
			 SANDBOX_ARG(2, 0)),
	SANDBOX_KILL_IF(socket, SANDBOX_ARG_NOT(0, AF_UNIX)),
	SANDBOX_ALLOW_IF(getsockopt, SANDBOX_ARG(1, IPPROTO_TCP), SANDBOX_ARG(2, TCP_INFO)),
	SANDBOX_ALLOW_IF(connect, SANDBOX_ARG(2, AUTOBIND_LEN)),
	SANDBOX_KILL_IF(connect, SANDBOX_ARG_NOT(2, AUTOBIND_LEN)),
	SANDBOX_END
};

enum rc worker_confine(const struct worker_settings *settings, const struct store_needs *needs,
		       bool (*before_filter)(void *arg), void *arg)
{
	struct landlock_beneath beneath[STORE_READS_MAX + 1];
	size_t count = needs->read_count;

	assert(count <= STORE_READS_MAX);
	for (size_t i = 0; i < count; i++)
		beneath[i] = (struct landlock_beneath){ needs->reads[i], false };
	if (settings->www)
		beneath[count++] = (struct landlock_beneath){ settings->www, false };
	const struct sandbox sandbox = {
		.rules = rules,
		.store_rules = needs->reader_calls,
		.before_filter = before_filter,
		.arg = arg,
		.opens_to_read = count > 0,
		.connects = needs->connects,
		.beneath = beneath,
		.beneath_count = count,
	};

	return sandbox_enter_logged(&sandbox);
}
