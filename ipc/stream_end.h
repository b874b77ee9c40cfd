/* An order to end an event stream, from the admin page to the writer, which knows the
 * links to the workers. */
#ifndef IPC_STREAM_END_H
#define IPC_STREAM_END_H

#include "ipc/actor.h"

#include <stdint.h>

/* A request that begins with this byte is such an order, and none for the store. */
#define STREAM_END_MARK 0xb1
#define STREAM_END_BYTES_MAX 512

struct stream_end {
	struct actor actor;
	uint64_t pid;       /* of its worker */
	uint64_t number;    /* of the stream, in that */
	struct slice token; /* whose it is, for the audit file */
	struct slice user;
};

void stream_end_pack(const struct stream_end *order, struct buf *out);
/* Points into the bytes. RC_MALFORMED. */
MUST_USE enum rc stream_end_unpack(struct slice bytes, struct stream_end *out);

#endif
