/* The order in which the requests of a batch are done, called by commit.c.
 *
 * A round takes one lane, so that hosts work in different ones at the same time: the
 * pushes of each lane are brought together. Those of different lanes share no document,
 * so nobody can tell. A request in several lanes, or one that is no push, keeps its
 * place between those before and behind it. */
#include "store/postgres/commit.h"

#include "base/mem.h"
#include "store/lane.h"

#include <assert.h>

unsigned commit_lanes_of(const struct commit *commit, const struct store_request *request)
{
	unsigned lanes = 0;

	if (commit->postgres->lanes == 1 || request->edit_count == 0)
		return 1;
	for (size_t i = 0; i < request->edit_count; i++)
		lanes |= 1u << lane_of(request->edits[i].id, commit->postgres->lanes);
	return lanes;
}

static bool keeps_its_place(const struct commit *commit, const struct store_request *request)
{
	const unsigned lanes = commit_lanes_of(commit, request);

	return request->kind != STORE_PUSH || (lanes & (lanes - 1)) != 0;
}

/* Requests from ... to - 1 of the caller, all in one lane each. */
static void sort_run(struct commit *commit, const struct store_request *requests, size_t from,
		     size_t to)
{
	const unsigned lanes = (unsigned)commit->postgres->lanes;
	size_t at = from;

	for (unsigned i = 0; i < lanes; i++) {
		const unsigned lane = (commit->postgres->first_lane + i) % lanes;

		for (size_t r = from; r < to; r++) {
			if (commit_lanes_of(commit, &requests[r]) != 1u << lane)
				continue;
			commit->sorted[at] = requests[r];
			commit->places[at++] = r;
		}
	}
	assert(at == to);
}

void commit_sort_by_lane(struct commit *commit)
{
	const struct store_request *requests = commit->requests;
	size_t from = 0;

	if (commit->postgres->lanes == 1)
		return;
	commit->sorted = mem_array(commit->count, sizeof(*commit->sorted));
	commit->places = mem_array(commit->count, sizeof(*commit->places));
	commit->postgres->first_lane++;
	for (size_t r = 0; r < commit->count; r++) {
		if (!keeps_its_place(commit, &requests[r]))
			continue;
		sort_run(commit, requests, from, r);
		commit->sorted[r] = requests[r];
		commit->places[r] = r;
		from = r + 1;
	}
	sort_run(commit, requests, from, commit->count);
	commit->requests = commit->sorted;
}

/* Only the last requests of a batch can be put off: others are refused. */
static void refuse_put_off(struct store_reply *replies, size_t count)
{
	bool has_done = false;

	for (size_t i = count; i-- > 0;) {
		if (replies[i].rc != RC_BUSY)
			has_done = true;
		else if (has_done)
			replies[i].rc = RC_UNAVAILABLE;
	}
}

struct store_reply *commit_replies_in_order(const struct commit *commit)
{
	struct store_reply *replies = mem_array(commit->count, sizeof(*replies));

	for (size_t i = 0; i < commit->count; i++)
		replies[commit->places ? commit->places[i] : i] = commit->replies[i];
	if (commit->places)
		refuse_put_off(replies, commit->count);
	return replies;
}
