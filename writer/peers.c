/* The list of the writer's peers, for loop.c and commit.c; one peer is in peer.c. */
#include "writer/peers.h"

#include "base/mem.h"
#include "writer/control.h"

#include <poll.h>
#include <stdlib.h>

struct peer *peers_add(struct peers *peers, enum peer_kind kind, int fd)
{
	peers->list = mem_resize(peers->list, peers->count + 1, sizeof(*peers->list));
	peers->list[peers->count] = peer_new(kind, fd);
	return peers->list[peers->count++];
}

void peers_sweep(struct peers *peers)
{
	size_t left = 0;

	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = peers->list[i];

		if (!peer_is_held(peer) && (peer_is_done(peer) || control_is_idle(peer)))
			peer_free(peer);
		else
			peers->list[left++] = peer;
	}
	peers->count = left;
}

void peers_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		peer_free(peers->list[i]);
	free(peers->list);
	*peers = (struct peers){ 0 };
}

void peers_flush(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		peer_flush(peers->list[i]);
}

void peers_hold(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		peer_hold(peers->list[i]);
}

void peers_forget(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		peer_forget(peers->list[i]);
}

void peers_read(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peer_events(peers->list[i]) & POLLIN)
			peer_read(peers->list[i]);
}

size_t peers_controls(const struct peers *peers)
{
	size_t count = 0;

	for (size_t i = 0; i < peers->count; i++)
		count += peers->list[i]->kind == PEER_CONTROL;
	return count;
}

size_t peers_frames(const struct peers *peers)
{
	size_t count = 0;

	for (size_t i = 0; i < peers->count; i++)
		count += peer_frames(peers->list[i]);
	return count;
}

size_t peers_deferred(const struct peers *peers)
{
	size_t count = 0;

	for (size_t i = 0; i < peers->count; i++)
		count += peers->list[i]->deferred_count;
	return count;
}

bool peers_have_replies(const struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->list[i]->out.len > peers->list[i]->sent)
			return true;
	return false;
}
