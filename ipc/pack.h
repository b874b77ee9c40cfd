/* Numbers and byte strings written into a buffer and read back, for messages between
 * our own processes on one machine (host byte order). A reader that runs past the end,
 * or meets a length that does, turns bad and stays bad: check once at the end. */
#ifndef IPC_PACK_H
#define IPC_PACK_H

#include "base/buf.h"
#include "base/rc.h"

#include <stdint.h>

void pack_u8(struct buf *out, uint8_t value);
void pack_u32(struct buf *out, uint32_t value);
void pack_u64(struct buf *out, uint64_t value);
/* A 32-bit length and the bytes; len must be below 4 GiB. */
void pack_bytes(struct buf *out, struct slice bytes);

struct unpack {
	struct slice rest;
	bool bad;
};

uint8_t unpack_u8(struct unpack *in);
uint32_t unpack_u32(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
/* Points into the message. */
struct slice unpack_bytes(struct unpack *in);
/* RC_OK if nothing was missing and nothing is left over, else RC_MALFORMED. */
MUST_USE enum rc unpack_finish(const struct unpack *in);

#endif
