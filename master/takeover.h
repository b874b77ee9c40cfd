/* A new run of the program takes over from the children of the one before
 * (master/upgrade.h):
 *
 *   for each slot: a new worker is ready ─▶ the old one gives it all it has, and leaves
 *   ─▶ the old writer, whom nobody writes to any more, leaves ─▶ the new writer comes
 *
 * So there are never two writers, and pushes that come in between wait in the new
 * workers. */
#ifndef MASTER_TAKEOVER_H
#define MASTER_TAKEOVER_H

#include "master/state.h"

/* Takes it as far as it goes now. */
void takeover_advance(struct master *master);
/* clock_ms() when there is something to do whatever happens; UINT64_MAX: never. */
uint64_t takeover_next(const struct master *master);
/* Is this worker's turn to be started? */
bool takeover_wants(const struct master *master, unsigned slot);
void takeover_reap(struct master *master);
/* Signals the old workers, or the old writer. */
void takeover_signal(struct master *master, bool writer, int signal);
bool takeover_workers_left(const struct master *master);
bool takeover_writer_left(const struct master *master);

#endif
