/* SIGHUP: new settings, and for each worker a successor that has them.
 *
 * One slot after the other: the successor is started, and when it is ready the two are
 * paired (master/handover.h). The writer stays. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/state.h"

/* A reload is asked for. */
void reload_ask(struct reload *reload, const struct channel_sender *sender);
/* Takes the reload that was asked for as far as it goes now. */
void reload_advance(struct master *master);

#endif
