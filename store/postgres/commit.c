/* Commits batches of requests. The store's door calls postgres_commit.
 *
 * A batch is done in rounds, one call of one function each, and each its own
 * transaction: consecutive pushes that share no document are one round, any other
 * request is a round. So a push sees what the requests before it have written. Pushes
 * in different lanes are committed at the same time (parts.c). A second
 * statement reads the values of a round's conflicts (push.c). A round that meets
 * damaged data is repeated request by request, so that only some requests fail. */
#include "store/postgres/commit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <stdlib.h>

/* ---- The end ---- */

static void free_commit(struct commit *commit)
{
	for (size_t i = 0; i < commit->count; i++) {
		pg_tokens_free(commit->replies[i].tokens, commit->replies[i].token_count);
		pg_invites_free(commit->replies[i].invites, commit->replies[i].invite_count);
		free(commit->replies[i].results);
		buf_free(&commit->bytes[i]);
	}
	free(commit->replies);
	free(commit->bytes);
	round_ids_free(&commit->ids);
	free(commit->conflicts);
	free(commit->sorted);
	free(commit->places);
	free(commit->lanes_of);
	free(commit->in_order);
	free(commit);
}

/* A failure of the whole batch, if no round has succeeded. Damaged data is a failure of
 * single requests. */
static enum rc outcome(const struct commit *commit)
{
	if (commit->rounds_done > 0 || commit->failure == RC_OK)
		return RC_OK;
	return commit->failure == RC_CORRUPT && commit->count > 1 ? RC_OK : commit->failure;
}

/* Of a push in several lanes, a number for each. */
static void set_head(struct commit *commit, size_t i)
{
	const unsigned lanes = commit_lanes_of(commit, i);

	commit->replies[i].head = store_places_in(&commit->heads, __builtin_ctz(lanes));
	if (commit->requests[i].kind == STORE_PUSH && (lanes & (lanes - 1)))
		commit->replies[i].heads = commit->heads;
}

static void finish(struct commit *commit)
{
	struct postgres *postgres = commit->postgres;
	const enum rc rc = outcome(commit);
	const struct store_reply *replies;

	for (size_t i = 0; i < commit->count; i++)
		set_head(commit, i);
	postgres->commits = commit->next;
	replies = commit_replies_in_order(commit);
	commit->on_replies(commit->arg, rc, rc == RC_OK ? replies : NULL);
	free_commit(commit);
	if (postgres->commits && !postgres->commits->is_started)
		commit_step(postgres->commits);
}

/* ---- A round that ended ---- */

void commit_drop_reply(struct commit *commit, size_t i, enum rc rc)
{
	struct store_reply *reply = &commit->replies[i];

	pg_tokens_free(reply->tokens, reply->token_count);
	pg_invites_free(reply->invites, reply->invite_count);
	free(reply->results);
	buf_clear(&commit->bytes[i]);
	/* RC_BUSY is for requests that were put off. */
	*reply = (struct store_reply){ .rc = rc == RC_BUSY ? RC_UNAVAILABLE : rc,
				       .kind = commit->requests[i].kind };
}

void commit_round_done(struct commit *commit)
{
	commit->rounds_done++;
	commit->was_repeated = false;
	commit->from = commit->to;
	if (commit->postgres->lanes > 1)
		follow_tell(commit->postgres->follow);
	commit_step(commit);
}

void commit_round_failed(struct commit *commit, enum rc rc, const PGresult *result)
{
	if (result_is_conflict(result) && !commit->was_repeated) {
		commit->was_repeated = true;
		commit_step(commit);
		return;
	}
	commit->was_repeated = false;
	if (rc == RC_CORRUPT && commit->to - commit->from > 1) {
		commit->single_until = commit->to;
		commit_step(commit);
		return;
	}
	if (commit->failure == RC_OK)
		commit->failure = rc;
	/* Without a connection the rest would fail as well, one after the other. */
	if (rc == RC_UNAVAILABLE) {
		commit->is_lost = true;
		commit->to = commit->count;
	}
	for (size_t i = commit->from; i < commit->to; i++)
		commit_drop_reply(commit, i, rc);
	commit->from = commit->to;
	commit_step(commit);
}

void commit_take_head(struct commit *commit, uint64_t epoch, int lane, uint64_t seq)
{
	struct store_places *heads = &commit->heads;

	if (epoch != heads->epoch)
		*heads = (struct store_places){ .epoch = epoch, .lanes = commit->postgres->lanes };
	if (seq > heads->seqs[lane])
		heads->seqs[lane] = seq;
}

/* ---- Steps ---- */

static void put_off_rest(struct commit *commit)
{
	for (size_t i = commit->from; i < commit->count; i++)
		commit->replies[i] =
			(struct store_reply){ .rc = RC_BUSY, .kind = commit->requests[i].kind };
	commit->from = commit->count;
	commit->is_put_off = true;
}

/* After requests that return no head. */
static void on_head(void *arg, enum rc rc, const PGresult *result)
{
	struct commit *commit = arg;

	for (int row = 0; rc == RC_OK && row < PQntuples(result); row++)
		commit_take_head(commit, result_number(result, row, 0), result_int(result, row, 1),
				 result_number(result, row, 2));
	finish(commit);
}

static void end(struct commit *commit)
{
	const struct params none = { .count = 0 };

	if (commit->whole)
		parts_end(commit);
	else if (commit->heads.epoch == 0 && commit->rounds_done > 0)
		line_send(commit->line, PG_HEAD, &none, on_head, commit);
	else
		finish(commit);
}

void commit_step(struct commit *commit)
{
	commit->is_started = true;
	if (commit->from < commit->count &&
	    (commit->is_put_off || commit->spent >= STORE_REPLIES_MAX))
		put_off_rest(commit);
	if (commit->from == commit->count) {
		end(commit);
		return;
	}
	if (parts_begin(commit))
		return;
	commit->replies[commit->from].kind = commit->requests[commit->from].kind;
	if (commit->requests[commit->from].kind == STORE_PUSH) {
		push_begin(commit);
		return;
	}
	commit->to = commit->from + 1;
	single_begin(commit);
}

void postgres_commit(struct store *store, const struct store_request *requests, size_t count,
		     on_store_replies *on_replies, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	struct commit *commit = mem_alloc(sizeof(*commit));
	struct commit **last = &postgres->commits;

	*commit = (struct commit){
		.postgres = postgres,
		.line = postgres->main,
		.requests = requests,
		.count = count,
		.on_replies = on_replies,
		.arg = arg,
		.wall = clock_wall(),
		.replies = mem_array(count, sizeof(*commit->replies)),
		.bytes = mem_array(count, sizeof(*commit->bytes)),
	};
	commit_sort_by_lane(commit);
	while (*last)
		last = &(*last)->next;
	*last = commit;
	if (postgres->commits == commit)
		commit_step(commit);
}

/* The server's autovacuum does it. */
enum rc postgres_maintain(struct store *store)
{
	(void)store;
	return RC_OK;
}
