/* The place of a reader in a group: a cursor, or for a group that spans lanes (store.h)
 * one of all lanes. For readers that follow groups. */
#ifndef STORE_POSITION_H
#define STORE_POSITION_H

#include "store/store.h"

struct store_position {
	struct store_cursor one;
	struct store_cursors *all; /* in place of it, if the group spans lanes; else NULL */
};

/* At the beginning. */
void store_position_init(struct store_position *position, const struct store *store,
			 struct slice group);
/* A place that was initialized for the same group, or none at all (zeroed). */
void store_position_clear(struct store_position *position);
/* Both of the same group. */
void store_position_copy(struct store_position *to, const struct store_position *from);

/* From the text of a cursor (store_cursor_parse_in, store_cursors_parse). */
MUST_USE enum rc store_position_parse(struct store_position *position, struct slice text, int lane);
size_t store_position_format(const struct store_position *position,
			     char out[STORE_CURSOR_TEXT_MAX]);

/* Has the query begin there; it points to the position. */
void store_position_ask(const struct store_position *position, struct store_query *query);
/* Moves it behind the page. */
void store_position_take(struct store_position *position, const struct store_page *page);
/* Moves it to a plain place. `lane`: of the group, if it does not span lanes. */
void store_position_set(struct store_position *position, const struct store_places *places,
			int lane);

/* The end of a running snapshot; 0: there is none. */
uint64_t store_position_bound(const struct store_position *position);
/* Is that a reset's? */
bool store_position_resets(const struct store_position *position);
uint64_t store_position_epoch(const struct store_position *position);
void store_position_set_epoch(struct store_position *position, uint64_t epoch);
/* The number in a lane, of a group that spans lanes; else the one that there is. */
uint64_t store_position_seq(const struct store_position *position, int lane);
void store_position_set_seq(struct store_position *position, int lane, uint64_t seq);
/* Is it before the other one in any lane, or of another epoch? */
bool store_position_is_before(const struct store_position *position,
			      const struct store_position *other);

#endif
