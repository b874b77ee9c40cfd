/* Listening sockets that were opened by the parent process, such as systemd
 * (sd_listen_fds(3)). */
#ifndef MASTER_SOCKET_ACTIVATION_H
#define MASTER_SOCKET_ACTIVATION_H

#include "master/listen.h"

/* How many were passed. Call it once: it clears the variables, so that no child takes
 * the sockets for its own. */
unsigned activate_count(void);
/* Makes listeners of the first `count` for all slots, and opens one for `metrics`
 * (NULL: none) behind them. If a passed socket shares its port (ReusePort= in
 * systemd.socket(5)) each slot gets one of its own, else all have the same.
 * RC_MALFORMED: one is not a listening TCP socket; else as listeners_open. Close with
 * listeners_close. */
MUST_USE enum rc activate_take(unsigned count, const char *metrics, unsigned slots,
			       struct listeners *out, struct error *err);

#endif
