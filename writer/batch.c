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

static void batch_log_refusal(struct peer *peer, enum rc rc, enum store_kind kind)
{
	if (rc != RC_DENIED)
		log_warn("request_malformed", LOG_TEXT("from", peer_kind_name(peer->kind)));
	else if (!peer->denied)
		log_error("peer_denied", LOG_TEXT("kind", peer_kind_name(peer->kind)),
			  LOG_NUMBER("request", kind));
	peer->denied = peer->denied || rc == RC_DENIED;
}

/* A refusal waits until it is the first of its peer in a batch: requests before it may
 * be put back, and it with them. */
static void batch_refuse_one(struct peer *peer, const struct frame *frame, enum rc rc,
			     enum store_kind kind)
{
	const struct store_reply reply = { .rc = rc };
	const size_t at = peer->taken - frame->size;

	if (at > 0) {
		peer_stall(peer, at);
		return;
	}
	batch_log_refusal(peer, rc, kind);
	batch_reply(peer, frame->tag, &reply);
}

static void batch_take(struct batch *batch, struct peer *peer, const struct frame *frame)
{
	struct store_request *request = &batch->requests[batch->count];
	enum rc rc = store_request_unpack(frame->payload, request);

	if (rc == RC_OK && !rights_allow(peer->kind, request->kind))
		rc = RC_DENIED;
	if (batch->quota)
		request->quota = *batch->quota;
	if (rc != RC_OK) {
		batch_refuse_one(peer, frame, rc, request->kind);
		store_request_clear(request);
		return;
	}
	batch->origins[batch->count] =
		(struct batch_origin){ peer, frame->tag, peer->taken - frame->size };
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

void batch_put_back(struct batch *batch, const struct store_reply *replies)
{
	size_t done = 0;

	while (done < batch->count && replies[done].rc != RC_BUSY)
		done++;
	assert(done > 0 || batch->count == 0);
	for (size_t i = done; i < batch->count; i++) {
		if (batch->origins[i].peer)
			peer_put_back(batch->origins[i].peer, batch->origins[i].at);
		store_request_clear(&batch->requests[i]);
	}
	batch->count = done;
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
