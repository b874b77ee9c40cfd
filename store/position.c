/* See position.h. Called by worker/live and by `tail`. */
#include "store/position.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

void store_position_init(struct store_position *position, const struct store *store,
			 struct slice group)
{
	*position = (struct store_position){ .all = NULL };
	if (!store_spans_lanes(store, group))
		return;
	position->all = mem_alloc(sizeof(*position->all));
	position->all->at.lanes = store_lanes(store);
}

void store_position_clear(struct store_position *position)
{
	free(position->all);
	*position = (struct store_position){ .all = NULL };
}

void store_position_copy(struct store_position *to, const struct store_position *from)
{
	assert((to->all != NULL) == (from->all != NULL));
	to->one = from->one;
	if (to->all)
		*to->all = *from->all;
}

enum rc store_position_parse(struct store_position *position, struct slice text, int lane)
{
	return position->all ? store_cursors_parse(text, position->all->at.lanes, position->all)
			     : store_cursor_parse_in(text, lane, &position->one);
}

size_t store_position_format(const struct store_position *position, char out[STORE_CURSOR_TEXT_MAX])
{
	return position->all ? store_cursors_format(position->all, out)
			     : store_cursor_format(&position->one, out);
}

void store_position_ask(const struct store_position *position, struct store_query *query)
{
	query->since = position->one;
	query->all = position->all;
}

void store_position_take(struct store_position *position, const struct store_page *page)
{
	assert((position->all != NULL) == (page->all != NULL));
	position->one = page->next;
	if (position->all)
		*position->all = *page->all;
}

void store_position_set(struct store_position *position, const struct store_places *places,
			int lane)
{
	if (position->all)
		*position->all = (struct store_cursors){ .at = *places };
	else
		position->one = store_places_in(places, lane);
}

uint64_t store_position_bound(const struct store_position *position)
{
	return position->all ? position->all->bound : position->one.bound;
}

bool store_position_resets(const struct store_position *position)
{
	return store_position_bound(position) &&
	       (position->all ? position->all->reset : position->one.reset);
}

uint64_t store_position_epoch(const struct store_position *position)
{
	return position->all ? position->all->at.epoch : position->one.epoch;
}

void store_position_set_epoch(struct store_position *position, uint64_t epoch)
{
	if (position->all)
		position->all->at.epoch = epoch;
	else
		position->one.epoch = epoch;
}

uint64_t store_position_seq(const struct store_position *position, int lane)
{
	return position->all ? position->all->at.seqs[lane] : position->one.seq;
}

void store_position_set_seq(struct store_position *position, int lane, uint64_t seq)
{
	if (position->all)
		position->all->at.seqs[lane] = seq;
	else
		position->one.seq = seq;
}

static int lanes_of(const struct store_position *position)
{
	return position->all ? position->all->at.lanes : 1;
}

bool store_position_is_before(const struct store_position *position,
			      const struct store_position *other)
{
	for (int lane = 0; lane < lanes_of(position); lane++)
		if (store_position_seq(position, lane) < store_position_seq(other, lane))
			return true;
	return store_position_epoch(position) != store_position_epoch(other);
}
