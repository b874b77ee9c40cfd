/* SIGHUP: new settings, and for each worker a successor that has them.
 *
 * One slot after the other: the successor is started; once it is ready both are given
 * the ends of a channel, by which the old worker gives the new one all its connections
 * and streams (worker/handoff.h), and ends. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/state.h"

/* Reads the settings where that was asked for; where they are good, begins to replace
 * the workers. Takes that as far as it goes now. */
void reload_advance(struct master *master);
/* clock_ms() of what reload_advance waits for, UINT64_MAX for nothing but signals and
 * channels. */
uint64_t reload_next(const struct master *master);

#endif
