/* The order in which the requests of a batch are done, called by commit.c.
 *
 * The pushes of each lane are brought together, lane after lane, for parts.c. Those of
 * different lanes share no document, so no client can tell. A request in several lanes,
 * or one that is no push, keeps its place between those before and behind it. */
#include "store/postgres/commit.h"

#include "base/mem.h"
#include "store/lane.h"

#include <assert.h>
#include <stdlib.h>

unsigned commit_lanes_of(const struct commit *commit, size_t i)
{
	return commit->lanes_of ? commit->lanes_of[i] : 1;
}

static unsigned find_lanes(const struct commit *commit, const struct store_request *request)
{
	unsigned lanes = 0;

	if (request->edit_count == 0)
		return 1;
	for (size_t i = 0; i < request->edit_count; i++)
		lanes |= 1u << lane_of(request->edits[i].id, commit->postgres->lanes);
	return lanes;
}

/* The batch as the caller gave it, with the lanes of each request. */
struct given {
	const struct store_request *requests;
	unsigned *lanes_of;
};

static bool keeps_its_place(const struct given *given, size_t r)
{
	const unsigned lanes = given->lanes_of[r];

	return given->requests[r].kind != STORE_PUSH || (lanes & (lanes - 1)) != 0;
}

/* Request r of the caller is done as number `at`. */
static void put(struct commit *commit, const struct given *given, size_t r, size_t at)
{
	commit->sorted[at] = given->requests[r];
	commit->places[at] = r;
	commit->lanes_of[at] = given->lanes_of[r];
}

/* Requests from ... to - 1 of the caller, all in one lane each. */
static void sort_run(struct commit *commit, const struct given *given, size_t from, size_t to)
{
	const unsigned lanes = (unsigned)commit->postgres->lanes;
	size_t at = from;

	for (unsigned lane = 0; lane < lanes; lane++)
		for (size_t r = from; r < to; r++)
			if (given->lanes_of[r] == 1u << lane)
				put(commit, given, r, at++);
	assert(at == to);
}

void commit_sort_by_lane(struct commit *commit)
{
	struct given given = { .requests = commit->requests };
	size_t from = 0;

	if (commit->postgres->lanes == 1)
		return;
	given.lanes_of = mem_array(commit->count, sizeof(*given.lanes_of));
	for (size_t r = 0; r < commit->count; r++)
		given.lanes_of[r] = find_lanes(commit, &given.requests[r]);
	commit->sorted = mem_array(commit->count, sizeof(*commit->sorted));
	commit->places = mem_array(commit->count, sizeof(*commit->places));
	commit->lanes_of = mem_array(commit->count, sizeof(*commit->lanes_of));
	for (size_t r = 0; r < commit->count; r++) {
		if (!keeps_its_place(&given, r))
			continue;
		sort_run(commit, &given, from, r);
		put(commit, &given, r, r);
		from = r + 1;
	}
	sort_run(commit, &given, from, commit->count);
	commit->requests = commit->sorted;
	free(given.lanes_of);
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

const struct store_reply *commit_replies_in_order(struct commit *commit)
{
	if (commit->places == NULL)
		return commit->replies;
	commit->in_order = mem_array(commit->count, sizeof(*commit->in_order));
	for (size_t i = 0; i < commit->count; i++)
		commit->in_order[commit->places[i]] = commit->replies[i];
	refuse_put_off(commit->in_order, commit->count);
	return commit->in_order;
}
