/* Messages to the service manager (sd_notify(3)): readiness, status, watchdog. Without
 * a service manager the functions do nothing. */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include "master/state.h"

void notify_ready(const struct master *master);
void notify_reloading(void);
void notify_stopping(void);
/* Sends the status, and keeps the watchdog quiet if every child serves and has passed
 * through its loop lately. Call it in each turn of the loop; returns the clock_ms() of
 * the next message, UINT64_MAX: none. */
uint64_t notify_tick(struct master *master);

#endif
