/* See heads.h. Called by the store's door, and by replica.c for those of a standby. */
#include "store/postgres/heads.h"

#include "base/mem.h"
#include "store/postgres/operations.h"
#include "store/postgres/result.h"

#include <assert.h>
#include <stdlib.h>

static void send_query(struct heads *heads);

static enum rc read_rows(const PGresult *result, int lanes, struct store_places *out)
{
	if (PQntuples(result) != lanes)
		return RC_CORRUPT;
	*out = (struct store_places){ .epoch = result_number(result, 0, 0), .lanes = lanes };
	for (int lane = 0; lane < lanes; lane++)
		out->seqs[lane] = result_number(result, lane, 2);
	return RC_OK;
}

static void on_rows(void *arg, enum rc rc, const PGresult *result)
{
	struct heads *heads = arg;
	struct waiting_heads asked = heads->asked;
	struct store_places places;

	heads->asked = (struct waiting_heads){ .count = 0 };
	if (rc == RC_OK)
		rc = read_rows(result, heads->lanes, &places);
	if (rc == RC_OK)
		heads->last = places;
	if (heads->next.count)
		send_query(heads);
	for (size_t i = 0; i < asked.count; i++)
		asked.items[i].on_places(asked.items[i].arg, rc, rc == RC_OK ? &places : NULL);
	free(asked.items);
}

static void send_query(struct heads *heads)
{
	const struct params none = { .count = 0 };

	heads->asked = heads->next;
	heads->next = (struct waiting_heads){ .count = 0 };
	line_send(heads->line, heads->statement, &none, on_rows, heads);
}

void heads_ask(struct heads *heads, on_store_places *on_places, void *arg)
{
	struct waiting_heads *next = &heads->next;

	next->items = mem_grow(next->items, &next->room, next->count + 1, sizeof(*next->items));
	next->items[next->count++] = (struct waiting_head){ on_places, arg };
	if (heads->asked.count == 0)
		send_query(heads);
}

void heads_clear(struct heads *heads)
{
	assert(heads->asked.count + heads->next.count == 0);
	free(heads->asked.items);
	free(heads->next.items);
}

void postgres_head(struct store *store, on_store_places *on_places, void *arg)
{
	heads_ask(&postgres_of(store)->heads, on_places, arg);
}
