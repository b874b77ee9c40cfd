/* Pages of changes. The store's door calls it.
 *
 * A page of a snapshot, or of all groups, may be long. A reader asks for it on a
 * connection of its own, `bulk`, which is made for the first one; on the main one it
 * would delay what is short: heads, tokens, and pages behind a cursor.
 *
 * A page that a replica may read is read there if it has come as far as the primary was
 * after the page was asked for. */
#include "store/postgres/operations.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/docid.h"
#include "store/lane.h"
#include "store/postgres/pull_all.h"

#include <stdlib.h>
#include <string.h>

struct pull {
	struct postgres *postgres;
	struct store_query query; /* its group is at the end */
	on_store_page *on_page;
	void *arg;
	struct line *line; /* which has been asked last */
	/* For a replica: where the primary was, and what is asked of the primary
	 * else. */
	struct store_places needed;
	struct store_cursors all; /* of the query, or its `since` in the same form */
	char group[];
};

void pull_read_doc(const PGresult *result, int row, struct store_doc *out)
{
	*out = (struct store_doc){
		.id = result_text(result, row, COLUMN_ID),
		.version = result_number(result, row, COLUMN_B),
		.seq = result_number(result, row, COLUMN_A),
		.deleted = result_bool(result, row, COLUMN_FLAG),
		.plain = result_bool(result, row, COLUMN_PLAIN),
		.value = result_value(result, row, COLUMN_VALUE),
	};
	out->damaged = !out->deleted && out->value.len == 0;
	if (PQnfields(result) > COLUMN_BY && !out->damaged)
		out->meta = (struct store_meta){ .at = result_int64(result, row, COLUMN_AT),
						 .by = result_text(result, row, COLUMN_BY) };
}

/* The numbers of an earlier epoch may be those of the current one. */
static enum rc read_state(const struct pull *pull, const PGresult *result,
			  struct store_state *state, struct store_cursor *from)
{
	struct store_cursor since = pull->query.since;

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
			 struct store_page *page, struct pull_all *all)
{
	struct store_state state;
	struct store_cursor from;
	uint64_t left = 0;
	enum rc rc;

	if (group_is_all(pull->query.group))
		return pull_all_read(result, &pull->all, docs, page, all);
	rc = read_state(pull, result, &state, &from);
	if (rc != RC_OK)
		return rc;
	*page = (struct store_page){ .docs = docs };
	for (int row = 1; row < PQntuples(result); row++) {
		if (result_number(result, row, COLUMN_C))
			left = result_number(result, row, COLUMN_A);
		else
			pull_read_doc(result, row, &docs[page->count++]);
	}
	rules_pull_end(&from, &state, left, page);
	return RC_OK;
}

static void send(struct pull *pull, struct line *line);
static void ask_primary(struct pull *pull);

static bool is_of_replica(const struct pull *pull)
{
	return pull->postgres->replica && pull->line == replica_line(pull->postgres->replica);
}

static enum store_reader reader_of(const struct pull *pull)
{
	if (pull->postgres->replica == NULL || !pull->query.by_replica)
		return STORE_READER_ONLY;
	return is_of_replica(pull) ? STORE_READER_REPLICA : STORE_READER_PRIMARY;
}

static uint64_t epoch_of(const struct store_page *page)
{
	return page->all ? page->all->at.epoch : page->next.epoch;
}

static void on_pull(void *arg, enum rc rc, const PGresult *result)
{
	struct pull *pull = arg;
	struct pull_all all;
	struct store_doc *docs;
	struct store_page page;

	if (rc == RC_UNAVAILABLE && pull->line == pull->postgres->bulk) {
		send(pull, pull->postgres->main);
		return;
	}
	if (rc != RC_OK && is_of_replica(pull)) {
		ask_primary(pull);
		return;
	}
	docs = mem_array(rc == RC_OK ? (size_t)PQntuples(result) : 0, sizeof(*docs));
	if (rc == RC_OK)
		rc = read_page(pull, result, docs, &page, &all);
	if (is_of_replica(pull) && (rc != RC_OK || epoch_of(&page) != pull->needed.epoch)) {
		free(docs);
		ask_primary(pull);
		return;
	}
	if (rc == RC_OK)
		page.reader = reader_of(pull);
	pull->on_page(pull->arg, rc, rc == RC_OK ? &page : NULL);
	free(docs);
	free(pull);
}

static void put_params(const struct pull *pull, struct params *params)
{
	const struct store_query *query = &pull->query;

	params_int4(params, lane_of(query->group, pull->postgres->lanes));
	params_text(params, query->group);
	params_int8(params, (int64_t)query->since.epoch);
	params_int8(params, (int64_t)query->since.seq);
	params_int8(params, (int64_t)query->since.start);
	params_int8(params, (int64_t)query->since.bound);
	params_int8(params, query->limit);
	params_size(params, query->max_bytes);
}

static void send(struct pull *pull, struct line *line)
{
	struct params params = { .count = 0 };
	enum statement statement = pull->query.meta ? PG_PULL_META : PG_PULL;

	pull->line = line;
	if (group_is_all(pull->query.group)) {
		statement = PG_PULL_ALL;
		pull_all_params(&params, &pull->query, &pull->all);
	} else {
		put_params(pull, &params);
	}
	line_send(line, statement, &params, on_pull, pull);
	params_free(&params);
}

/* ---- Connections ---- */

static bool may_be_long(const struct store_query *query)
{
	return query->since.epoch == 0 || query->since.bound != 0 || group_is_all(query->group);
}

/* While there is no other one, the main one. */
static struct line *bulk_line(struct postgres *postgres)
{
	if (postgres->store.role != STORE_READER)
		return postgres->main;
	if (postgres->bulk == NULL) {
		postgres->bulk_options = postgres->options;
		postgres->bulk_options.name = "bulk";
		postgres->bulk_options.statement_count = PG_PULL_ALL + 1;
		postgres->bulk = line_new(&postgres->bulk_options);
	}
	return line_is_ready(postgres->bulk) ? postgres->bulk : postgres->main;
}

static void ask_primary(struct pull *pull)
{
	struct postgres *postgres = pull->postgres;

	send(pull, may_be_long(&pull->query) ? bulk_line(postgres) : postgres->main);
}

/* ---- A replica ---- */

static bool replica_is_ready(const struct postgres *postgres)
{
	return postgres->replica && line_is_ready(replica_line(postgres->replica));
}

static bool replica_may(const struct pull *pull)
{
	const struct postgres *postgres = pull->postgres;
	const bool all = group_is_all(pull->query.group);
	const int of = lane_of(pull->query.group, postgres->lanes);

	if (!replica_is_ready(postgres))
		return false;
	for (int lane = 0; lane < postgres->lanes; lane++)
		if ((all || lane == of) && !replica_has(postgres->replica, lane, pull->needed.epoch,
							pull->needed.seqs[lane]))
			return false;
	return true;
}

static void on_replica_heads(void *arg, enum rc rc, const struct store_places *heads)
{
	struct pull *pull = arg;

	(void)rc;
	(void)heads;
	if (replica_may(pull))
		send(pull, replica_line(pull->postgres->replica));
	else
		ask_primary(pull);
}

/* Where the primary is, after the pull came: every push that was answered before is up
 * to there. */
static void on_index(void *arg, enum rc rc, const struct store_places *heads)
{
	struct pull *pull = arg;
	struct postgres *postgres = pull->postgres;

	if (rc == RC_OK)
		pull->needed = *heads;
	if (rc != RC_OK || !replica_is_ready(postgres))
		ask_primary(pull);
	else if (replica_may(pull))
		send(pull, replica_line(postgres->replica));
	else
		replica_ask(postgres->replica, on_replica_heads, pull);
}

/* With one lane, the query has no cursor of all. */
static struct store_cursors cursors_of(const struct store_query *query)
{
	const struct store_cursor *since = &query->since;

	if (query->all)
		return *query->all;
	return (struct store_cursors){
		.at = { .epoch = since->epoch, .lanes = 1, .seqs = { since->seq } },
		.start = since->start,
		.bound = since->bound,
		.reset = since->reset,
	};
}

static struct pull *new_pull(struct postgres *postgres, const struct store_query *query,
			     on_store_page *on_page, void *arg)
{
	struct pull *pull = mem_alloc(sizeof(*pull) + query->group.len);

	*pull = (struct pull){
		.postgres = postgres, .query = *query, .on_page = on_page, .arg = arg
	};
	memcpy(pull->group, query->group.data, query->group.len);
	pull->query.group.data = pull->group;
	if (group_is_all(query->group))
		pull->all = cursors_of(query);
	return pull;
}

void postgres_changes(struct store *store, const struct store_query *query, on_store_page *on_page,
		      void *arg)
{
	struct postgres *postgres = postgres_of(store);

	struct pull *pull = new_pull(postgres, query, on_page, arg);

	if (query->by_replica && replica_is_ready(postgres))
		heads_ask(&postgres->heads, on_index, pull);
	else
		ask_primary(pull);
}
