/* The order to end a stream, as bytes. Called by admin/writer_client.c and
 * writer/streams.c. */
#include "ipc/stream_end.h"

#include "ipc/pack.h"

void stream_end_pack(const struct stream_end *order, struct buf *out)
{
	pack_u8(out, STREAM_END_MARK);
	actor_pack(&order->actor, out);
	pack_u64(out, order->pid);
	pack_u64(out, order->number);
	pack_bytes(out, order->token);
	pack_bytes(out, order->user);
}

enum rc stream_end_unpack(struct slice bytes, struct stream_end *out)
{
	struct unpack in = { .rest = bytes };
	const uint8_t mark = unpack_u8(&in);

	if (in.bad || mark != STREAM_END_MARK || actor_unpack(&in.rest, &out->actor) != RC_OK)
		return RC_MALFORMED;
	out->pid = unpack_u64(&in);
	out->number = unpack_u64(&in);
	out->token = unpack_bytes(&in);
	out->user = unpack_bytes(&in);
	return unpack_finish(&in);
}
