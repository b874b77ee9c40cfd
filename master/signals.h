/* The master's signals, as a descriptor. */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

#include "base/error.h"
#include "ipc/channel.h"

#include <signal.h>
#include <stdbool.h>

struct signals {
	int fd;
	bool terminal; /* whose end is the master's, too */
	sigset_t old;  /* the mask before */
};

/* Blocks SIGTERM, SIGINT, SIGCHLD, SIGHUP and SIGUSR2 and opens a descriptor for them.
 * RC_IO with the reason. */
MUST_USE enum rc signals_open(struct signals *signals, struct error *err);
/* The next one that has arrived, and who has sent it; 0: none. */
int signals_take(const struct signals *signals, struct channel_sender *sender);
/* Does a SIGHUP mean that the terminal has gone, and not that a reload is asked for? */
bool signals_is_hangup(const struct signals *signals);
/* Puts the mask back. */
void signals_close(struct signals *signals);

#endif
