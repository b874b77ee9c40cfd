/* Pages of changes. The store's door calls it. */
#include "store/postgres/operations.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"
#include "store/lane.h"
#include "store/postgres/result.h"

#include <stdlib.h>

struct pull {
	struct store_cursor since;
	on_store_page *on_page;
	void *arg;
};

/* Columns of pull() in functions.sql. */
enum {
	COLUMN_A,
	COLUMN_B,
	COLUMN_C,
	COLUMN_D,
	COLUMN_FLAG,
	COLUMN_PLAIN,
	COLUMN_ID,
	COLUMN_VALUE,
	COLUMN_AT, /* of PG_PULL_META and PG_PULL_ALL only */
	COLUMN_BY
};

static void read_doc(const PGresult *result, int row, struct store_doc *out)
{
	*out = (struct store_doc){
		.id = result_text(result, row, COLUMN_ID),
		.version = result_number(result, row, COLUMN_B),
		.seq = result_number(result, row, COLUMN_A),
		.deleted = result_bool(result, row, COLUMN_FLAG),
		.plain = result_bool(result, row, COLUMN_PLAIN),
		.value = result_text(result, row, COLUMN_VALUE),
	};
	out->damaged = !out->deleted && PQgetisnull(result, row, COLUMN_VALUE);
	if (PQnfields(result) > COLUMN_BY && !out->damaged)
		out->meta = (struct store_meta){ .at = result_int64(result, row, COLUMN_AT),
						 .by = result_text(result, row, COLUMN_BY) };
}

/* The numbers of an earlier epoch may be those of the current one. */
static enum rc read_state(const struct pull *pull, const PGresult *result,
			  struct store_state *state, struct store_cursor *from)
{
	struct store_cursor since = pull->since;

	if (PQntuples(result) < 1)
		return RC_CORRUPT;
	*state = (struct store_state){ .epoch = result_number(result, 0, COLUMN_B),
				       .head = result_number(result, 0, COLUMN_A),
				       .horizon = result_number(result, 0, COLUMN_C) };
	if (result_bool(result, 0, COLUMN_FLAG))
		since.epoch = state->epoch;
	rules_pull_begin(&since, state, from);
	if (from->seq == result_number(result, 0, COLUMN_D))
		return RC_OK;
	log_error("database_disagrees", LOG_NUMBER("seq", from->seq));
	return RC_CORRUPT;
}

static enum rc read_page(const struct pull *pull, const PGresult *result, struct store_doc *docs,
			 struct store_page *page)
{
	struct store_state state;
	struct store_cursor from;
	uint64_t left = 0;
	enum rc rc = read_state(pull, result, &state, &from);

	if (rc != RC_OK)
		return rc;
	*page = (struct store_page){ .docs = docs };
	for (int row = 1; row < PQntuples(result); row++) {
		if (result_number(result, row, COLUMN_C))
			left = result_number(result, row, COLUMN_A);
		else
			read_doc(result, row, &docs[page->count++]);
	}
	rules_pull_end(&from, &state, left, page);
	return RC_OK;
}

static void on_pull(void *arg, enum rc rc, const PGresult *result)
{
	struct pull *pull = arg;
	struct store_doc *docs =
		mem_array(rc == RC_OK ? (size_t)PQntuples(result) : 0, sizeof(*docs));
	struct store_page page;

	if (rc == RC_OK)
		rc = read_page(pull, result, docs, &page);
	pull->on_page(pull->arg, rc, rc == RC_OK ? &page : NULL);
	free(docs);
	free(pull);
}

void postgres_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		      void *arg)
{
	struct postgres *postgres = postgres_of(store);
	const bool all = group_is_all(query->group);
	struct pull *pull = mem_alloc(sizeof(*pull));
	struct params params = { .count = 0 };

	*pull = (struct pull){ query->since, on_page, arg };
	if (!all) {
		params_int4(&params, lane_of(query->group, postgres->lanes));
		params_text(&params, query->group);
	}
	params_int8(&params, (int64_t)query->since.epoch);
	params_int8(&params, (int64_t)query->since.seq);
	params_int8(&params, (int64_t)query->since.start);
	params_int8(&params, (int64_t)query->since.bound);
	params_int8(&params, query->limit);
	params_size(&params, query->max_bytes);
	line_send(postgres->main,
		  all           ? PG_PULL_ALL
		  : query->meta ? PG_PULL_META
				: PG_PULL,
		  &params, on_pull, pull);
	params_free(&params);
}
