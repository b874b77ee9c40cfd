/* The decisions of the protocol. Called by back ends; doc/protocol.md specifies
 * them. */
#include "store/rules.h"

#include "base/fault.h"

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

enum rules_verdict rules_edit(const struct store_edit *edit, const struct rules_held *held)
{
	if (held->there && edit->op.len > 0 && slice_equal(edit->op, held->op))
		return RULES_KEEP;
	if (edit->deleted && (!held->there || held->deleted))
		return RULES_KEEP;
	if (edit->base == held->version || (edit->base == 0 && held->deleted))
		return RULES_WRITE;
	return FAULT_MUTANT("stale_applied") ? RULES_WRITE : RULES_CONFLICT;
}
