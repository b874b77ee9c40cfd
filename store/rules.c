/* The decisions of the protocol. Called by back ends; doc/protocol.md specifies
 * them. */
#include "store/rules.h"

#include "base/fault.h"
#include "base/hash.h"

static bool can_follow(const struct store_cursor *since, const struct store_state *state)
{
	if (since->epoch != state->epoch)
		return false;
	if (since->bound == 0)
		return since->seq >= state->horizon && since->seq <= state->head;
	/* A purge does not end a running snapshot: see the end of rules_pull_end. */
	return since->start > 0 && since->start <= since->bound && since->seq < since->bound &&
	       since->bound <= state->head;
}

void rules_pull_begin(const struct store_cursor *since, const struct store_state *state,
		      struct store_cursor *from)
{
	if (since->epoch != 0 && can_follow(since, state)) {
		*from = *since;
		from->reset = since->reset && since->bound > 0;
		return;
	}
	*from = (struct store_cursor){
		.epoch = state->epoch,
		.start = state->head,
		.bound = state->head,
		.reset = since->epoch != 0,
	};
}

void rules_pull_end(const struct store_cursor *from, const struct store_state *state, uint64_t left,
		    struct store_page *page)
{
	bool goes_on = left > 0 && (left <= from->bound || from->bound == from->start);

	page->head = state->head;
	page->reset = from->reset;
	page->more = left > 0;
	page->next = (struct store_cursor){ .epoch = state->epoch,
					    .seq = left > 0 ? left - 1 : state->head };
	if (left > 0 && FAULT_MUTANT("cursor_ahead"))
		page->next.seq++;
	if (from->bound == 0)
		return;
	page->more = goes_on;
	if (goes_on) {
		page->next.start = from->start;
		page->next.bound = left <= from->bound ? from->bound : state->head;
		page->next.reset = from->reset;
	} else if (state->horizon > from->start) {
		/* A tombstone made since the snapshot began is gone, and its document
		 * may have been shown before. */
		page->next.seq = from->start;
	}
}

/* ---- All lanes ---- */

/* By a hash of the numbers, as a sum of them could stay the same from page to page. */
static int first_lane(const struct store_cursors *since, int lanes)
{
	const struct slice numbers =
		slice_make((const char *)since->at.seqs, (size_t)lanes * sizeof(since->at.seqs[0]));

	return (int)(hash_of(numbers) % (unsigned)lanes);
}

static void take_in_order(struct rules_reading *reading, int first)
{
	reading->count = 0;
	for (int lane = first; lane < reading->lanes; lane++)
		reading->order[reading->count++] = lane;
}

void rules_all_order(const struct store_cursors *since, struct rules_reading *reading)
{
	const int lanes = since->at.lanes;

	reading->lanes = lanes;
	reading->snapshot = since->at.epoch == 0 || since->bound > 0;
	take_in_order(reading, reading->snapshot ? since->lane : first_lane(since, lanes));
	for (int lane = 0; !reading->snapshot && reading->count < lanes; lane++)
		reading->order[reading->count++] = lane;
}

static struct store_cursor beginning_of(const struct store_state *state)
{
	return (struct store_cursor){ .epoch = state->epoch,
				      .start = state->head,
				      .bound = state->head };
}

static struct store_cursor place_of(const struct store_cursors *since,
				    const struct store_state *state, int lane)
{
	struct store_cursor place = { .epoch = since->at.epoch, .seq = since->at.seqs[lane] };

	if (since->bound > 0 && lane > since->lane)
		return beginning_of(state);
	if (since->bound > 0 && lane == since->lane) {
		place.start = since->start;
		place.bound = since->bound;
	}
	return place;
}

static bool can_follow_all(const struct store_cursors *since, const struct store_state *of)
{
	for (int lane = 0; lane < since->at.lanes; lane++) {
		struct store_state state = of[lane];
		struct store_cursor place = { .epoch = since->at.epoch,
					      .seq = since->at.seqs[lane] };

		/* A purge does not end a running snapshot, nor what it has done. */
		if (since->bound > 0)
			state.horizon = 0;
		if (since->bound > 0 && lane == since->lane)
			place = place_of(since, &state, lane);
		if (!can_follow(&place, &state))
			return false;
	}
	return true;
}

void rules_all_begin(const struct store_cursors *since, const struct store_state *of,
		     struct rules_reading *reading)
{
	const bool follows = since->at.epoch != 0 && can_follow_all(since, of);

	rules_all_order(since, reading);
	reading->reset = follows ? since->reset && since->bound > 0 : since->at.epoch != 0;
	if (!follows) {
		reading->snapshot = true;
		take_in_order(reading, 0);
	}
	for (int i = 0; i < reading->count; i++) {
		const int lane = reading->order[i];

		reading->from[lane] =
			follows ? place_of(since, &of[lane], lane) : beginning_of(&of[lane]);
	}
}

/* The snapshot goes on with the first of these lanes that has anything. False: it has
 * ended. */
static bool begin_next(const struct rules_reading *reading, int i, const struct store_state *of,
		       struct store_cursors *next)
{
	while (i < reading->count && of[reading->order[i]].head == 0)
		i++;
	if (i == reading->count)
		return false;
	next->lane = reading->order[i];
	next->start = next->bound = of[next->lane].head;
	return true;
}

/* Sets `next` to the end of this page in the order's lane i, the last that it shows. */
static bool end_in(const struct rules_reading *reading, int i, const struct store_state *of,
		   const struct store_page *part, struct store_cursors *next)
{
	if (!reading->snapshot)
		return part->more;
	if (!part->more)
		return begin_next(reading, i + 1, of, next);
	next->lane = reading->order[i];
	next->start = part->next.start;
	next->bound = part->next.bound;
	return true;
}

void rules_all_end(const struct rules_reading *reading, const struct store_cursors *since,
		   const struct store_state *of, struct rules_left left, struct store_page *page,
		   struct store_cursors *next)
{
	const int first = reading->snapshot ? reading->order[0] : reading->lanes;

	*next = (struct store_cursors){ .at = { .epoch = of[0].epoch, .lanes = reading->lanes } };
	for (int lane = 0; lane < first; lane++)
		next->at.seqs[lane] = since->at.seqs[lane];
	page->reset = reading->reset;
	page->more = false;
	for (int i = 0; i < reading->count; i++) {
		const int lane = reading->order[i];
		const bool is_last = left.seq > 0 && lane == left.lane;
		struct store_page part;

		rules_pull_end(&reading->from[lane], &of[lane], is_last ? left.seq : 0, &part);
		next->at.seqs[lane] = part.next.seq;
		if (is_last) {
			page->more = end_in(reading, i, of, &part, next);
			break;
		}
	}
	next->reset = reading->reset && next->bound > 0;
}

/* ---- Edits ---- */

enum rules_verdict rules_edit(const struct store_edit *edit, const struct rules_held *held)
{
	if (held->there && edit->op.len > 0 && slice_equal(edit->op, held->op))
		return RULES_KEEP;
	if (edit->deleted && (!held->there || held->deleted))
		return RULES_KEEP;
	if (held->version >= STORE_VERSION_MAX)
		return RULES_CONFLICT;
	if (edit->base == held->version || (edit->base == 0 && held->deleted))
		return RULES_WRITE;
	return FAULT_MUTANT("stale_applied") ? RULES_WRITE : RULES_CONFLICT;
}
