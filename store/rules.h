/* The rules of the protocol that need no database: where a pull begins and ends, what
 * becomes of an edit. Every back end asks here. */
#ifndef STORE_RULES_H
#define STORE_RULES_H

#include "store/store.h"

/* What a database says of itself as a whole. */
struct store_state {
	uint64_t epoch;
	uint64_t head;    /* the newest sequence number */
	uint64_t horizon; /* the newest that a purge took away */
	uint64_t documents;
	uint64_t tombstones;
};

/* From where a pull reads: `since` itself where it can be followed, else the beginning
 * of a snapshot. Show what lies after from->seq, but no tombstone up to from->start.
 * from->reset goes on the page also where the database is empty (from->bound is 0
 * then). */
void rules_pull_begin(const struct store_cursor *since, const struct store_state *state,
		      struct store_cursor *from);

/* Fills in next, more and reset of a page. `left` is the sequence number of the first
 * document that was to be shown and found no room, 0 where there is none. */
void rules_pull_end(const struct store_cursor *from, const struct store_state *state, uint64_t left,
		    struct store_page *page);

/* The document that an edit meets. */
struct rules_held {
	bool there; /* false: never was, or was purged; the rest is zero then */
	bool deleted;
	uint64_t version;
	struct slice op; /* of its last write */
};

enum rules_verdict {
	RULES_WRITE, /* as version held.version + 1 */
	RULES_KEEP, /* ok, and nothing to write: done already, or a deletion of what is not there */
	RULES_CONFLICT /* made on another version than the one held */
};

enum rules_verdict rules_edit(const struct store_edit *edit, const struct rules_held *held);

#endif
