/* One request to a running server over its control socket, and the answer. */
#ifndef CLI_CONTROL_CLIENT_H
#define CLI_CONTROL_CLIENT_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

/* Sends the bytes as one frame and waits until `deadline` (clock_ms) for a frame in
 * return; *answer points into *in. RC_BUSY: no answer; RC_UNAVAILABLE: the server went
 * away, perhaps after it carried out the request; anything else: the answer is not
 * valid. */
MUST_USE enum rc control_client_ask(int fd, struct slice question, uint64_t deadline,
				    struct buf *in, struct slice *answer);

#endif
