/* The master's loop. */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include "master/state.h"

/* Starts the processes, replaces those that end, and serves signals, until everyone has
 * left. */
void supervise_run(struct master *master);

#endif
