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
	RULES_CONFLICT /* based on another version than the stored one */
};

enum rules_verdict rules_edit(const struct store_edit *edit, const struct rules_held *held);

#endif
