/* How a worker leaves without closing anything: it passes its connections and streams
 * to its successor, over a channel (ipc/channel.h) that the master made for the two.
 *
 *   predecessor                                  successor
 *   idle connections ──descriptor──────────────▶ served, as if accepted there
 *   streams ──descriptor, groups, positions────▶ caught up from their positions
 *
 * Busy connections are answered first and are idle then; streams with unsent bytes are
 * passed when these have been sent. No client notices.
 *
 * Each message has the version of this format; the successor closes a connection whose
 * version it does not know. */
#ifndef WORKER_HANDOFF_H
#define WORKER_HANDOFF_H

#include "worker/state.h"

struct handoff;

/*   NONE ─▶ SENDING ─▶ FAILED */
enum handoff_state {
	HANDOFF_NONE,
	HANDOFF_SENDING,
	HANDOFF_FAILED /* the successor is gone */
};

struct handoff *handoff_new(struct worker *worker);
void handoff_free(struct handoff *handoff);
/* Passes everything to the successor at the other end, now and as it becomes idle. The
 * socket is taken over, here and below. */
void handoff_send_all(struct handoff *handoff, int fd);
/* Nothing waits to be sent. */
bool handoff_is_done(const struct handoff *handoff);
enum handoff_state handoff_state(const struct handoff *handoff);
/* Receives what the predecessor at the other end sends. */
void handoff_receive(struct handoff *handoff, int fd);

#endif
