/* Parts of a batch: its pushes in different lanes, which are committed at the same
 * time. Called by commit.c.
 *
 * A transaction costs the database server as much as some dozens of edits. So pushes
 * with fewer edits are not parted: they are one transaction that takes all their lanes.
 *
 * A part is a commit of its own: the pushes of one lane, on the connection of the lane
 * (lanes.c), with the replies of the whole. When all parts have ended, the whole goes
 * on behind them. So a request in several lanes, or one that is no push, sees what is
 * before it in all lanes. A lost connection is a failure of its part alone. */
#include "store/postgres/commit.h"

#include "base/fault.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* For each part, on average. */
#define PART_EDITS_MIN 64

static bool is_in_one_lane(const struct commit *commit, size_t i)
{
	const unsigned lanes = commit_lanes_of(commit, i);

	return commit->requests[i].kind == STORE_PUSH && (lanes & (lanes - 1)) == 0;
}

/* Where the pushes end that are in the same lane as the first. */
static size_t end_of_part(const struct commit *commit, size_t from)
{
	size_t to = from + 1;

	while (to < commit->count && is_in_one_lane(commit, to) &&
	       commit_lanes_of(commit, to) == commit_lanes_of(commit, from))
		to++;
	return to;
}

/* Sets `to` to the end of the pushes that are in one lane each. */
static size_t count_parts(struct commit *commit)
{
	size_t count = 0;

	for (commit->to = commit->from;
	     commit->to < commit->count && is_in_one_lane(commit, commit->to); count++)
		commit->to = end_of_part(commit, commit->to);
	return count;
}

/* Each part has the same share of the bytes that are left for replies. */
static struct commit *new_part(struct commit *whole, size_t from)
{
	struct commit *part = mem_alloc(sizeof(*part));
	const int lane = __builtin_ctz(commit_lanes_of(whole, from));

	*part = (struct commit){
		.whole = whole,
		.postgres = whole->postgres,
		.line = lanes_line(whole->postgres, lane),
		.requests = whole->requests + from,
		.lanes_of = whole->lanes_of + from,
		.count = end_of_part(whole, from) - from,
		.wall = whole->wall,
		.replies = whole->replies + from,
		.bytes = whole->bytes + from,
		.spent_before =
			STORE_REPLIES_MAX - (STORE_REPLIES_MAX - whole->spent) / whole->parts,
	};
	part->spent = part->spent_before;
	return part;
}

static bool are_worth_it(const struct commit *commit)
{
	size_t edits = 0;

	for (size_t i = commit->from; i < commit->to; i++)
		edits += commit->requests[i].edit_count;
	return edits >= FAULT_NUMBER("POCKETBOOK_PART_EDITS", PART_EDITS_MIN) * commit->parts;
}

/* A part without a connection ends at once: the whole must not go on, or be gone,
 * before the last has begun. */
bool parts_begin(struct commit *commit)
{
	struct commit *parts[STORE_LANES_MAX];
	size_t count = 0;

	if (commit->lanes_of == NULL || commit->whole)
		return false;
	commit->parts = count_parts(commit);
	if (commit->parts < 2 || !are_worth_it(commit)) {
		commit->joined_until = commit->to;
		return false;
	}
	assert(commit->parts <= STORE_LANES_MAX);
	for (size_t from = commit->from; from < commit->to; from += parts[count++]->count)
		parts[count] = new_part(commit, from);
	for (size_t i = 0; i < count; i++)
		commit_step(parts[i]);
	return true;
}

static void take_part(struct commit *whole, const struct commit *part)
{
	const int lane = __builtin_ctz(part->lanes_of[0]);

	whole->rounds_done += part->rounds_done;
	whole->spent += part->spent - part->spent_before;
	whole->is_put_off = whole->is_put_off || part->is_put_off;
	whole->is_lost = whole->is_lost || part->is_lost;
	if (whole->failure == RC_OK)
		whole->failure = part->failure;
	if (part->heads.epoch)
		commit_take_head(whole, part->heads.epoch, lane, part->heads.seqs[lane]);
}

void parts_end(struct commit *part)
{
	struct commit *whole = part->whole;

	take_part(whole, part);
	round_ids_free(&part->ids);
	free(part->conflicts);
	free(part);
	if (--whole->parts)
		return;
	whole->from = whole->to;
	if (whole->is_lost)
		commit_round_failed(whole, RC_UNAVAILABLE, NULL);
	else
		commit_step(whole);
}
