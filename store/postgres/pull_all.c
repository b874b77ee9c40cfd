/* See pull_all.h. Called by pull.c. */
#include "store/postgres/pull_all.h"

#include "base/log.h"
#include "store/rules.h"

/* ---- The parameters ---- */

static enum pull_all_role role_of(const struct store_cursors *since, int lane)
{
	if (since->at.epoch == 0 || (since->bound && lane > since->lane))
		return PULL_ALL_NOT_BEGUN;
	if (since->bound == 0)
		return PULL_ALL_PLAIN;
	return lane == since->lane ? PULL_ALL_SNAPSHOT : PULL_ALL_DONE;
}

/* All lanes; those that are not read are the first ones, which come last. */
static void find_order(const struct store_cursors *since, int order[STORE_LANES_MAX])
{
	struct rules_reading reading;

	rules_all_order(since, &reading);
	memcpy(order, reading.order, sizeof(reading.order));
	for (int i = reading.count; i < since->at.lanes; i++)
		order[i] = i - reading.count;
}

/* A cursor in a snapshot has `start` and `bound` in the lane of that. */
static uint64_t start_of(const struct store_cursors *since, int lane)
{
	return since->bound && lane == since->lane ? since->start : 0;
}

/* Outside a snapshot: the number that must mean the same in another epoch. */
static uint64_t bound_of(const struct store_query *query, const struct store_cursors *since,
			 int lane)
{
	if (since->bound)
		return lane == since->lane ? since->bound : 0;
	return query->shown && query->shown[lane] > since->at.seqs[lane] ? query->shown[lane] : 0;
}

enum number { NUMBER_SEQ, NUMBER_START, NUMBER_BOUND };

static void add_numbers(struct params *params, const int order[STORE_LANES_MAX],
			const struct store_query *query, const struct store_cursors *since,
			enum number number)
{
	params_array(params, PARAMS_INT8, (size_t)since->at.lanes);
	for (int i = 0; i < since->at.lanes; i++)
		element_int8(params, (int64_t)(number == NUMBER_SEQ ? since->at.seqs[order[i]]
					       : number == NUMBER_START
						       ? start_of(since, order[i])
						       : bound_of(query, since, order[i])));
}

void pull_all_params(struct params *params, const struct store_query *query,
		     const struct store_cursors *since)
{
	int order[STORE_LANES_MAX];

	find_order(since, order);
	params_int8(params, (int64_t)since->at.epoch);
	params_array(params, PARAMS_INT4, (size_t)since->at.lanes);
	for (int i = 0; i < since->at.lanes; i++)
		element_int4(params, order[i]);
	add_numbers(params, order, query, since, NUMBER_SEQ);
	add_numbers(params, order, query, since, NUMBER_START);
	add_numbers(params, order, query, since, NUMBER_BOUND);
	params_array(params, PARAMS_INT4, (size_t)since->at.lanes);
	for (int i = 0; i < since->at.lanes; i++)
		element_int4(params, (int32_t)role_of(since, order[i]));
	params_int8(params, query->limit);
	params_size(params, query->max_bytes);
}

/* ---- The result ---- */

static enum rc read_states(const PGresult *result, int lanes,
			   struct store_state of[STORE_LANES_MAX])
{
	if (PQntuples(result) < lanes)
		return RC_CORRUPT;
	for (int lane = 0; lane < lanes; lane++) {
		if (result_int(result, lane, COLUMN_LANE) != lane)
			return RC_CORRUPT;
		of[lane] = (struct store_state){
			.epoch = result_number(result, lane, COLUMN_B),
			.head = result_number(result, lane, COLUMN_A),
			.horizon = result_number(result, lane, COLUMN_C),
		};
	}
	return RC_OK;
}

/* The database has decided in the same way. The numbers of an earlier epoch may be
 * those of the current one. */
static enum rc begin(const PGresult *result, const struct store_cursors *since,
		     const struct store_state *of, struct rules_reading *reading)
{
	struct store_cursors now = *since;

	if (result_bool(result, 0, COLUMN_FLAG))
		now.at.epoch = of[0].epoch;
	rules_all_begin(&now, of, reading);
	for (int i = 0; i < reading->count; i++) {
		const int lane = reading->order[i];

		if (reading->from[lane].seq == result_number(result, lane, COLUMN_D))
			continue;
		log_error("database_disagrees", LOG_NUMBER("seq", reading->from[lane].seq));
		return RC_CORRUPT;
	}
	return RC_OK;
}

static struct rules_left read_docs(const PGresult *result, int lanes, struct store_doc *docs,
				   size_t *count)
{
	struct rules_left left = { .seq = 0 };

	for (int row = lanes; row < PQntuples(result); row++) {
		if (result_number(result, row, COLUMN_C) == 0) {
			pull_read_doc(result, row, &docs[(*count)++]);
			continue;
		}
		left.lane = result_int(result, row, COLUMN_LANE);
		left.seq = result_number(result, row, COLUMN_A);
	}
	return left;
}

static void set_places(struct store_page *page, struct pull_all *all, const struct store_state *of,
		       int lanes)
{
	if (lanes == 1) {
		page->head = of[0].head;
		page->next = (struct store_cursor){ .epoch = all->next.at.epoch,
						    .seq = all->next.at.seqs[0],
						    .start = all->next.start,
						    .bound = all->next.bound,
						    .reset = all->next.reset };
		return;
	}
	all->heads = (struct store_places){ .epoch = of[0].epoch, .lanes = lanes };
	for (int lane = 0; lane < lanes; lane++)
		all->heads.seqs[lane] = of[lane].head;
	page->all = &all->next;
	page->heads = &all->heads;
}

enum rc pull_all_read(const PGresult *result, const struct store_cursors *since,
		      struct store_doc *docs, struct store_page *page, struct pull_all *all)
{
	const int lanes = since->at.lanes;
	struct store_state of[STORE_LANES_MAX];
	struct rules_reading reading;
	struct rules_left left;
	enum rc rc = read_states(result, lanes, of);

	if (rc == RC_OK)
		rc = begin(result, since, of, &reading);
	if (rc != RC_OK)
		return rc;
	*page = (struct store_page){ .docs = docs };
	left = read_docs(result, lanes, docs, &page->count);
	rules_all_end(&reading, since, of, left, page, &all->next);
	set_places(page, all, of, lanes);
	return RC_OK;
}
