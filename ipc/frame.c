/* Frames on the sockets between workers, the writer and commands. */
#include "ipc/frame.h"

#include <assert.h>

#include "ipc/pack.h"

#define HEADER_SIZE (sizeof(uint32_t) + sizeof(uint64_t))

size_t frame_begin(struct buf *out, uint64_t tag)
{
	size_t begun = out->len;

	pack_u32(out, 0);
	pack_u64(out, tag);
	return begun;
}

void frame_end(struct buf *out, size_t begun)
{
	uint32_t len = (uint32_t)(out->len - begun - HEADER_SIZE);

	assert(begun + HEADER_SIZE <= out->len);
	memcpy(out->data + begun, &len, sizeof(len));
}

enum rc frame_take(struct slice bytes, struct frame *out)
{
	struct unpack in = { .rest = bytes };
	size_t len;

	if (bytes.len < HEADER_SIZE)
		return RC_BUSY;
	len = unpack_u32(&in);
	out->tag = unpack_u64(&in);
	if (len > FRAME_MAX)
		return RC_TOO_LARGE;
	if (in.rest.len < len)
		return RC_BUSY;
	out->payload = slice_make(in.rest.data, len);
	out->size = HEADER_SIZE + len;
	return RC_OK;
}
