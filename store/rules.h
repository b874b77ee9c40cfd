/* The decisions of the protocol that depend on no database: where a pull begins and
 * ends, whether an edit is applied. For back ends. */
#ifndef STORE_RULES_H
#define STORE_RULES_H

#include "store/store.h"

/* The state of a database as a whole. */
struct store_state {
	uint64_t epoch;
	uint64_t head;    /* the newest sequence number */
	uint64_t horizon; /* the newest that a purge removed */
	uint64_t documents;
	uint64_t tombstones;
};

/* Decides where a pull reads from: `since` itself if it can be followed, otherwise
 * the beginning of a snapshot. The page shows documents after from->seq, but no
 * tombstones up to from->start. from->reset is for the page even if the database is
 * empty (from->bound is then 0). */
void rules_pull_begin(const struct store_cursor *since, const struct store_state *state,
		      struct store_cursor *from);

/* Sets head, next, more and reset of a page. `left` is the sequence number of the first
 * document that did not fit into the page, 0 if there is none. */
void rules_pull_end(const struct store_cursor *from, const struct store_state *state, uint64_t left,
		    struct store_page *page);

/* The same for the group `*` in a database with any number of lanes. A snapshot shows
 * one lane after the other; only while there is none, all of them are read. */
struct rules_reading {
	int lanes;
	struct store_cursor from[STORE_LANES_MAX]; /* of each lane that is read */
	int order[STORE_LANES_MAX];                /* these, in which the page has them */
	int count;
	bool snapshot;
	bool reset; /* of the page */
};

/* In which order lanes are read if the cursor can be followed, as `order` and `count`
 * of the reading: a database must find them before its state is known. The lanes take
 * turns at being the first, so that one in which much is written does not hold the
 * others back. */
void rules_all_order(const struct store_cursors *since, struct rules_reading *reading);
/* `of`: the state of each lane, in the same epoch. */
void rules_all_begin(const struct store_cursors *since, const struct store_state *of,
		     struct rules_reading *reading);

/* The first document that did not fit. */
struct rules_left {
	int lane;
	uint64_t seq; /* 0: there is none */
};

/* Sets more and reset of a page, and its next cursor. `since` as at the beginning. */
void rules_all_end(const struct rules_reading *reading, const struct store_cursors *since,
		   const struct store_state *of, struct rules_left left, struct store_page *page,
		   struct store_cursors *next);

/* The stored document that an edit applies to. */
struct rules_held {
	bool there; /* false: never written, or purged; the rest is zero */
	bool deleted;
	uint64_t version;
	struct slice op; /* of its last write */
};

enum rules_verdict {
	RULES_WRITE,   /* as version held.version + 1 */
	RULES_KEEP,    /* ok without a write: a repetition, or a deletion of an absent document */
	RULES_CONFLICT /* based on another version than the stored one, or that is the last */
};

enum rules_verdict rules_edit(const struct store_edit *edit, const struct rules_held *held);

#endif
