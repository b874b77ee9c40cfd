/* The versions of a document, and places. The store's door calls them. */
#include "store/postgres/operations.h"

#include "base/mem.h"
#include "store/docid.h"
#include "store/lane.h"
#include "store/postgres/result.h"

#include <stdlib.h>

/* ---- The versions of a document ---- */

struct versions {
	unsigned limit;
	on_store_page *on_page;
	void *arg;
	struct slice id; /* a copy */
};

/* Columns of PG_VERSIONS. */
enum { OF_SEQ, OF_VERSION, OF_DELETED, OF_PLAIN, OF_VALUE, OF_AT, OF_BY, OF_FITS };

static void read_version(const PGresult *result, int row, struct slice id, struct store_doc *out)
{
	*out = (struct store_doc){
		.id = id,
		.seq = result_number(result, row, OF_SEQ),
		.version = result_number(result, row, OF_VERSION),
		.deleted = result_bool(result, row, OF_DELETED),
		.plain = result_bool(result, row, OF_PLAIN),
		.value = result_value(result, row, OF_VALUE),
		.meta = { .at = result_int64(result, row, OF_AT),
			  .by = result_text(result, row, OF_BY) },
	};
	out->damaged = !out->deleted && out->value.len == 0;
}

/* The query asks for one more than the limit. */
static void on_version_rows(void *arg, enum rc rc, const PGresult *result)
{
	struct versions *versions = arg;
	const int rows = rc == RC_OK ? PQntuples(result) : 0;
	struct store_doc *docs = mem_array((size_t)rows, sizeof(*docs));
	struct store_page page = { .docs = docs };

	for (int row = 0; row < rows && !page.more; row++) {
		if (page.count >= versions->limit || !result_bool(result, row, OF_FITS))
			page.more = true;
		else
			read_version(result, row, versions->id, &docs[page.count++]);
	}
	versions->on_page(versions->arg, rc, rc == RC_OK ? &page : NULL);
	free(docs);
	free((void *)versions->id.data);
	free(versions);
}

void postgres_versions(struct store *store, const struct store_versions *query,
		       on_store_page *on_page, void *arg)
{
	struct versions *versions = mem_alloc(sizeof(*versions));
	struct params params = { .count = 0 };

	*versions = (struct versions){ query->limit, on_page, arg,
				       slice_make(mem_copy(query->id.data, query->id.len),
						  query->id.len) };
	params_text(&params, query->id);
	params_int8(&params, query->before ? (int64_t)query->before : INT64_MAX);
	params_int8(&params, (int64_t)query->limit + 1);
	params_size(&params, query->max_bytes);
	line_send(postgres_of(store)->main, PG_VERSIONS, &params, on_version_rows, versions);
	params_free(&params);
}

/* ---- Places ---- */

struct latest {
	on_store_place *on_place;
	void *arg;
};

static void on_latest(void *arg, enum rc rc, const PGresult *result)
{
	struct latest *latest = arg;
	struct store_cursor place = { .epoch = 0 };

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc == RC_OK)
		place = (struct store_cursor){ .epoch = result_number(result, 0, 0),
					       .seq = result_number(result, 0, 1) };
	latest->on_place(latest->arg, rc, rc == RC_OK ? &place : NULL);
	free(latest);
}

/* Of all groups, the head. */
static void on_latest_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct latest *latest = arg;
	struct store_cursor place = { .epoch = 0 };

	if (rc == RC_OK)
		place = store_places_in(head, 0);
	latest->on_place(latest->arg, rc, rc == RC_OK ? &place : NULL);
	free(latest);
}

void postgres_latest(struct store *store, struct slice group, on_store_place *on_place, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	struct latest *latest = mem_alloc(sizeof(*latest));
	struct params params = { .count = 0 };

	*latest = (struct latest){ on_place, arg };
	if (group_is_all(group)) {
		postgres_head(store, on_latest_head, latest);
		return;
	}
	params_int4(&params, lane_of(group, postgres->lanes));
	params_text(&params, group);
	line_send(postgres->main, PG_LATEST, &params, on_latest, latest);
	params_free(&params);
}

/* ---- Epochs ---- */

struct question {
	on_store_follows *on_follows;
	void *arg;
};

static void on_follows(void *arg, enum rc rc, const PGresult *result)
{
	struct question *question = arg;

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	question->on_follows(question->arg, rc, rc == RC_OK && result_bool(result, 0, 0));
	free(question);
}

void postgres_follows(struct store *store, const struct store_places *places,
		      on_store_follows *then, void *arg)
{
	struct question *question = mem_alloc(sizeof(*question));
	struct postgres *postgres = postgres_of(store);
	struct params params = { .count = 0 };

	*question = (struct question){ then, arg };
	params_array(&params, PARAMS_INT4, (size_t)places->lanes);
	for (int lane = 0; lane < places->lanes; lane++)
		element_int4(&params, lane);
	params_int8(&params, (int64_t)places->epoch);
	params_array(&params, PARAMS_INT8, (size_t)places->lanes);
	for (int lane = 0; lane < places->lanes; lane++)
		element_int8(&params, (int64_t)places->seqs[lane]);
	if (postgres->follow)
		follow_ask_lineage(postgres->follow, &params, on_follows, question);
	else
		line_send(postgres->main, PG_FOLLOWS, &params, on_follows, question);
	params_free(&params);
}
