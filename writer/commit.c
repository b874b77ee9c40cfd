/* The writer's commits, called by loop.c: collects a batch, passes it to the store, and
 * when the store answers, in the same call or in a later turn of the loop, answers the
 * peers, publishes the hints and does the store's maintenance. See batch.c, hints.c.
 *
 * The order of what follows a commit is the promise of the whole server:
 *
 *   store_commit ─▶ buckets of the ring, edition accounted for ─▶ replies ─▶ hints in the ring
 *
 * Replies come after COMMIT, so that nothing is acknowledged that could be lost. The
 * buckets of the groups that have changed are raised before the replies, so that a
 * client that has its reply never gets a cached page from before its write
 * (shm/edition.h). The generation of tokens is odd from before the commit until before
 * the replies, so that a token is not accepted any more when its revocation has been
 * answered. Hints come after the replies, because they may be lost: a writer that is
 * killed in between has a successor that attaches to the ring, and every reader then
 * asks the database.
 *
 * Requests that the store has put off, as the replies before them are large, go back to
 * their peers and into the next batch; peers whose replies wait are not asked for more.
 * So memory is bounded by the size of one batch's replies and one peer's output.
 *
 * If the outcome of a commit is unknown, because the store lost its connection, replies
 * say so and the edition is not accounted for. The writer then does what its own
 * successor would do: it asks for the head and attaches to the ring anew.
 *
 * A database that several hosts use has no edition. Hints come from the reports of all
 * commits, this host's included (news.c); so nothing need be found out after an unknown
 * outcome. */
#include "writer/commit.h"

#include "base/clock.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/log.h"
#include "shm/edition.h"
#include "shm/generation.h"

#include <assert.h>

#define READ_MS 5000   /* between readings of the numbers of a shared database, at most */
#define SETTLE_MS 1000 /* from the last commit to one more maintenance */

/* ---- What is refused ------------------------------------------------------------- */

/* A disk that refuses is logged once, and once more when it takes commits again. */
static void commit_refuse(struct writer *writer, enum rc rc)
{
	if (rc != writer->trouble && rc != RC_MOVED)
		log_error("commit_failed", LOG_TEXT("rc", rc_name(rc)),
			  LOG_NUMBER("requests", writer->batch->count));
	writer->trouble = rc;
	writer->refused += writer->batch->count;
	batch_refuse(writer->batch, rc);
	peers_flush(&writer->peers);
}

static void commit_resume(struct writer *writer)
{
	if (writer->trouble == RC_OK)
		return;
	log_info("commits_resumed", LOG_TEXT("after", rc_name(writer->trouble)),
		 LOG_NUMBER("refused", writer->refused));
	writer->trouble = RC_OK;
	writer->refused = 0;
}

static void commit_collect(struct writer *writer, bool takes_large)
{
	struct peers *peers = &writer->peers;

	assert(writer->batch->count == 0 && !writer_is_committing(writer));
	writer->batch->takes_large = takes_large;
	batch_collect(writer->batch, peers->list, peers->count, peers->turn);
	peers->turn = peers->count ? (peers->turn + 1) % peers->count : 0;
	group_commit_leave(&writer->group_commit, peers_deferred(peers));
}

static void commit_clear(struct writer *writer)
{
	batch_clear(writer->batch);
	peers_forget(&writer->peers);
}

void commit_refuse_queue(struct writer *writer, enum rc rc)
{
	commit_collect(writer, true);
	if (writer->batch->count)
		commit_refuse(writer, rc);
	commit_clear(writer);
}

/* ---- The writer's own purge ------------------------------------------------------ */

/* A piece of it goes last in a batch. */
static void commit_add_purge(struct writer *writer)
{
	struct store_request request;

	if (writer->state != WRITER_SERVING || writer->batch->count == BATCH_REQUESTS)
		return;
	if (retention_take(&writer->retention, clock_ms(), clock_wall(), &request) &&
	    !batch_add(writer->batch, &request))
		retention_done(&writer->retention, clock_ms(), RC_BUSY, NULL);
}

static void commit_end_purge(struct writer *writer, enum rc rc, const struct store_reply *replies)
{
	const struct batch *batch = writer->batch;

	const struct store_reply *last = replies ? &replies[batch->count - 1] : NULL;

	if (batch->origins[batch->count - 1].peer)
		return;
	if (last && last->rc == RC_BUSY)
		rc = RC_BUSY;
	retention_done(&writer->retention, clock_ms(), rc, last);
}

/* ---- The answer of the store ----------------------------------------------------- */

void commit_end_tokens(struct writer *writer)
{
	if (!writer->readers_behind && writer->watching != WATCHING_LOST)
		generation_tokens_end(writer->from->shm);
}

/* Does the request change what pulls show in another way than by writing documents? */
static bool commit_spoils_pages(const struct store_request *request,
				const struct store_reply *reply)
{
	return request->kind == STORE_PURGE && reply->purged > 0;
}

/* Of what is visible now. Commits to a shared database come back as news (news.c), in
 * their order among those of the other hosts. */
static void commit_account(struct writer *writer, const struct store_reply *replies)
{
	struct shm *shm = writer->from->shm;
	const struct batch *batch = writer->batch;

	assert(replies);
	if (!writer_is_shared(writer)) {
		hints_collect(&writer->hints, batch->requests, replies, batch->count);
		ring_commit(shm, writer->hints.entries, writer->hints.count);
		for (size_t i = 0; i < batch->count; i++)
			if (commit_spoils_pages(&batch->requests[i], &replies[i]))
				edition_spoil(shm);
		if (!writer->readers_behind)
			edition_account(shm, store_edition(writer->store));
	}
	commit_end_tokens(writer);
}

static void commit_publish(struct writer *writer, const struct store_reply *replies)
{
	const struct batch *batch = writer->batch;

	if (writer_is_shared(writer) && FAULT_MUTANT("own_hints_first")) {
		hints_collect(&writer->hints, batch->requests, replies, batch->count);
		ring_commit(writer->from->shm, writer->hints.entries, writer->hints.count);
		ring_publish(writer->from->shm, writer->hints.entries, writer->hints.count);
	}
	if (!writer_is_shared(writer))
		ring_publish(writer->from->shm, writer->hints.entries, writer->hints.count);
}

static void commit_answer(struct writer *writer, const struct store_reply *replies)
{
	struct batch *batch = writer->batch;

	commit_account(writer, replies);
	commit_resume(writer);
	FAULT("writer_after_commit");
	writer_audit(&writer->audit, batch, replies);
	batch_answer(batch, replies);
	peers_flush(&writer->peers);
	FAULT("writer_after_answer");
	commit_publish(writer, replies);
	if (!writer_is_shared(writer))
		writer->settle_at = clock_ms() + SETTLE_MS;
}

void commit_changed(struct writer *writer)
{
	const uint64_t soon = clock_ms() + SETTLE_MS;

	if (writer->settle_at > soon)
		writer->settle_at = soon;
}

/* It changes the edition, but no document. */
static void commit_maintain(struct writer *writer)
{
	const uint64_t before = store_edition(writer->store);

	if (writer_stats_maintain(&writer->stats, writer->store) == RC_SYNC_FAILED)
		writer_fail(writer, EXIT_FAILURE);
	else if (edition_is_accounted(writer->from->shm, before))
		edition_account(writer->from->shm, store_edition(writer->store));
}

/* When the batch has been answered and forgotten. The requests that came during the
 * commit are counted before clients that have just been answered can be back. */
static void commit_settle(struct writer *writer, size_t answered)
{
	const struct batch *batch = writer->batch;

	peers_read(&writer->peers);
	group_commit_end(&writer->group_commit, writer->begun_us, clock_us(), answered,
			 peers_frames(&writer->peers));
	if (batch->is_shared)
		group_commit_share(&writer->group_commit, writer->begun_us, clock_us(),
				   batch->has_small, batch->has_large);
	if (!writer_is_shared(writer))
		commit_maintain(writer);
}

static void commit_on_replies(void *arg, enum rc rc, const struct store_reply *replies)
{
	struct writer *writer = arg;
	size_t requests;

	assert(writer_is_committing(writer) && writer->batch->count > 0);
	if (rc == RC_OK && !presence_check(&writer->presence)) {
		/* It may be lost, so it is not reported as safe; but if the
		 * files come back it is there, and a repeated push writes nothing
		 * that would be hinted. */
		commit_account(writer, replies);
		commit_publish(writer, replies);
		rc = RC_MOVED;
		replies = NULL;
	}
	commit_end_purge(writer, rc, replies);
	if (replies)
		batch_put_back(writer->batch, replies);
	requests = writer->batch->count;
	writer_stats_commit_end(&writer->stats, replies, requests);
	if (rc == RC_SYNC_FAILED) {
		log_error("commit_unknown", LOG_NUMBER("requests", requests));
		writer_fail(writer, EXIT_FAILURE);
		return;
	}
	if (rc == RC_UNAVAILABLE && !writer_is_shared(writer))
		writer->readers_behind = true;
	if (rc == RC_OK) {
		commit_answer(writer, replies);
	} else {
		commit_end_tokens(writer);
		commit_refuse(writer, rc);
	}
	commit_clear(writer);
	writer_move(writer, writer->state == WRITER_LAST_COMMIT ? WRITER_STOPPING : WRITER_SERVING);
	if (rc != RC_UNAVAILABLE)
		commit_settle(writer, requests);
}

/* ---- When ------------------------------------------------------------------------ */

static bool commit_is_due(const struct writer *writer)
{
	if (writer->state == WRITER_STOPPING)
		return true;
	return writer->state == WRITER_SERVING &&
	       group_commit_delay(&writer->group_commit, clock_us(),
				  peers_frames(&writer->peers)) == 0;
}

/* Can the batch make a token worth less than a worker remembers of it? */
static bool commit_changes_tokens(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->requests[i].kind == STORE_TOKEN_REVOKE ||
		    batch->requests[i].kind == STORE_TOKEN_SET ||
		    batch->requests[i].kind == STORE_TOKEN_ROTATE)
			return true;
	return false;
}

static bool commit_takes_large(const struct writer *writer)
{
	return writer->state == WRITER_STOPPING ||
	       group_commit_large_delay(&writer->group_commit, writer->begun_us) == 0;
}

static void commit_begin(struct writer *writer)
{
	struct batch *batch = writer->batch;

	if (peers_frames(&writer->peers) && !presence_check(&writer->presence)) {
		commit_refuse_queue(writer, RC_MOVED);
		return;
	}
	writer->begun_us = clock_us();
	commit_collect(writer, commit_takes_large(writer));
	commit_add_purge(writer);
	if (batch->count == 0) {
		peers_forget(&writer->peers);
		peers_flush(&writer->peers);
		return;
	}
	FAULT("writer_before_commit");
	writer_move(writer,
		    writer->state == WRITER_STOPPING ? WRITER_LAST_COMMIT : WRITER_COMMITTING);
	if (commit_changes_tokens(batch))
		generation_tokens_begin(writer->from->shm);
	writer_stats_commit_begin(&writer->stats);
	store_commit(writer->store, batch->requests, batch->count, commit_on_replies, writer);
	if (writer_is_committing(writer))
		peers_hold(&writer->peers);
}

static void commit_maintain_if_due(struct writer *writer)
{
	if (writer_has_ended(writer) || clock_ms() < writer->settle_at)
		return;
	/* A server maintains its database by itself, at any time. */
	if (!writer_is_shared(writer) &&
	    (writer->state != WRITER_SERVING || peers_frames(&writer->peers)))
		return;
	/* Other hosts change its numbers, too. */
	writer->settle_at = writer_is_shared(writer) ? clock_ms() + READ_MS : WRITER_NEVER;
	commit_maintain(writer);
}

void commit_advance(struct writer *writer)
{
	presence_watch(&writer->presence);
	if ((writer->state == WRITER_SERVING && writer->readers_behind) ||
	    (writer->state == WRITER_RECOVERING && clock_ms() >= writer->ask_at))
		writer_ask_head(writer);
	if (commit_is_due(writer))
		commit_begin(writer);
	commit_maintain_if_due(writer);
}
