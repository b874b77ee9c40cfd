/* The control socket: accepts administrators and answers requests for the scoreboard,
 * for loop.c. The other side is cli/server_stats.c and cli/admin.c. */
#include "writer/control.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_MS 10000
#define FULL_MS 100

static bool control_is_allowed(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	if (who.uid == geteuid() || who.uid == 0)
		return true;
	log_warn("control_denied", LOG_NUMBER("uid", who.uid), LOG_NUMBER("peer", who.pid));
	return false;
}

enum rc control_accept(int listener, int *fd, struct caller *caller)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);

	*fd = accept4(listener, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*fd < 0 &&
	    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		/* The connection stays in the queue and would wake the loop again at
		 * once. */
		log_error("control_accept", LOG_NUMBER("errno", errno));
		(void)poll(NULL, 0, FULL_MS);
		return RC_IO;
	}
	if (*fd < 0)
		return RC_BUSY;
	if (!control_is_allowed(*fd) || !caller_of(*fd, &address, len, caller)) {
		(void)close(*fd);
		return RC_DENIED;
	}
	return RC_OK;
}

static void control_reply(const struct shm *shm, struct peer *peer, uint64_t tag)
{
	struct scoreboard_view view;
	size_t begun;

	scoreboard_view_take(shm, &view);
	begun = frame_begin(&peer->out, tag);
	scoreboard_view_pack(&view, &peer->out);
	frame_end(&peer->out, begun);
	scoreboard_view_clear(&view);
}

void control_answer(const struct shm *shm, struct peer *peer)
{
	uint64_t tag;
	bool any = false;

	for (; peer_take_board(peer, &tag); any = true)
		control_reply(shm, peer, tag);
	if (any)
		peer_flush(peer);
}

bool control_is_idle(const struct peer *peer)
{
	return peer->kind == PEER_CONTROL && !peer_has_frame(peer) &&
	       clock_ms() - peer->moved > IDLE_MS;
}
