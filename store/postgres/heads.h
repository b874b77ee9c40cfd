/* Questions for the newest sequence number of each lane. One query answers all that
 * were asked before it was sent; those that are asked while it is under way wait for
 * the next one, as it may have been read before a commit that they must see. */
#ifndef STORE_POSTGRES_HEADS_H
#define STORE_POSTGRES_HEADS_H

#include "store/postgres/line.h"
#include "store/store.h"

/* A row for each lane. */
#define HEADS_SQL \
	"SELECT epoch_now(), l, c.seq FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l " \
	"CROSS JOIN LATERAL (SELECT x.seq FROM change x WHERE x.lane = l ORDER BY x.entry DESC " \
	"LIMIT 1) c ORDER BY l"

struct waiting_head {
	on_store_places *on_places;
	void *arg;
};

struct waiting_heads {
	struct waiting_head *items;
	size_t count;
	size_t room;
};

struct heads {
	struct line *line;
	unsigned statement; /* HEADS_SQL there */
	int lanes;
	struct store_places last;   /* the newest answer; epoch 0: none */
	struct waiting_heads asked; /* by the query under way */
	struct waiting_heads next;  /* came since it was sent */
};

/* The callback may come at once (RC_UNAVAILABLE: there is no connection). */
void heads_ask(struct heads *heads, on_store_places *on_places, void *arg);
/* Nothing may be outstanding. */
void heads_clear(struct heads *heads);

#endif
