/* The newest sequence number of each lane. The store's door calls it. */
#include "store/postgres/operations.h"

#include "base/mem.h"
#include "store/postgres/result.h"

#include <stdlib.h>

/* One query answers all calls that came before it was sent. Those that come while it is
 * under way wait for the next one: it may have been read before a commit that they
 * must see. */
static void send_head(struct postgres *postgres);

enum rc pg_heads_read(const PGresult *result, int lanes, struct store_places *out)
{
	if (PQntuples(result) != lanes)
		return RC_CORRUPT;
	*out = (struct store_places){ .epoch = result_number(result, 0, 0), .lanes = lanes };
	for (int lane = 0; lane < lanes; lane++)
		out->seqs[lane] = result_number(result, lane, 2);
	return RC_OK;
}

static void on_head(void *arg, enum rc rc, const PGresult *result)
{
	struct postgres *postgres = arg;
	struct waiting_heads heads = postgres->asked;
	struct store_places places;

	postgres->asked = (struct waiting_heads){ .count = 0 };
	if (rc == RC_OK)
		rc = pg_heads_read(result, postgres->lanes, &places);
	if (postgres->next.count)
		send_head(postgres);
	for (size_t i = 0; i < heads.count; i++)
		heads.items[i].on_places(heads.items[i].arg, rc, rc == RC_OK ? &places : NULL);
	free(heads.items);
}

static void send_head(struct postgres *postgres)
{
	const struct params none = { .count = 0 };

	postgres->asked = postgres->next;
	postgres->next = (struct waiting_heads){ .count = 0 };
	line_send(postgres->main, PG_HEAD, &none, on_head, postgres);
}

void postgres_head(struct store *store, on_store_places *on_places, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	struct waiting_heads *next = &postgres->next;

	next->items = mem_grow(next->items, &next->room, next->count + 1, sizeof(*next->items));
	next->items[next->count++] = (struct waiting_head){ on_places, arg };
	if (postgres->asked.count == 0)
		send_head(postgres);
}
