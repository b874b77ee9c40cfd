/* Passes orders to end a stream on to the workers, for loop.c. They are sent by
 * admin/streams.c, and carried out by worker/writer_link.c. */
#include "writer/streams.h"

#include "ipc/stream_end.h"
#include "writer/audit.h"

/* In the form of a reply that no request waits for, so that a worker of a release that
 * does not know orders drops it. */
static void put_order(struct peer *worker, const struct stream_end *order)
{
	const struct store_reply reply = { .kind = STORE_TOKEN_USED,
					   .purged = order->pid,
					   .pruned = order->number };
	const size_t begun = frame_begin(&worker->out, FRAME_ORDER);

	store_reply_pack(&reply, &worker->out);
	frame_end(&worker->out, begun);
	peer_flush(worker);
}

static enum rc carry_out(struct writer *writer, struct slice bytes)
{
	struct stream_end order;

	if (stream_end_unpack(bytes, &order) != RC_OK)
		return RC_MALFORMED;
	writer_audit_stream_end(&writer->audit, &order);
	for (size_t i = 0; i < writer->peers.count; i++)
		if (writer->peers.list[i]->kind == PEER_WORKER && !writer->peers.list[i]->broken)
			put_order(writer->peers.list[i], &order);
	return RC_OK;
}

void streams_answer(struct writer *writer, struct peer *peer)
{
	struct buf bytes = BUF_EMPTY;
	uint64_t tag;
	bool any = false;

	for (; peer_take_stream_end(peer, &tag, &bytes); any = true) {
		const struct store_reply reply = { .rc = carry_out(writer, buf_slice(&bytes)) };
		const size_t begun = frame_begin(&peer->out, tag);

		store_reply_pack(&reply, &peer->out);
		frame_end(&peer->out, begun);
	}
	if (any)
		peer_flush(peer);
	buf_free(&bytes);
}
