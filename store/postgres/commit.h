/* A batch under way: commit.c goes through its rounds, push.c does those of pushes,
 * single.c all others. Pushes in different lanes are parts of it, each a batch of its
 * own on a connection of its own (parts.c). */
#ifndef STORE_POSTGRES_COMMIT_H
#define STORE_POSTGRES_COMMIT_H

#include "store/postgres/operations.h"

/* The ids of a round, to find those that come twice: a hash table of slices that point
 * into the requests. Zeroed: empty. */
struct round_ids {
	struct slice *slots;
	size_t room; /* a power of two */
	size_t count;
};

/* Where a conflict's value goes. */
struct conflict {
	size_t request;
	size_t edit;
};

struct commit {
	struct commit *next;
	struct commit *whole; /* of which this is a part; NULL: of none */
	struct postgres *postgres;
	struct line *line;
	const struct store_request *requests; /* in the order in which they are done */
	struct store_request *sorted;         /* the same; NULL: the caller's order */
	size_t *places;                       /* of each of `sorted` in the caller's order */
	unsigned *lanes_of;                   /* the same: a bit for each lane; NULL: lane 0 */
	size_t count;
	on_store_replies *on_replies;
	void *arg;
	int64_t wall;
	bool is_started;
	size_t parts; /* under way */

	struct store_reply *replies;
	struct store_reply *in_order; /* copies for the caller; NULL: `replies` */
	struct buf *bytes;            /* of each reply: what its slices point into */
	size_t spent;                 /* bytes of all replies; of a part, and those not its share */
	size_t spent_before;          /* by others than this part */
	struct store_places heads;    /* of the lanes that have been used */

	size_t from; /* the round under way: requests from ... to - 1 */
	size_t to;
	unsigned lanes;      /* a bit for each lane of the round */
	bool is_new;         /* it is done only if each edit makes a document */
	size_t single_until; /* before this one, each request is a round */
	size_t joined_until; /* before this one, rounds have pushes of different lanes */
	size_t rounds_done;
	bool was_repeated;
	bool is_put_off; /* the database has put some off */
	bool is_lost;    /* a connection was lost, or there was none */
	enum rc failure; /* the first of a round */

	struct round_ids ids;
	struct conflict *conflicts; /* of this round */
	size_t conflict_count;
	size_t conflict_room;
};

/* ---- commit.c ---- */
/* Begins the next round, or ends the commit, which may be gone afterwards. */
void commit_step(struct commit *commit);
/* The round has ended, and the next one begins. The commit may be gone afterwards. */
void commit_round_done(struct commit *commit);
/* `result` may be NULL. */
void commit_round_failed(struct commit *commit, enum rc rc, const PGresult *result);
void commit_take_head(struct commit *commit, uint64_t epoch, int lane, uint64_t seq);
void commit_drop_reply(struct commit *commit, size_t i, enum rc rc);

/* ---- order.c ---- */
/* The lanes of request i, a bit for each. */
unsigned commit_lanes_of(const struct commit *commit, size_t i);
/* With several lanes: sets the order of the requests. */
void commit_sort_by_lane(struct commit *commit);
/* In the caller's order; they are the commit's. */
const struct store_reply *commit_replies_in_order(struct commit *commit);

/* ---- parts.c ---- */
/* False: the requests from `from` on are not pushes in several lanes, each in one, or
 * have too few edits for parts. */
bool parts_begin(struct commit *commit);
/* A part has ended. */
void parts_end(struct commit *part);

/* ---- single.c ---- */
/* Begins a round with the request at `from`, which is no push. */
void single_begin(struct commit *commit);

/* ---- round_ids.c ---- */
void round_ids_clear(struct round_ids *ids);
/* False: one of the ids is there already, or comes twice; some may have been added. */
bool round_ids_add_all(struct round_ids *ids, const struct store_request *request);
void round_ids_free(struct round_ids *ids);

/* ---- push_params.c ---- */
/* Of the requests from ... to - 1, which have so many edits. */
void push_params(const struct commit *commit, size_t edits, struct params *params);

/* ---- push.c ---- */
/* Begins a round with the push at `from`. */
void push_begin(struct commit *commit);

#endif
