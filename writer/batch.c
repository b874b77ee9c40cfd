/* Requests of several peers in one commit, for commit.c. */
#include "writer/batch.h"

#include "base/fault.h"
#include "base/log.h"

#include <assert.h>

static void batch_reply(struct peer *peer, uint64_t tag, const struct store_reply *reply)
{
	size_t begun;

	if (peer == NULL)
		return;
	begun = frame_begin(&peer->out, tag);
	store_reply_pack(reply, &peer->out);
	frame_end(&peer->out, begun);
}

/* Checks a request that was unpacked with this result. */
static enum rc batch_check(struct peer *peer, enum rc unpacked, enum store_kind kind)
{
	if (unpacked != RC_OK) {
		log_warn("request_malformed", LOG_TEXT("from", peer_kind_name(peer->kind)));
		return unpacked;
	}
	if (rights_allow(peer->kind, kind))
		return RC_OK;
	if (!peer->denied)
		log_error("peer_denied", LOG_TEXT("kind", peer_kind_name(peer->kind)),
			  LOG_NUMBER("request", kind));
	peer->denied = true;
	return RC_DENIED;
}

static void batch_take(struct batch *batch, struct peer *peer, const struct frame *frame)
{
	struct store_request *request = &batch->requests[batch->count];
	enum rc rc;

	rc = store_request_unpack(frame->payload, request);
	rc = batch_check(peer, rc, request->kind);
	if (rc != RC_OK) {
		const struct store_reply reply = { .rc = rc };

		store_request_clear(request);
		batch_reply(peer, frame->tag, &reply);
		return;
	}
	batch->origins[batch->count] = (struct batch_origin){ peer, frame->tag };
	batch->count++;
	batch->bytes += frame->size;
}

void batch_collect(struct batch *batch, struct peer *const *peers, size_t count, size_t first)
{
	bool any = true;
	struct frame frame;

	assert(batch->count == 0 && batch->bytes == 0);
	while (any) {
		any = false;
		for (size_t i = 0; i < count; i++) {
			struct peer *peer = peers[(first + i) % count];

			if (batch->count == BATCH_REQUESTS || batch->bytes >= BATCH_BYTES)
				return;
			if (peer_take(peer, &frame) == RC_OK) {
				batch_take(batch, peer, &frame);
				any = true;
			}
		}
	}
}

bool batch_add(struct batch *batch, const struct store_request *request)
{
	assert(batch->count <= BATCH_REQUESTS);
	if (batch->count == BATCH_REQUESTS)
		return false;
	batch->requests[batch->count] = *request;
	batch->origins[batch->count++] = (struct batch_origin){ .peer = NULL };
	return true;
}

/* The index of the reply that request `i` gets: its own, unless the mutant is
 * active. */
static size_t batch_answered_by(const struct store_reply *replies, size_t i)
{
	bool has_twin = i > 0 && replies[i].result_count > 0 &&
			replies[i].result_count == replies[i - 1].result_count;

	return has_twin && FAULT_MUTANT("answers_crossed") ? i - 1 : i;
}

void batch_answer(const struct batch *batch, const struct store_reply *replies)
{
	for (size_t i = 0; i < batch->count; i++)
		batch_reply(batch->origins[i].peer, batch->origins[i].tag,
			    &replies[batch_answered_by(replies, i)]);
}

void batch_refuse(const struct batch *batch, enum rc rc)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_reply reply = { .rc = rc, .kind = batch->requests[i].kind };

		batch_reply(batch->origins[i].peer, batch->origins[i].tag, &reply);
	}
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		store_request_clear(&batch->requests[i]);
	batch->count = 0;
	batch->bytes = 0;
}
