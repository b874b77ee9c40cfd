/* Packing of numbers and strings, for the messages in frames (store/wire.c) and for the
 * scoreboard. */
#include "ipc/pack.h"

#include <assert.h>

void pack_u8(struct buf *out, uint8_t value)
{
	buf_put(out, &value, sizeof(value));
}

void pack_u32(struct buf *out, uint32_t value)
{
	buf_put(out, &value, sizeof(value));
}

void pack_u64(struct buf *out, uint64_t value)
{
	buf_put(out, &value, sizeof(value));
}

void pack_bytes(struct buf *out, struct slice bytes)
{
	assert(bytes.len <= UINT32_MAX);
	pack_u32(out, (uint32_t)bytes.len);
	buf_put_slice(out, bytes);
}

static struct slice unpack_take(struct unpack *in, size_t len)
{
	struct slice taken = { in->rest.data, len };

	if (in->bad || in->rest.len < len) {
		in->bad = true;
		return (struct slice){ NULL, 0 };
	}
	in->rest.data += len;
	in->rest.len -= len;
	return taken;
}

static void unpack_into(struct unpack *in, void *out, size_t len)
{
	struct slice taken = unpack_take(in, len);

	if (taken.data)
		memcpy(out, taken.data, len);
}

uint8_t unpack_u8(struct unpack *in)
{
	uint8_t value = 0;

	unpack_into(in, &value, sizeof(value));
	return value;
}

uint32_t unpack_u32(struct unpack *in)
{
	uint32_t value = 0;

	unpack_into(in, &value, sizeof(value));
	return value;
}

uint64_t unpack_u64(struct unpack *in)
{
	uint64_t value = 0;

	unpack_into(in, &value, sizeof(value));
	return value;
}

struct slice unpack_bytes(struct unpack *in)
{
	return unpack_take(in, unpack_u32(in));
}

enum rc unpack_finish(const struct unpack *in)
{
	return in->bad || in->rest.len ? RC_MALFORMED : RC_OK;
}
