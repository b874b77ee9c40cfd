/* Requests of several peers in one commit, for commit.c. */
#include "writer/batch.h"

#include "store/history.h"

#include "base/fault.h"
#include "base/hash.h"
#include "base/log.h"
#include "writer/proof.h"

#include <assert.h>

/* Returns its bytes. */
static size_t batch_reply(struct peer *peer, uint64_t tag, const struct store_reply *reply)
{
	size_t begun;

	if (peer == NULL)
		return 0;
	begun = frame_begin(&peer->out, tag);
	store_reply_pack(reply, &peer->out);
	frame_end(&peer->out, begun);
	return peer->out.len - begun;
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
	(void)batch_reply(peer, frame->tag, &reply);
}

/* Before a request of the admin page stands whose it is. */
static enum rc batch_unpack(const struct peer *peer, struct slice bytes, struct actor *actor,
			    struct store_request *request)
{
	*actor = (struct actor){ .token = slice_of(""), .user = slice_of("") };
	if (peer->kind == PEER_ADMIN && actor_unpack(&bytes, actor) != RC_OK) {
		*request = (struct store_request){ .edits = NULL };
		return RC_MALFORMED;
	}
	return store_request_unpack(bytes, request);
}

static struct share *share_of(struct shares *shares, struct slice payer)
{
	return &shares->buckets[hash_of(payer) % SHARE_BUCKETS];
}

static bool is_large(const struct share *share, const struct frame *frame)
{
	return frame->size > SHARE_LARGE || share->is_costly;
}

static void batch_take(struct batch *batch, struct peer *peer, const struct frame *frame)
{
	struct store_request *request = &batch->requests[batch->count];
	struct actor actor;
	enum rc rc = batch_unpack(peer, frame->payload, &actor, request);

	if (rc == RC_OK && (!rights_allow(peer->kind, request->kind) ||
			    (request->has_meta && !rights_allow_meta(peer->kind)) ||
			    (request->keeps_versions && !rights_allow_versions(peer->kind))))
		rc = RC_DENIED;
	if (batch->quota)
		request->quota = *batch->quota;
	request->history = request->keeps_former ? &history_all : batch->history;
	proof_make(request);
	if (rc != RC_OK) {
		batch_refuse_one(peer, frame, rc, request->kind);
		store_request_clear(request);
		return;
	}
	batch->origins[batch->count] =
		(struct batch_origin){ peer, frame->tag, peer->taken - frame->size, actor };
	batch->count++;
	batch->bytes += frame->size;
	*(is_large(share_of(&batch->shares, request->payer), frame) ? &batch->has_large
								    : &batch->has_small) = true;
}

/* ---- Shares ---------------------------------------------------------------------- */

/* Several tokens wait, or did a short while ago. */
static bool shares_matter(const struct shares *shares)
{
	return shares->last && shares->last_bytes < SHARE_MEMORY;
}

/* Notices a token that waits. */
static void shares_meet(struct shares *shares, uint64_t key)
{
	if (shares->last == key)
		return;
	shares->last_bytes = shares->last ? 0 : SHARE_MEMORY;
	shares->last = key;
}

/* May the token add so many bytes to this batch? If so, they are taken from its share;
 * otherwise none of it may any more, so that its requests stay in order. */
static bool share_spend(struct share *share, uint64_t batch, size_t bytes, bool is_due)
{
	if (share->batch != batch) {
		/* What did not wait in the batch before has saved nothing. */
		share->saved = SHARE_TURN + (share->batch + 1 == batch ? share->saved : 0);
		share->batch = batch;
		share->has_enough = false;
	}
	if (share->has_enough)
		return false;
	if (is_due && bytes <= share->saved) {
		share->saved -= bytes;
		share->has_enough = share->is_costly;
		return true;
	}
	share->has_enough = true;
	/* It saves for this one and no more, however long that waits. */
	share->saved = share->saved < bytes ? share->saved : bytes;
	return false;
}

static bool share_allows(struct shares *shares, const struct frame *frame, bool takes_large)
{
	const struct slice payer = store_request_payer(frame->payload);
	struct share *share = share_of(shares, payer);
	const bool is_due = takes_large || !is_large(share, frame);

	shares_meet(shares, hash_of(payer));
	if (shares_matter(shares) && !share_spend(share, shares->batches, frame->size, is_due))
		return false;
	if (shares->last_bytes < SHARE_MEMORY)
		shares->last_bytes += frame->size;
	return true;
}

static bool batch_is_full(const struct batch *batch)
{
	return batch->count == BATCH_REQUESTS || batch->bytes >= BATCH_BYTES;
}

static bool peer_has_enough(const struct shares *shares, const struct peer *peer)
{
	return shares_matter(shares) && peer->taken - peer->deferred_bytes >= SHARE_PEER;
}

/* The next request of the peer that has a share left; those before it are deferred. */
static bool batch_take_next(struct batch *batch, struct peer *peer)
{
	struct frame frame;

	while (!peer_has_enough(&batch->shares, peer) && peer_take(peer, &frame) == RC_OK) {
		if (share_allows(&batch->shares, &frame, batch->takes_large)) {
			batch_take(batch, peer, &frame);
			return true;
		}
		peer_defer(peer, &frame);
	}
	return false;
}

static void batch_collect_shares(struct batch *batch, struct peer *const *peers, size_t count,
				 size_t first)
{
	bool any = true;

	while (any) {
		any = false;
		for (size_t i = 0; i < count && !batch_is_full(batch); i++)
			any = batch_take_next(batch, peers[(first + i) % count]) || any;
	}
}

/* What was taken beyond a share is taken off what it has saved: otherwise a token whose
 * large requests are taken alone would soon add one to a batch of small ones. */
static void share_overdraw(struct shares *shares, const struct frame *frame)
{
	struct share *share = share_of(shares, store_request_payer(frame->payload));

	share->saved -= frame->size < share->saved ? frame->size : share->saved;
}

/* No token's share has sufficed: the first request that was deferred. */
static void batch_collect_one(struct batch *batch, struct peer *const *peers, size_t count,
			      size_t first)
{
	struct frame frame;

	for (size_t i = 0; i < count && batch->count == 0; i++) {
		struct peer *peer = peers[(first + i) % count];

		peer_resume(peer);
		if (peer_take(peer, &frame) != RC_OK)
			continue;
		share_overdraw(&batch->shares, &frame);
		batch_take(batch, peer, &frame);
	}
}

void batch_collect(struct batch *batch, struct peer *const *peers, size_t count, size_t first)
{
	assert(batch->count == 0 && batch->bytes == 0);
	batch->shares.batches++;
	batch->has_large = batch->has_small = false;
	batch_collect_shares(batch, peers, count, first);
	batch->is_shared = shares_matter(&batch->shares);
	if (batch->count == 0 && (batch->takes_large || !batch->is_shared))
		batch_collect_one(batch, peers, count, first);
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

/* RC_TOO_LARGE: it was made, and thrown away. */
static void batch_note_cost(struct batch *batch, size_t i, enum rc rc, size_t bytes)
{
	const bool is_costly = rc == RC_TOO_LARGE || bytes > SHARE_LARGE;

	share_of(&batch->shares, batch->requests[i].payer)->is_costly = is_costly;
	batch->has_large = batch->has_large || is_costly;
}

void batch_answer(struct batch *batch, const struct store_reply *replies)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_reply *reply = &replies[batch_answered_by(replies, i)];
		size_t bytes = batch_reply(batch->origins[i].peer, batch->origins[i].tag, reply);

		batch_note_cost(batch, i, reply->rc, bytes);
	}
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

		(void)batch_reply(batch->origins[i].peer, batch->origins[i].tag, &reply);
	}
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		store_request_clear(&batch->requests[i]);
	batch->count = 0;
	batch->bytes = 0;
}
