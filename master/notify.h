/* What the service manager is told (sd_notify(3)): that all serve, what they are doing,
 * that they are alive. Without one nothing is done.
 */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include "master/state.h"

void notify_ready(const struct master *master);
void notify_reloading(void);
void notify_stopping(void);
/* Tells how it goes, and that all is well where it is: every child serves and has
 * passed through its loop lately. Call it from time to time; answers the clock_ms() at
 * which it has something to tell next, UINT64_MAX for never. */
uint64_t notify_tick(struct master *master);

#endif
