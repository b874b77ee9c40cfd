/* All peers of the writer. */
#ifndef WRITER_PEERS_H
#define WRITER_PEERS_H

#include "writer/peer.h"

struct peers {
	struct peer **list;
	size_t count;
	size_t turn; /* whose requests are taken first */
};

/* Takes the descriptor over. */
struct peer *peers_add(struct peers *peers, enum peer_kind kind, int fd);
/* Closes those that are done, and administrators who let others wait; not those whose
 * requests are held. */
void peers_sweep(struct peers *peers);
void peers_free(struct peers *peers);

/* peer_flush, peer_hold and peer_forget of each. */
void peers_flush(struct peers *peers);
void peers_hold(struct peers *peers);
void peers_forget(struct peers *peers);
/* Reads from each that may send more. */
void peers_read(struct peers *peers);

/* How many administrators there are. */
size_t peers_controls(const struct peers *peers);
/* How many whole frames wait to be taken. */
size_t peers_frames(const struct peers *peers);
/* How many of those that were taken are deferred (peer_defer). */
size_t peers_deferred(const struct peers *peers);
/* Does any have replies that it has not read? */
bool peers_have_replies(const struct peers *peers);

#endif
