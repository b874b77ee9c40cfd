/* Follows the changes of groups, and hands their lines to a sink. */
#ifndef CLI_TAIL_FOLLOW_H
#define CLI_TAIL_FOLLOW_H

#include "cli/tail_position.h"
#include "cli/tail_sink.h"

struct tail {
	const char *db;
	struct tail_position position;
	struct tail_sink sink;
	enum encoding encoding;
	unsigned limit; /* documents of one page */
	bool once;      /* end when all changes until now are written */

	/* tail_follow.c's own */
	struct store *store;
	int lanes; /* of the database; 0: it has not been opened yet */
	struct buf lines;
	uint64_t edition;  /* at the beginning of the last round; 0: unknown */
	uint64_t polled;   /* clock_ms of that */
	uint64_t saved;    /* clock_ms of the last time that the position was */
	bool is_watched;   /* the store reports changes by itself (store_watch) */
	bool is_changed;   /* and has reported one */
	bool is_unwritten; /* the position has moved without a line */
	bool more;         /* of the last page */
	enum rc rc;        /* the last answer of the database */
	struct error err;  /* of the sink or the position */
};

/* Opens the store, and initializes the positions of the groups in it. */
MUST_USE enum rc tail_open(struct tail *tail, struct error *err);
/* Sets the cursors of all groups to the head. */
MUST_USE enum rc tail_begin_now(struct tail *tail, struct error *err);
/* Follows until an error, or with `once` until all changes are written. Retries while
 * the database cannot be read for a reason that may pass. */
MUST_USE enum rc tail_follow(struct tail *tail, struct error *err);
void tail_close(struct tail *tail);

#endif
